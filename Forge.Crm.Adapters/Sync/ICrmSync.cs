using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm;

/// <summary>
/// Connects tenants with their CRM accounts and syncs them, in the caller's own process: the same steps that the functions run from the
/// queue, one after the other.
/// </summary>
/// <example>
/// <code>
/// services.AddForgeCrm(configuration);
/// // …
/// var connection = await crmSync.ConnectAsync(tenant, Platform.HubSpot, CrmCredentials.PrivateApp(token), ct);
/// var progress = new Progress&lt;SyncProgress&gt;(p => Console.WriteLine($"{p.Kind}: {p.Done} of {p.Total}, {p.PerSecond:0}/s"));
/// SyncResult result = await crmSync.SyncAsync(new SyncRequest(tenant, Platform.HubSpot), progress, ct);
/// Console.WriteLine($"{result.ContactsSynced} contacts are level, {result.Failed} records failed");
/// </code>
/// </example>
public interface ICrmSync
{
    /// <summary>
    /// Checks the credentials with the platform, keeps them in the vault, and writes the tenant's connection. Calling it again is how
    /// new credentials are given; it changes nothing else.
    /// </summary>
    /// <exception cref="CrmConnectException">The platform refuses the credentials, or the tenant has connected another account of it; nothing was kept.</exception>
    /// <exception cref="CrmCallException">The platform could not be asked.</exception>
    Task<CrmConnection> ConnectAsync(TenantId tenant, Platform platform, CrmCredentials credentials, CancellationToken ct);

    /// <summary>
    /// Runs a sync job to its end. An unfinished job of the same tenant and platform is carried on instead of starting a second one, from
    /// where it stands; so a sync that a crash or a cancellation cut off goes on with the next call.
    /// </summary>
    /// <param name="request">What to read.</param>
    /// <param name="progress">Hears of every step.</param>
    /// <param name="ct">Stops between two steps or within one; what is committed stays.</param>
    /// <exception cref="NotConnectedException">The tenant has not connected the platform.</exception>
    /// <exception cref="MatchPlanException">Both sides hold records: their match plan has to be approved first.</exception>
    /// <exception cref="SyncFailedException">The job failed, or it is paused; the message says why. What was read before that stays.</exception>
    Task<SyncResult> SyncAsync(SyncRequest request, IProgress<SyncProgress>? progress, CancellationToken ct);
}
