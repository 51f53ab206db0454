using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Forge.Crm.Adapters.Leads;

/// <summary>
/// Makes at HubSpot the leads that rules wrote: waits until the contact is there, looks whether a lead of that name is, and settles each as soon as its
/// fate is known.
/// </summary>
internal sealed partial class LeadDrain(
    LeadRows rows, PlatformSessions sessions, SyncStates states, RelayQueries relay, CrmMetrics metrics, TimeProvider clock, ILogger<LeadDrain> logger)
{
    private const int MaxRows = 20;
    private const int TenantsAtOnce = 4;

    // One tenant does not keep the others waiting for long.
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(30);

    /// <summary>One tenant's failure does not keep the others from theirs.</summary>
    public async Task RunAsync(CancellationToken ct) => await Parallel.ForEachAsync(
        await relay.WaitingLeadsAsync(ct), new ParallelOptions { MaxDegreeOfParallelism = TenantsAtOnce, CancellationToken = ct },
        async (tenant, stop) =>
        {
            try
            {
                await DrainAsync(tenant, stop);
            }
            catch (NpgsqlException e)
            {
                NotSent(logger, e, tenant);
            }
        });

    public async Task DrainAsync(TenantId tenant, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        while (clock.GetElapsedTime(began) < Budget
            && await sessions.OpenAsync(tenant, Platform.HubSpot, CallLane.Webhook, ct) is { Writer: { } writer, Account: ICrmLeads leads }
            && await rows.ClaimAsync(tenant, MaxRows, ct) is { Count: > 0 } claimed)
        {
            CrmCallException? outage = null;
            foreach (var lead in claimed)
                outage = await RunAsync(tenant, lead, leads, writer, outage, ct);
            if (outage is not null)
                return;
        }
    }

    /// <param name="outage">Of an earlier one of these: this one is put off for it, too.</param>
    /// <returns>What keeps the rest from being sent; null where nothing does.</returns>
    private async Task<CrmCallException?> RunAsync(
        TenantId tenant, QueuedLead lead, ICrmLeads leads, ICrmWriter writer, CrmCallException? outage, CancellationToken ct)
    {
        try
        {
            var outcome = LeadOutcome.Before(lead) ?? (outage is null ? await SendAsync(tenant, lead, leads, ct) : LeadOutcome.PutOff(lead, outage));
            // Also where the worker is being stopped: what was made must not be forgotten.
            if (outcome is not null && !await rows.SettleAsync(tenant, lead, outcome, CancellationToken.None) && outcome.LeadId is { } made)
                await writer.EraseAsync(RemoteKind.Lead, [made], CancellationToken.None);
            Told(tenant, outcome);
            return outage;
        }
        catch (CrmCallException e)
        {
            if (e.IsUnauthorized)
                await states.RequireReauthAsync(tenant, Platform.HubSpot, ct);
            var outcome = LeadOutcome.PutOff(lead, e);
            await rows.SettleAsync(tenant, lead, outcome, CancellationToken.None);
            Told(tenant, outcome);
            return outcome.Status == LeadStatus.Pending ? e : outage;
        }
    }

    /// <returns>Null where the row is not ours any more.</returns>
    private async Task<LeadOutcome?> SendAsync(TenantId tenant, QueuedLead lead, ICrmLeads leads, CancellationToken ct)
    {
        if (!await leads.HasLeadsAsync(ct))
            return LeadOutcome.None(lead);
        // Left by an answer that was lost, or made by somebody there. One that another row stands for is another inquiry's.
        var alike = (await leads.LeadsOfAsync(lead.Contact!, ct)).Where(other => other.Name == lead.Name).Select(other => other.Id).ToList();
        if (alike.Count > 0 && await rows.FreeAsync(tenant, alike, ct) is [var found, ..])
            return LeadOutcome.Made(lead, found);
        if (!await rows.SendAsync(tenant, lead, ct))
            return null;
        var answer = await leads.CreateLeadAsync(lead.Contact!, lead.Name, ct);
        return answer.Id is { } made ? LeadOutcome.Made(lead, made) : LeadOutcome.Failed(lead, answer.Refusal);
    }

    private void Told(TenantId tenant, LeadOutcome? outcome)
    {
        if (outcome is null)
            return;
        metrics.Lead(outcome.Status.ToName());
        if (outcome.Status == LeadStatus.Failed)
            Refused(logger, tenant, outcome.Reason);
    }

    [LoggerMessage(LogLevel.Warning, "A lead of tenant {Tenant} was not made at HubSpot: {Reason}")]
    private static partial void Refused(ILogger logger, TenantId tenant, string? reason);

    [LoggerMessage(LogLevel.Error, "Leads of tenant {Tenant} were not looked at.")]
    private static partial void NotSent(ILogger logger, Exception e, TenantId tenant);
}
