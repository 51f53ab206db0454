using System.Text.Json;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.KeyVault;

/// <summary>
/// Secrets of one machine, for trying things out: a JSON file that only its owner can read, replaced as a whole; without a file, this
/// process's memory. Changes made by another process are seen at once.
/// </summary>
/// <param name="path">Null keeps the secrets in memory only.</param>
public sealed class FileSecretStore(string? path) : ISecretStore, IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly string? _path = path is null ? null : Path.GetFullPath(path);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private Dictionary<string, string> _memory = [];

    /// <exception cref="InvalidOperationException">Others may read the file, or it is not the JSON it should be.</exception>
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

    /// <exception cref="InvalidOperationException">As for <see cref="GetAsync"/>.</exception>
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

    private async Task<Dictionary<string, string>> ReadAsync(CancellationToken ct)
    {
        if (_path is null || !File.Exists(_path))
            return _path is null ? _memory : [];
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(_path) & Others) != 0)
            throw new InvalidOperationException($"Others may read {_path}: chmod 600 it.");
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllBytesAsync(_path, ct)) ?? [];
        }
        catch (JsonException)
        {
            throw new InvalidOperationException($"{_path} is no JSON object of texts.");
        }
    }

    // Written beside it and moved over it: a reader finds the old file or the new one, never half of one.
    private async Task WriteAsync(Dictionary<string, string> secrets, CancellationToken ct)
    {
        if (_path is null)
        {
            _memory = secrets;
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        var written = $"{_path}.{Guid.NewGuid():N}";
        var how = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            how.UnixCreateMode = OwnerOnly;
        try
        {
            await using (var file = new FileStream(written, how))
            {
                await JsonSerializer.SerializeAsync(file, secrets, cancellationToken: ct);
                file.Flush(flushToDisk: true);
            }

            File.Move(written, _path, overwrite: true);
        }
        catch
        {
            File.Delete(written);
            throw;
        }
    }
}
