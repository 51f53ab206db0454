using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// What opens an account: its API token, or an access token that is refreshed by whoever needs one first and kept until it is about to expire.
/// </summary>
internal sealed class PipedriveTokens(IPipedriveApi api, IOptions<PipedriveOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Early = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan UsualLife = TimeSpan.FromMinutes(60);

    private readonly ConcurrentDictionary<(TenantId, string RefreshToken), Held> _held = [];

    /// <exception cref="CrmCallException"><c>IsUnauthorized</c>: the refresh token is refused; the tenant has to connect again.</exception>
    /// <exception cref="FormatException">The secret names a host that is none of Pipedrive's.</exception>
    public async ValueTask<PipedriveAccess> AccessAsync(TenantId tenant, PipedriveCredential credential, CancellationToken ct)
    {
        if (credential.RefreshToken is not { } refreshToken)
            return PipedriveAccess.ByApiToken(HostOf(credential.ApiDomain), credential.ApiToken!);
        var held = _held.GetOrAdd((tenant, refreshToken), _ => new());
        if (held.Fresh(time.GetUtcNow()) is { } known)
            return known;
        await held.Turn.WaitAsync(ct);
        try
        {
            return held.Fresh(time.GetUtcNow()) ?? await RefreshAsync(tenant, credential, refreshToken, held, ct);
        }
        finally
        {
            held.Turn.Release();
        }
    }

    /// <summary>Forgets an access token that Pipedrive refused before its time.</summary>
    /// <returns>Whether another one can be had.</returns>
    public bool TryForget(TenantId tenant, PipedriveCredential credential, PipedriveAccess access)
    {
        if (credential.RefreshToken is not { } refreshToken)
            return false;
        if (_held.TryGetValue((tenant, refreshToken), out var held))
            held.Forget(access);
        return true;
    }

    private async Task<PipedriveAccess> RefreshAsync(
        TenantId tenant, PipedriveCredential credential, string refreshToken, Held held, CancellationToken ct)
    {
        var started = time.GetUtcNow();
        var form = new Dictionary<string, string> { ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken };
        try
        {
            var token = await api.RefreshAsync(form, Client(), new CrmCall(tenant, Platform.Pipedrive, null, CallLane.Interactive), ct);
            if (string.IsNullOrEmpty(token.AccessToken))
                throw new CrmCallException(Platform.Pipedrive, HttpStatusCode.OK, "the token answer has no token");
            var access = PipedriveAccess.ByOAuth(HostOf(token.ApiDomain ?? credential.ApiDomain), token.AccessToken);
            held.Keep(access, started + (token.ExpiresIn is { } seconds ? TimeSpan.FromSeconds(seconds) : UsualLife) - Early);
            return access;
        }
        catch (CrmCallException e) when (e.Status == HttpStatusCode.BadRequest && e.Message.Contains("invalid_grant", StringComparison.Ordinal))
        {
            // A wrong client id is an error of its own, and connecting the tenant again would not mend that.
            throw new CrmCallException(Platform.Pipedrive, HttpStatusCode.Unauthorized, "the refresh token is refused");
        }
    }

    // Unlike HubSpot's, the client's id and secret travel in a header.
    private PipedriveAccess Client()
    {
        var id = options.Value.OAuthClientId ?? throw new InvalidOperationException("Pipedrive:OAuthClientId is not set.");
        var secret = options.Value.OAuthClientSecret ?? throw new InvalidOperationException("Pipedrive:OAuthClientSecret is not set.");
        return new(options.Value.OAuthAddress, "Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{id}:{secret}")));
    }

    /// <summary>A configured stand-in serves every account; else an account's own host, where it is one of Pipedrive's.</summary>
    private Uri HostOf(Uri? own) =>
        own is null || options.Value.BaseAddress.IsLoopback ? options.Value.BaseAddress
        : PipedriveHosts.IsAllowed(own, isLocal: false) ? own
        : throw new FormatException("The account's apiDomain is no host of pipedrive.com.");

    private sealed class Held
    {
        private (PipedriveAccess? Access, DateTimeOffset Until) _current;

        public SemaphoreSlim Turn { get; } = new(1, 1);

        public PipedriveAccess? Fresh(DateTimeOffset now)
        {
            lock (Turn)
                return now < _current.Until ? _current.Access : null;
        }

        public void Keep(PipedriveAccess access, DateTimeOffset until)
        {
            lock (Turn)
                _current = (access, until);
        }

        public void Forget(PipedriveAccess access)
        {
            lock (Turn)
                _current = _current.Access == access ? default : _current;
        }
    }
}
