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

    /// <summary>The state is none of this person's, or was used before, or is too old: begin again.</summary>
    Expired,

    /// <summary>The platform refuses the code, or the account is another one than the tenant's.</summary>
    Refused,
}

/// <summary>
/// Connecting by consent: an administrator begins, a person at the platform consents and comes back with a code, and the administrator brings it.
/// Who brings it has to be who began: a code that somebody else was led to give, or to take, connects nothing.
/// </summary>
public sealed partial class Consents
{
    private readonly IReadOnlyDictionary<Platform, IOAuthApp> _apps;
    private readonly ConsentStates _states;
    private readonly Connecting _connecting;
    private readonly string? _publicBaseUrl;
    private readonly ILogger _logger;

    internal Consents(
        IEnumerable<IOAuthApp> apps, ConsentStates states, Connecting connecting, IOptions<IntakeOptions> options, ILogger<Consents> logger)
    {
        _apps = apps.ToDictionary(app => app.Platform);
        (_states, _connecting, _publicBaseUrl, _logger) = (states, connecting, options.Value.PublicBaseUrl, logger);
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

    /// <summary>Ends a consent. Its state counts once, whatever becomes of the code.</summary>
    /// <param name="person">As their token names them.</param>
    /// <param name="code">What the platform sent the person back with.</param>
    /// <exception cref="CrmCallException">The platform could not be asked: begin again.</exception>
    public async Task<ConsentOutcome> FinishAsync(TenantId tenant, Platform platform, string person, string state, string code, CancellationToken ct)
    {
        if (_publicBaseUrl is null || !_apps.TryGetValue(platform, out var app) || !await _states.TakeAsync(tenant, platform, person, state, ct))
            return ConsentOutcome.Expired;
        try
        {
            var credentials = await app.ExchangeAsync(tenant, code, Redirect(platform), ct);
            await _connecting.ConnectAsync(tenant, platform, credentials, person, ct);
            return ConsentOutcome.Connected;
        }
        catch (Exception e) when (e is CrmConnectException or FormatException or CrmCallException { IsTransient: false })
        {
            NotConnected(_logger, platform, tenant, e.Message);
            return ConsentOutcome.Refused;
        }
    }

    private Uri Redirect(Platform platform) => new($"{_publicBaseUrl!.TrimEnd('/')}/api/v1/oauth/callback/{platform.ToName()}");

    [LoggerMessage(LogLevel.Warning, "A consent to {Platform} did not connect tenant {Tenant}: {Reason}")]
    private static partial void NotConnected(ILogger logger, Platform platform, TenantId tenant, string reason);
}
