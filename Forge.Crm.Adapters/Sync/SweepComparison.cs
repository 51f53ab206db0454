using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.Sync;

/// <summary>
/// Compares a platform's listing with the links here, in memory that does not grow with the account. HubSpot lists by ascending id, so a page
/// that ends at id n says all there is up to n: what is live here between the end of the page before and n and is not on the page is a
/// candidate for a deletion that we missed, and is asked for by id. The order is checked, not trusted: at the first id out of order the
/// comparison by ranges ends, and the links are asked for by id when the listing is done (<see cref="SyncPhase.Known"/>).
/// </summary>
internal sealed class SweepComparison(SyncLinks links)
{
    public async Task<StepPage> ReadAsync(SyncJob job, ICrmAccount account, CancellationToken ct)
    {
        var (cursor, sweep) = (job.Cursor, job.Cursor.Sweep ?? new());
        if (sweep.IsListed)
            return await CompareAsync(job, account, cursor, sweep, [], ct);
        var (records, after) = await PageReader.PagesAsync(cursor, account, archived: false, ct);
        var isUnordered = sweep.IsUnordered || !NumericId.Ascend(sweep.ListedTo, records.Select(record => record.Ref.Id));
        sweep = new(records.LastOrDefault()?.Ref.Id ?? sweep.ListedTo, sweep.ComparedTo, after is null, isUnordered);
        cursor = cursor with { After = after };
        return isUnordered
            ? new(records, records.Count, cursor with { Sweep = sweep }, after is null)
            : await CompareAsync(job, account, cursor, sweep, records, ct);
    }

    private async Task<StepPage> CompareAsync(
        SyncJob job, ICrmAccount account, SyncCursor cursor, SweepPosition sweep, List<RemoteSnapshot> listed, CancellationToken ct)
    {
        var kind = cursor.Kind!.Value;
        var upTo = sweep.IsListed ? null : sweep.ListedTo;
        var candidates = await links.UnlistedAsync(job, kind, sweep.ComparedTo, upTo, listed.Select(record => record.Ref.Id), ct);
        // With more candidates than one question brings back the comparison falls behind the listing and ends after it.
        var isLevel = candidates.Count < SyncLinks.Limit;
        var confirmed = await PageReader.ByIdAsync(account, kind, candidates, ct);
        return new(
            [.. listed, .. confirmed], listed.Count,
            cursor with { Sweep = sweep with { ComparedTo = isLevel ? sweep.ListedTo : candidates[^1] } },
            sweep.IsListed && isLevel)
        {
            Missing = PageReader.Missing(candidates, confirmed),
        };
    }
}
