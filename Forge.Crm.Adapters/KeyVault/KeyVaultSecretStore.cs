using System.Collections.Concurrent;
using Azure;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Domain.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.KeyVault;

/// <summary>
/// Secrets in Azure Key Vault. A secret is read again when it is older than the cache allows, by one caller at a time; while the vault does
/// not answer, the one read last goes on for a while, and the vault is left alone for some seconds between two tries. A change made elsewhere
/// is seen after the cache's time.
/// </summary>
internal sealed partial class KeyVaultSecretStore(
    SecretClient vault, IOptions<KeyVaultOptions> options, TimeProvider time, CrmMetrics metrics, ILogger<KeyVaultSecretStore> log) : ISecretStore
{
    private const int NotFound = 404;
    private const int Conflict = 409;

    private static readonly TimeSpan RecoveryPoll = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, KeptSecret> _kept = [];

    public Task<string?> GetAsync(string name, CancellationToken ct) =>
        Kept(name).Within(time.GetUtcNow(), options.Value.CacheSeconds) is { } cached ? Task.FromResult(cached.Value) : InTurnAsync(name, mayBeOld: true, ct);

    public Task<string?> GetLatestAsync(string name, CancellationToken ct) => InTurnAsync(name, mayBeOld: false, ct);

    /// <summary>A secret that was deleted keeps its name for the vault's retention time: it is recovered first, and then has a new version.</summary>
    public async Task SetAsync(string name, string value, CancellationToken ct)
    {
        var startedAt = time.GetUtcNow();
        try
        {
            await SetOrRecoverAsync(name, value, ct);
        }
        catch (Exception e) when (IsFailure(e, ct))
        {
            throw Unavailable(name, "does not take", e);
        }

        Kept(name).Read(new(value, startedAt));
    }

    public async Task DeleteAsync(string name, CancellationToken ct)
    {
        try
        {
            await vault.StartDeleteSecretAsync(name, ct);
        }
        catch (RequestFailedException e) when (e.Status == NotFound)
        {
            // there is none, or it is deleted already
        }
        catch (Exception e) when (IsFailure(e, ct))
        {
            throw Unavailable(name, "does not delete", e);
        }

        _kept.TryRemove(name, out _);
    }

    private KeptSecret Kept(string name) => _kept.GetOrAdd(name, _ => new());

    private async Task<string?> InTurnAsync(string name, bool mayBeOld, CancellationToken ct)
    {
        var kept = Kept(name);
        await kept.Turn.WaitAsync(ct);
        try
        {
            var known = mayBeOld ? kept.Within(time.GetUtcNow(), options.Value.CacheSeconds) : null;
            return (known ?? await ReadAsync(name, kept, mayBeOld, ct)).Value;
        }
        finally
        {
            kept.Turn.Release();
        }
    }

    private async Task<ReadSecret> ReadAsync(string name, KeptSecret kept, bool mayBeOld, CancellationToken ct)
    {
        var startedAt = time.GetUtcNow();
        if (mayBeOld && kept.FailedWithin(startedAt, options.Value.RetrySeconds) is { } failure)
            return kept.Within(startedAt, options.Value.OutageSeconds) ?? throw failure;
        try
        {
            var secret = await vault.GetSecretAsync(name, version: null, ct);
            return kept.Read(new(secret.Value.Value, startedAt));
        }
        catch (RequestFailedException e) when (e.Status == NotFound)
        {
            return kept.Miss(new(null, startedAt));
        }
        catch (Exception e) when (IsFailure(e, ct))
        {
            var unavailable = kept.Fail(Unavailable(name, "does not show", e), startedAt);
            return (mayBeOld ? Old(name, kept, startedAt) : null) ?? throw Stopped(name, unavailable);
        }
    }

    private ReadSecret? Old(string name, KeptSecret kept, DateTimeOffset now)
    {
        if (kept.Within(now, options.Value.OutageSeconds) is not { } old)
            return null;
        metrics.VaultSilent("served");
        Log.Silent(log, name, (now - old.ReadAt).TotalSeconds, options.Value.OutageSeconds);
        return old;
    }

    private SecretUnavailableException Stopped(string name, SecretUnavailableException failure)
    {
        metrics.VaultSilent("stopped");
        Log.OutOfUse(log, name, failure.Message);
        return failure;
    }

    private async Task SetOrRecoverAsync(string name, string value, CancellationToken ct)
    {
        try
        {
            await vault.SetSecretAsync(name, value, ct);
        }
        catch (RequestFailedException e) when (e.Status == Conflict)
        {
            var recovery = await vault.StartRecoverDeletedSecretAsync(name, ct);
            await recovery.WaitForCompletionAsync(RecoveryPoll, ct);
            await vault.SetSecretAsync(name, value, ct);
        }
    }

    private static bool IsFailure(Exception e, CancellationToken ct) =>
        e is RequestFailedException or AuthenticationFailedException or AggregateException or OperationCanceledException && !ct.IsCancellationRequested;

    // Not passed on as the inner exception: an answer's text would come along.
    private static SecretUnavailableException Unavailable(string name, string what, Exception e) =>
        new($"The vault {what} {name} ({(e is RequestFailedException { Status: not 0 } failed ? $"{failed.Status} {failed.ErrorCode}" : e.GetType().Name)}).");

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The vault does not answer for {Name}: the secret read {Age:0} s ago goes on until it is {Limit} s old")]
        public static partial void Silent(ILogger logger, string name, double age, int limit);

        [LoggerMessage(2, LogLevel.Error, "{Name} is out of use, and what needs it is stopped until the vault is back: {Reason}")]
        public static partial void OutOfUse(ILogger logger, string name, string reason);
    }
}
