using Forge.Crm.Adapters.Leads;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Reports;
using Forge.Crm.Adapters.Rules;

namespace Forge.Crm.Adapters.Timers;

/// <summary>
/// What timers do, each under a lease: however many instances fire, and however often, it is done once. Each answers whether it was this call
/// that did it.
/// </summary>
public sealed class TimedWork
{
    private readonly Leases _leases;
    private readonly Relay _relay;
    private readonly Reconciliation _reconciliation;
    private readonly TimedReports _reports;
    private readonly Pruning _pruning;
    private readonly WebhookChecks _webhooks;
    private readonly RuleChecks _ruleChecks;
    private readonly TimedRules _timedRules;
    private readonly LeadDrain _leads;

    internal TimedWork(
        Leases leases, Relay relay, Reconciliation reconciliation, TimedReports reports, Pruning pruning, WebhookChecks webhooks, RuleChecks ruleChecks,
        TimedRules timedRules, LeadDrain leads)
    {
        (_leases, _relay, _reconciliation, _reports, _pruning, _webhooks) = (leases, relay, reconciliation, reports, pruning, webhooks);
        (_ruleChecks, _timedRules, _leads) = (ruleChecks, timedRules, leads);
    }

    /// <summary>Rings for what waits; every five seconds.</summary>
    public Task<bool> RelayAsync(CancellationToken ct) => _leases.TryRunAsync("relay", TimeSpan.FromSeconds(4), _relay.RunAsync, ct);

    /// <summary>Starts the sync jobs that are due; every minute.</summary>
    public Task<bool> ReconcileAsync(CancellationToken ct) =>
        _leases.TryRunAsync("reconcile", TimeSpan.FromSeconds(50), _reconciliation.RunAsync, ct);

    /// <summary>Takes the pipeline snapshots that are due; every quarter of an hour, for midnights come in quarters.</summary>
    public Task<bool> TakePipelineSnapshotsAsync(CancellationToken ct) =>
        _leases.TryRunAsync("pipeline-snapshot", TimeSpan.FromMinutes(10), _reports.TakePipelineAsync, ct);

    /// <summary>Takes the weeks that are open; as often, for so do Mondays.</summary>
    public Task<bool> TakeActivitySummariesAsync(CancellationToken ct) =>
        _leases.TryRunAsync("activity-summary", TimeSpan.FromMinutes(10), _reports.TakeActivitiesAsync, ct);

    /// <summary>Makes the revenue forecasts that are due.</summary>
    public Task<bool> TakeRevenueForecastsAsync(CancellationToken ct) =>
        _leases.TryRunAsync("revenue-forecast", TimeSpan.FromMinutes(10), _reports.TakeForecastAsync, ct);

    /// <summary>Clears old events out of the journal; every night.</summary>
    public Task<bool> PruneAsync(CancellationToken ct) => _leases.TryRunAsync("pruning", TimeSpan.FromMinutes(30), _pruning.RunAsync, ct);

    /// <summary>Makes webhooks again that a platform has taken away; every day.</summary>
    public Task<bool> CheckWebhooksAsync(CancellationToken ct) => _leases.TryRunAsync("webhook-check", TimeSpan.FromHours(1), _webhooks.RunAsync, ct);

    /// <summary>Checks rules that were written by SQL; every half minute.</summary>
    public Task<bool> CheckRulesAsync(CancellationToken ct) => _leases.TryRunAsync("rule-check", TimeSpan.FromSeconds(25), _ruleChecks.RunAsync, ct);

    /// <summary>Finds what timed rules are for; every quarter of an hour.</summary>
    public Task<bool> RunTimedRulesAsync(CancellationToken ct) => _leases.TryRunAsync("timed-rules", TimeSpan.FromMinutes(14), _timedRules.RunAsync, ct);

    /// <summary>Makes at HubSpot the leads that rules wrote; every ten seconds.</summary>
    public Task<bool> MakeLeadsAsync(CancellationToken ct) => _leases.TryRunAsync("hubspot-leads", TimeSpan.FromSeconds(9), _leads.RunAsync, ct);
}
