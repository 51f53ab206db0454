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

    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(10);

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
    public Task SetAsync(string name, string value, CancellationToken ct) => ChangeAsync(secrets => secrets[name] = value, ct);

    /// <exception cref="InvalidOperationException">As for <see cref="GetAsync"/>.</exception>
    public Task DeleteAsync(string name, CancellationToken ct) => ChangeAsync(secrets => secrets.Remove(name), ct);

    public void Dispose() => _turn.Dispose();

    private async Task ChangeAsync(Action<Dictionary<string, string>> change, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            using var alone = await AloneAsync(ct);
            var secrets = await ReadAsync(ct);
            change(secrets);
            await WriteAsync(secrets, ct);
        }
        finally
        {
            _turn.Release();
        }
    }

    // Another process may be changing it, too: a lock on a file beside it, which the system takes back when its holder dies.
    private async Task<IDisposable?> AloneAsync(CancellationToken ct)
    {
        if (_path is null)
            return null;
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        while (true)
        {
            try
            {
                return new FileStream($"{_path}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists($"{_path}.lock"))
            {
                await Task.Delay(Turn, TimeProvider.System, ct);
            }
        }
    }

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
