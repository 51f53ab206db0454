using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>
/// Looks for records that may be there already: by our id and, for contacts, by e-mail address, which HubSpot keeps unique, so that a batch read finds them
/// at once. A company's domain is not unique and only the search knows it: one that somebody else made seconds ago is not found yet.
/// </summary>
internal sealed class HubSpotFinder(HubSpotCaller caller, HubSpotPaths paths, HubSpotReader reader, HubSpotSetup setup)
{
    private const string Email = "email";
    private const string Domain = "domain";
    private const int SearchLimit = 200;

    /// <summary>Of the values of one search, whose body may have 3,000 characters in all.</summary>
    private const int LongestSearch = 2_000;

    public async Task<IReadOnlyList<RemoteSnapshot>> FindAsync(RemoteKind kind, IReadOnlyCollection<SoughtRecord> sought, CancellationToken ct)
    {
        if (sought.Count == 0)
            return [];
        await setup.EnsureAsync(kind, ct);
        var found = new List<RemoteSnapshot>(
            await reader.ReadAsync(kind, sought.Select(record => record.SyncId.ToString()), withHistory: false, ct, by: HubSpotObjects.SyncId));
        var emails = ValuesOf(sought, Email);
        if (kind == RemoteKind.Contact && emails.Count > 0)
            found.AddRange(await reader.ReadAsync(kind, emails, withHistory: false, ct, by: Email));
        var domains = ValuesOf(sought, Domain);
        if (kind == RemoteKind.Company && domains.Count > 0)
            found.AddRange(await reader.ReadAsync(kind, await SearchAsync(kind, domains, ct), withHistory: false, ct));
        return [.. found.DistinctBy(snapshot => snapshot.Ref)];
    }

    private static List<string> ValuesOf(IReadOnlyCollection<SoughtRecord> sought, string key) =>
        [.. sought.SelectMany(record => record.Keys).Where(text => text.StartsWith(key + ":", StringComparison.Ordinal)).Select(text => text[(key.Length + 1)..]).Distinct()];

    /// <returns>Ids: what a search shows of a record is behind.</returns>
    private async Task<IReadOnlyList<string>> SearchAsync(RemoteKind kind, List<string> domains, CancellationToken ct)
    {
        var ids = new List<string>();
        foreach (var part in Parts(domains))
        {
            var search = new HubSpotSearch(
                [new([new(Domain, "IN", null, part)])], [new(HubSpotObjects.Id, "ASCENDING")], [HubSpotObjects.Id], SearchLimit);
            var page = await caller.CallAsync(
                HubSpotCaller.Search, (api, token, call) => api.SearchAsync(paths.Records(kind), search, token, call, ct), ct);
            ids.AddRange((page.Results ?? throw HubSpotCaller.Unreadable("results", paths.Records(kind))).Select(record => record.Id ?? throw HubSpotCaller.Unreadable("record id", paths.Records(kind))));
        }

        return ids;
    }

    private static IEnumerable<List<string>> Parts(List<string> values)
    {
        var part = new List<string>();
        foreach (var value in values)
        {
            if (part.Count > 0 && part.Sum(other => other.Length + 3) + value.Length > LongestSearch)
            {
                yield return part;
                part = [];
            }

            part.Add(value);
        }

        yield return part;
    }
}
