using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Forge.Crm.LocalHost.PostgreSql;

/// <summary>What the search for a server asks of the machine; tests answer from a table.</summary>
/// <param name="RuntimeId">As .NET names platforms: linux-x64, osx-arm64, win-x64.</param>
/// <param name="Variable">An environment variable, or null.</param>
/// <param name="HasFile">Whether a file exists.</param>
/// <param name="Subfolders">The names of a folder's subfolders; none when it does not exist.</param>
/// <param name="OutputOf">What a program prints when it is given these arguments; null when it fails or is missing.</param>
internal sealed record Machine(
    string RuntimeId,
    Func<string, string?> Variable,
    Func<string, bool> HasFile,
    Func<string, IReadOnlyList<string>> Subfolders,
    Func<string, string[], CancellationToken, Task<string?>> OutputOf)
{
    public static readonly Machine This = new(
        RuntimeInformation.RuntimeIdentifier,
        Environment.GetEnvironmentVariable,
        File.Exists,
        folder => Directory.Exists(folder) ? [.. new DirectoryInfo(folder).GetDirectories().Select(child => child.Name)] : [],
        RunAsync);

    public bool IsWindows => RuntimeId.StartsWith("win", StringComparison.Ordinal);

    public string[] PathFolders =>
        (Variable("PATH") ?? "").Split(IsWindows ? ';' : ':', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static async Task<string?> RunAsync(string program, string[] arguments, CancellationToken ct)
    {
        try
        {
            var result = await ChildProcess.RunAsync(ChildProcess.Describe(program, arguments), ct);
            return result.Succeeded ? result.Output : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
