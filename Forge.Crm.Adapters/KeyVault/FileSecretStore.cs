using System.Text.Json;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.KeyVault;

/// <summary>The vault of one machine: a JSON file that only its owner can read. Not for deployment.</summary>
public sealed class FileSecretStore(string path) : ISecretStore, IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private Dictionary<string, string>? _secrets;

    public async Task<string?> GetAsync(string name, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            return (await ReadAsync(ct)).GetValueOrDefault(name);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task SetAsync(string name, string value, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            var secrets = await ReadAsync(ct);
            secrets[name] = value;
            await WriteAsync(secrets, ct);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<Dictionary<string, string>> ReadAsync(CancellationToken ct) =>
        _secrets ??= File.Exists(path) ? JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllBytesAsync(path, ct)) ?? [] : [];

    // Written beside and moved over: a crash leaves the old file or the new one, never half of one.
    private async Task WriteAsync(Dictionary<string, string> secrets, CancellationToken ct)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var next = $"{path}.{Environment.ProcessId}.new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using (var file = new FileStream(next, options))
            await JsonSerializer.SerializeAsync(file, secrets, cancellationToken: ct);
        File.Move(next, path, overwrite: true);
    }
}
