using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Forge.Crm.LocalHost.PostgreSql;

namespace Forge.Crm.Tests.PostgreSql;

/// <summary>The fallback without the network: what arrives is made here.</summary>
public sealed class NpmServerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("forge-npm-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_package_with_the_pinned_hash_is_accepted()
    {
        var archive = await PackAsync();
        var sha512 = Convert.ToBase64String(SHA512.HashData(await File.ReadAllBytesAsync(archive)));
        (await NpmServer.VerifiedAsync(_folder, sha512, CancellationToken.None)).ShouldBe(archive);
    }

    [Fact]
    public async Task A_package_with_any_other_hash_is_refused()
    {
        await PackAsync();
        var other = Convert.ToBase64String(SHA512.HashData("another package"u8));
        var error = await Should.ThrowAsync<LocalPostgresException>(NpmServer.VerifiedAsync(_folder, other, CancellationToken.None));
        error.Message.ShouldContain("is not the pinned package");
    }

    [Fact]
    public async Task The_links_of_the_libraries_are_restored_and_programs_can_be_run()
    {
        await NpmArchive.UnpackAsync(await PackAsync(), _folder, CancellationToken.None);
        var native = Path.Combine(_folder, "package", "native");
        (await File.ReadAllTextAsync(Path.Combine(native, "lib", "libpq.so.5"))).ShouldBe("a library");
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(Path.Combine(native, "bin", "postgres")).HasFlag(UnixFileMode.OtherExecute).ShouldBeTrue();
    }

    private async Task<string> PackAsync()
    {
        var archive = Path.Combine(_folder, "server.tgz");
        await using var compressed = new GZipStream(File.Create(archive), CompressionLevel.Fastest);
        await using var tar = new TarWriter(compressed);
        await AddAsync(tar, "package/native/lib/libpq.so.5.18", "a library");
        await AddAsync(tar, "package/native/bin/postgres", "a program");
        await AddAsync(tar, "package/native/pg-symlinks.json", """[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]""");
        return archive;
    }

    private static async Task AddAsync(TarWriter tar, string name, string content)
    {
        using var data = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content));
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = data });
    }
}
