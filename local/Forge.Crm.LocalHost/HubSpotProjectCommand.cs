using Forge.Crm.Adapters.Http;
using Forge.Crm.Adapters.HubSpot;

namespace Forge.Crm.LocalHost;

/// <summary>The verb <c>hubspot-project</c>: the files that <c>hs project upload</c> takes.</summary>
internal static class HubSpotProjectCommand
{
    private const string Usage = """
        hubspot-project FOLDER URL    write the HubSpot project's files into the folder; URL is where the functions are, e.g. https://sync.example.com
        """;

    /// <param name="arguments">What follows the verb.</param>
    /// <returns>The exit code of the process: 0, or 2 when the arguments make no sense.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, CancellationToken ct)
    {
        if (arguments is not [var folder, var url] || !Uri.TryCreate(url, UriKind.Absolute, out var address) || !CrmHttpSettings.IsAllowed(address))
        {
            await output.WriteLineAsync(Usage);
            return 2;
        }

        foreach (var (path, json) in HubSpotProject.Files(address))
        {
            var file = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, json, ct);
            await output.WriteLineAsync(file);
        }

        return 0;
    }
}
