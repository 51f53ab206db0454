using Forge.Crm.Adapters.Intake;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.OAuth;

/// <summary>What became of a consent.</summary>
public enum ConsentOutcome
{
    Connected,

    /// <summary>The state is none of ours, or was used before, or is too old: begin again.</summary>
    Expired,

    /// <summary>The person did not consent.</summary>
    Declined,

    /// <summary>The platform refuses the code, or the account is another one than the tenant's.</summary>
    Refused,
}

/// <param name="Account">Which account is connected now; null where none is.</param>
/// <param name="Tenant">With whom, by name: the person who consents is to see it.</param>
public sealed record ConsentResult(ConsentOutcome Outcome, string? Account = null, string? Tenant = null);

/// <summary>Connecting by consent: an administrator begins, a person at the platform consents, and comes back with a code.</summary>
public sealed partial class Consents
{
    private readonly IReadOnlyDictionary<Platform, IOAuthApp> _apps;
    private readonly ConsentStates _states;
    private readonly Connecting _connecting;
    private readonly ConnectionStore _connections;
    private readonly string? _publicBaseUrl;
    private readonly ILogger _logger;

    internal Consents(
        IEnumerable<IOAuthApp> apps, ConsentStates states, Connecting connecting, ConnectionStore connections, IOptions<IntakeOptions> options,
        ILogger<Consents> logger)
    {
        _apps = apps.ToDictionary(app => app.Platform);
        (_states, _connecting, _connections, _publicBaseUrl, _logger) = (states, connecting, connections, options.Value.PublicBaseUrl, logger);
    }

    /// <param name="person">As their token names them.</param>
    /// <returns>Where the person is to be sent; null where this installation has no app of its own on that platform.</returns>
    public async Task<Uri?> StartAsync(TenantId tenant, Platform platform, string person, CancellationToken ct)
    {
        // Asked first, so that no state is made for nothing.
        if (_publicBaseUrl is null || !_apps.TryGetValue(platform, out var app) || app.ConsentAddress("", Redirect(platform)) is null)
            return null;
        return app.ConsentAddress(await _states.NewAsync(tenant, platform, person, ct), Redirect(platform));
    }

    /// <summary>Ends a consent. Nobody is logged in here: what the state says is all there is to go by, and it counts once.</summary>
    /// <param name="code">Null where the person did not consent.</param>
    /// <exception cref="CrmCallException">The platform could not be asked.</exception>
    public async Task<ConsentResult> FinishAsync(Platform platform, string? state, string? code, CancellationToken ct)
    {
        if (_publicBaseUrl is null || !_apps.TryGetValue(platform, out var app) || await _states.TakeAsync(platform, state, ct) is not var (tenant, person))
            return new(ConsentOutcome.Expired);
        if (string.IsNullOrEmpty(code))
            return new(ConsentOutcome.Declined);
        try
        {
            var credentials = await app.ExchangeAsync(tenant, code, Redirect(platform), ct);
            var connection = await _connecting.ConnectAsync(tenant, platform, credentials, person, ct);
            return new(ConsentOutcome.Connected, connection.AccountId, (await _connections.FindAsync(tenant, platform, ct))?.TenantName);
        }
        catch (Exception e) when (e is CrmConnectException or FormatException or CrmCallException { IsTransient: false })
        {
            NotConnected(_logger, platform, tenant, e.Message);
            return new(ConsentOutcome.Refused);
        }
    }

    private Uri Redirect(Platform platform) => new($"{_publicBaseUrl!.TrimEnd('/')}/api/v1/oauth/callback/{platform.ToName()}");

    [LoggerMessage(LogLevel.Warning, "A consent to {Platform} did not connect tenant {Tenant}: {Reason}")]
    private static partial void NotConnected(ILogger logger, Platform platform, TenantId tenant, string reason);
}
