using Forge.Crm.Adapters.Http;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.LocalHost;

/// <summary>The verb <c>hubspot-project</c>: the files that <c>hs project upload</c> takes.</summary>
internal static class HubSpotProjectCommand
{
    private const string Usage = """
        hubspot-project FOLDER URL [KIND.PROPERTY ...]    write the HubSpot project's files into the folder; URL is where the functions are, e.g.
                                                          https://sync.example.com; the others are properties of tenants' own, e.g. contact.sales_region
        """;

    /// <param name="arguments">What follows the verb.</param>
    /// <returns>The exit code of the process: 0, or 2 when the arguments make no sense.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, CancellationToken ct)
    {
        var own = arguments.Skip(2).Select(Property).ToList();
        if (arguments is not [var folder, var url, ..] || !Uri.TryCreate(url, UriKind.Absolute, out var address) || !CrmHttpSettings.IsAllowed(address) || own.Contains(null))
        {
            await output.WriteLineAsync(Usage);
            return 2;
        }

        foreach (var (path, json) in HubSpotProject.Files(address, [.. own.Select(property => property!.Value)]))
        {
            var file = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, json, ct);
            await output.WriteLineAsync(file);
        }

        return 0;
    }

    private static (RemoteKind Kind, string Name)? Property(string text) =>
        text.Split('.') is [var kind, { Length: > 0 } name] && Names.TryParse<RemoteKind>(kind, out var known) ? (known, name) : null;
}
