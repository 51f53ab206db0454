using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Intake;

/// <summary>Puts the events of an authentic delivery into the journals of the tenants they belong to, and rings for them.</summary>
internal sealed class IntakeJournal(TenantRoutes routes, Journal journal, SyncStates states, Rings rings, CrmMetrics metrics, TimeProvider clock)
{
    // A sender waits a few seconds at most, and it is better that it hears 503 than that it gives up: then it knows that it must come again.
    private static readonly TimeSpan DatabasePatience = TimeSpan.FromSeconds(2);

    /// <param name="connection">The connection whose own secret signed: it speaks for its own account only. Null: the app's secret, for all.</param>
    public async Task<IntakeAnswer> AppendAsync(
        Platform platform, IReadOnlyCollection<IntakeEvent> deliveries, TenantRoute? connection, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(DatabasePatience, clock);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        var (accepted, duplicates) = (0, 0);
        var lanes = new List<(Lane Lane, long Event)>();
        foreach (var (account, items) in ByAccount(deliveries, connection))
        {
            var tenants = await TenantsAsync(platform, account, connection, patience.Token);
            if (tenants.Count == 0)
            {
                metrics.Events(platform, "unknown_account", items.Count);
                continue;
            }
            accepted += items.Count;
            foreach (var tenant in tenants)
            {
                var entries = items.ConvertAll(item => Entry(item, tenant));
                var added = await journal.AppendAsync(tenant.Tenant, platform, entries, patience.Token);
                lanes.AddRange(added.Select(row => (new Lane(tenant.Tenant, platform, row.Lane), row.Id)));
                duplicates += Count(platform, entries, added.Count);
                if (items.Exists(item => item.IsRetry))
                    await states.WantSweepAsync(tenant.Tenant, platform, mayGoOn: true, patience.Token);
            }
        }
        Ring(lanes);
        return new(IntakeOutcome.Accepted, accepted, duplicates);
    }

    /// <summary>An event that does not say its account belongs to the others' of its delivery, where they are of one.</summary>
    private static IEnumerable<(string? Account, List<IntakeEvent> Items)> ByAccount(
        IReadOnlyCollection<IntakeEvent> deliveries, TenantRoute? connection)
    {
        var named = deliveries.Select(item => item.Account).OfType<string>().Distinct().Take(2).ToList();
        var assumed = connection?.Account ?? (named is [var only] ? only : null);
        return deliveries.GroupBy(item => item.Account ?? assumed).Select(account => (account.Key, account.ToList()));
    }

    private async Task<IReadOnlyList<TenantRoute>> TenantsAsync(Platform platform, string? account, TenantRoute? connection, CancellationToken ct)
    {
        if (account is null)
            return [];
        if (connection is null)
            return await routes.OfAccountAsync(platform, account, ct);
        return connection.Account == account ? [connection] : [];
    }

    private static JournalEntry Entry(IntakeEvent item, TenantRoute tenant)
    {
        var (status, reason) = item.Status == EventStatus.Pending && !tenant.IsEnabled
            ? (EventStatus.Ignored, "sync is switched off")
            : (item.Status, item.Reason);
        var lane = item.Event.Ref is { } record ? Lane.NumberOf(record.Id, tenant.Lanes) : 0;
        return new(item.EventKey, item.Raw, item.Event, lane, status, reason);
    }

    /// <returns>How many of the usable events the journal already had.</returns>
    private int Count(Platform platform, List<JournalEntry> entries, int added)
    {
        var duplicates = entries.Count(entry => entry.Status == EventStatus.Pending) - added;
        metrics.Events(platform, "journaled", added);
        metrics.Events(platform, "duplicate", duplicates);
        metrics.Events(platform, "ignored", entries.Count(entry => entry.Status == EventStatus.Ignored));
        metrics.Events(platform, "unreadable", entries.Count(entry => entry.Status == EventStatus.Failed));
        return duplicates;
    }

    /// <summary>
    /// Not waited for: the delivery is safe in the journal, and a ring that is lost with this process only costs its events the relay's few
    /// seconds. A bus that is slow or down is none of the sender's business.
    /// </summary>
    private void Ring(IEnumerable<(Lane Lane, long Event)> added)
    {
        foreach (var lane in added.GroupBy(row => row.Lane, row => row.Event))
            _ = rings.RingAsync(lane.Key, [.. lane], CancellationToken.None);
    }
}
