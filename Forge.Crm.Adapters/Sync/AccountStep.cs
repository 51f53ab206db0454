using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.Sync;

/// <summary>What every job begins with: the platform's owners and stages, the account's conventions, and how much there is to read.</summary>
internal sealed class AccountStep(LookupStore lookups, ConnectionStore connections, PlatformSessions sessions, SyncLinks links)
{
    /// <returns>
    /// How many live records there are to read: as many as are linked, where the platform does not say. Null where only the search for changes will
    /// tell, and where nothing is linked yet.
    /// </returns>
    public async Task<long?> RunAsync(SyncJob job, PlatformSession session, SyncRoute route, CancellationToken ct)
    {
        var described = await session.Account.DescribeAsync(ct);
        var isNew = !job.IsDryRun && await connections.AdoptAsync(job.Tenant, described, ct);
        session.Learn(await lookups.RefreshAsync(job.Tenant, session.Platform, session.Lookups, session.Account, ct, job.IsDryRun));
        if (isNew)
            sessions.Forget(job.Tenant); // values of this account are read by its own zone and currency from the first page on
        return job.Cursor.Ids.IsEmpty ? await TotalAsync(job, session, route, ct) : job.Cursor.Ids.Length;
    }

    private async Task<long?> TotalAsync(SyncJob job, PlatformSession session, SyncRoute route, CancellationToken ct)
    {
        if (job.Mode == SyncMode.Incremental)
            return null;
        if (!session.Account.TellsTotals)
            return await links.CountAsync(job, route.Kinds, ct) is > 0 and var linked ? linked : null;
        long? total = null;
        foreach (var kind in route.Kinds)
        {
            var page = await session.Account.ChangedSinceAsync(kind, new ChangedWindow(DateTimeOffset.UnixEpoch), ct);
            total = page.Total is { } count ? (total ?? 0) + count : total;
        }

        return total;
    }
}
