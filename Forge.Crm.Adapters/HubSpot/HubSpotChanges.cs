using System.Globalization;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>
/// Finds what changed, by search. HubSpot's own paging is not used for it: it counts results from the start, so an edit between two pages
/// (which moves a record to the end) would push another record past the page's edge unseen, and it ends at 10,000 results. Each page
/// starts anew at the last stamp seen, and where one stamp fills a page, goes through that stamp's records by id.
/// </summary>
internal sealed class HubSpotChanges(HubSpotCaller caller, HubSpotPaths paths)
{
    /// <summary>The most that a search returns.</summary>
    private const int Limit = 200;

    private const string FirstId = "0";
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(1);

    /// <summary>A record at the edge of two pages may be on both; none is on neither.</summary>
    /// <param name="window">
    /// <c>AfterId</c> null: everything at or after <c>Since</c>. <c>AfterId</c> set: what changed exactly at <c>Since</c> and has a higher id.
    /// </param>
    public async Task<ChangedPage> PageAsync(RemoteKind kind, ChangedWindow window, CancellationToken ct)
    {
        var since = DateTimeOffset.FromUnixTimeMilliseconds(window.Since.ToUnixTimeMilliseconds());
        var search = Search(kind, since, window.AfterId);
        var page = await caller.CallAsync(HubSpotCaller.Search, (api, token, call) => api.SearchAsync(paths.Records(kind), search, token, call, ct), ct);
        var found = (page.Results ?? throw HubSpotCaller.Unreadable("results", paths.Records(kind)))
            .ConvertAll(record => new ChangedId(record.Id ?? throw HubSpotCaller.Unreadable("record id", paths.Records(kind)), HubSpotSnapshots.ModifiedAt(kind, record)));
        var hasMore = page.Paging?.Next is not null && found.Count > 0;
        var next = window.AfterId is null ? After(since, found, hasMore) : AfterTie(since, found, hasMore);
        return new(found, next, page.Total);
    }

    private static ChangedWindow? After(DateTimeOffset since, List<ChangedId> found, bool hasMore)
    {
        if (!hasMore)
            return null;
        var (first, last) = (found[0].UpdatedAt, found[^1].UpdatedAt);
        // One stamp fills the page (or the index gave them out of order): the next page by time might be the same one again.
        return first == last || last <= since ? new(last > since ? last : since, FirstId) : new(last);
    }

    private static ChangedWindow AfterTie(DateTimeOffset since, List<ChangedId> found, bool hasMore) =>
        hasMore ? new(since, found[^1].Id) : new(since + Step);

    private static HubSpotSearch Search(RemoteKind kind, DateTimeOffset since, string? afterId)
    {
        var modified = HubSpotObjects.ModifiedOf(kind);
        var stamp = since.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        return afterId is null
            ? Search(modified, [new(modified, "GTE", stamp)], modified)
            : Search(modified, [new(modified, "EQ", stamp), new(HubSpotObjects.Id, "GT", afterId)], HubSpotObjects.Id);
    }

    private static HubSpotSearch Search(string modified, HubSpotFilter[] filters, string sort) =>
        new([new(filters)], [new(sort, "ASCENDING")], [modified], Limit);
}
