using System.Collections.Concurrent;
using System.Net;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Adapters.OAuth;

/// <summary>
/// Access tokens of accounts connected by consent: refreshed once an expiry by whichever worker needs one first, stored in the vault, and only
/// then used by anybody. A refresh whose answer is lost is made again: HubSpot and Pipedrive keep the refresh token the same. Where a platform
/// rotated it, the second try is refused, and the tenant is asked to connect again: never a silent loop.
/// </summary>
/// <param name="vault">Null keeps the tokens in this process only.</param>
/// <param name="turns">Null where this process is the only one.</param>
internal sealed partial class OAuthTokens(TimeProvider time, ILogger<OAuthTokens> log, ISecretStore? vault = null, OAuthTurns? turns = null)
{
    private readonly ConcurrentDictionary<OAuthGrant, HeldToken> _held = [];

    /// <param name="refresh">Asks the platform, with the refresh token of now; throws <c>IsUnauthorized</c> where it is refused.</param>
    /// <exception cref="CrmCallException"><c>IsUnauthorized</c>: the consent was taken back; the tenant has to connect again.</exception>
    public async ValueTask<OAuthToken> GetAsync(OAuthGrant grant, Func<string, Task<OAuthToken>> refresh, CancellationToken ct)
    {
        var held = _held.GetOrAdd(grant, _ => new());
        if (held.Fresh(time.GetUtcNow()) is { } known)
            return known;
        await held.Turn.WaitAsync(ct);
        try
        {
            return held.Fresh(time.GetUtcNow()) ?? await InTurnAsync(grant, () => RenewAsync(grant, held, refresh, ct), ct);
        }
        finally
        {
            held.Turn.Release();
        }
    }

    /// <summary>An access token that the platform refused before its time: the next caller gets another one.</summary>
    public void End(OAuthGrant grant, string accessToken)
    {
        if (_held.TryGetValue(grant, out var held))
            held.End(accessToken);
    }

    /// <summary>Takes over what a new consent gave.</summary>
    public async Task KeepAsync(OAuthGrant grant, OAuthToken token, CancellationToken ct)
    {
        await StoreAsync(grant, new(token), ct);
        _held.GetOrAdd(grant, _ => new()).Keep(token);
    }

    /// <summary>The connection is no more.</summary>
    public async Task DeleteAsync(OAuthGrant grant, CancellationToken ct)
    {
        _held.TryRemove(grant, out _);
        if (vault is not null)
            await vault.DeleteAsync(grant.SecretName, ct);
    }

    private async Task<OAuthToken> InTurnAsync(OAuthGrant grant, Func<Task<OAuthToken>> renew, CancellationToken ct)
    {
        try
        {
            return await (turns is null ? renew() : turns.RunAsync(grant.Tenant, grant.SecretName, renew, ct));
        }
        catch (TimeoutException)
        {
            throw new CrmCallException(grant.Platform, null, "another worker has been refreshing the token for too long");
        }
    }

    private async Task<OAuthToken> RenewAsync(OAuthGrant grant, HeldToken held, Func<string, Task<OAuthToken>> refresh, CancellationToken ct)
    {
        var stored = await FindAsync(grant, ct);
        var now = time.GetUtcNow();
        if ((stored ?? held.Refusal)?.IsRefused(now) == true)
            throw new CrmCallException(grant.Platform, HttpStatusCode.Unauthorized, "the refresh token was refused a moment ago");
        if (stored?.Token is { } told && held.Takes(told, now))
            return held.Keep(told);
        try
        {
            var token = await refresh(stored?.Token?.RefreshToken ?? held.RefreshToken ?? grant.RefreshToken);
            await StoreAsync(grant, new(token), ct);
            return held.Keep(token);
        }
        catch (CrmCallException e) when (e.IsUnauthorized)
        {
            held.Refusal = new(null, now);
            await StoreAsync(grant, held.Refusal, ct);
            throw;
        }
    }

    // In an outage each worker goes on by itself, as long as the connection's own secret may be used: a refresh too many is no harm.
    private async Task<StoredToken?> FindAsync(OAuthGrant grant, CancellationToken ct)
    {
        try
        {
            return vault is null ? null : StoredToken.Read(await vault.GetLatestAsync(grant.SecretName, ct));
        }
        catch (SecretUnavailableException e)
        {
            NotShared(log, grant.Platform, grant.Tenant, e.Message);
            return null;
        }
    }

    private async Task StoreAsync(OAuthGrant grant, StoredToken stored, CancellationToken ct)
    {
        try
        {
            if (vault is not null)
                await vault.SetAsync(grant.SecretName, stored.Write(), ct);
        }
        catch (SecretUnavailableException e)
        {
            NotShared(log, grant.Platform, grant.Tenant, e.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The token of {Platform} of tenant {Tenant} is not shared with other workers for now: {Reason}")]
    private static partial void NotShared(ILogger logger, Platform platform, TenantId tenant, string reason);
}
