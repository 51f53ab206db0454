using System.Collections.Concurrent;
using Azure;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using Forge.Crm.Domain.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.KeyVault;

/// <summary>
/// Secrets in Azure Key Vault. A secret is read again when it is older than the cache allows, by one caller at a time; while the vault does
/// not answer, the one read last goes on for a while. A change made elsewhere is seen after the cache's time.
/// </summary>
internal sealed partial class KeyVaultSecretStore(
    SecretClient vault, IOptions<KeyVaultOptions> options, TimeProvider time, ILogger<KeyVaultSecretStore> log) : ISecretStore
{
    private readonly ConcurrentDictionary<string, Entry> _entries = [];

    public async Task<string?> GetAsync(string name, CancellationToken ct)
    {
        var entry = _entries.GetOrAdd(name, _ => new());
        if (entry.Within(time.GetUtcNow(), options.Value.CacheSeconds) is { } cached)
            return cached.Value;
        await entry.Turn.WaitAsync(ct);
        try
        {
            return (entry.Within(time.GetUtcNow(), options.Value.CacheSeconds) ?? await ReadAsync(name, entry, ct)).Value;
        }
        finally
        {
            entry.Turn.Release();
        }
    }

    public async Task SetAsync(string name, string value, CancellationToken ct)
    {
        await vault.SetSecretAsync(name, value, ct);
        _entries.GetOrAdd(name, _ => new()).Held = new(value, time.GetUtcNow());
    }

    private async Task<Held> ReadAsync(string name, Entry entry, CancellationToken ct)
    {
        var startedAt = time.GetUtcNow();
        try
        {
            var secret = await vault.GetSecretAsync(name, version: null, ct);
            return entry.Held = new(secret.Value.Value, startedAt);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            entry.Held = null;
            return new(null, startedAt);
        }
        catch (Exception e) when (e is RequestFailedException or AuthenticationFailedException or AggregateException or OperationCanceledException
            && !ct.IsCancellationRequested && entry.Within(startedAt, options.Value.OutageSeconds) is { } old)
        {
            Log.VaultSilent(log, name, e.GetType().Name);
            return old;
        }
    }

    private sealed record Held(string? Value, DateTimeOffset ReadAt)
    {
        // A record's own text would show the value.
        public override string ToString() => nameof(Held);
    }

    private sealed class Entry
    {
        private volatile Held? _held;

        public SemaphoreSlim Turn { get; } = new(1, 1);

        public Held? Held
        {
            get => _held;
            set => _held = value;
        }

        public Held? Within(DateTimeOffset now, int seconds) => _held is { } held && now - held.ReadAt < TimeSpan.FromSeconds(seconds) ? held : null;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The vault does not answer for {Name} ({Error}): the secret read last goes on")]
        public static partial void VaultSilent(ILogger logger, string name, string error);
    }
}
