namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>Every request that reached the simulator, in order; nothing is ever taken out. Tests hold the product's own story against it.</summary>
internal sealed class HubSpotRequestLedger
{
    private readonly Lock gate = new();
    private readonly List<HubSpotRequest> entries = [];

    public IReadOnlyList<HubSpotRequest> Entries
    {
        get
        {
            lock (gate)
                return [.. entries];
        }
    }

    public int Count(Func<HubSpotRequest, bool> wanted)
    {
        lock (gate)
            return entries.Count(wanted);
    }

    /// <summary>How often each route was asked, such as <c>POST /crm/v3/objects/{type}/batch/read</c>.</summary>
    public Dictionary<string, int> CountsByRoute()
    {
        lock (gate)
            return entries.GroupBy(entry => $"{entry.Method} {entry.Route}").ToDictionary(group => group.Key, group => group.Count());
    }

    internal void Add(HubSpotRequest entry)
    {
        lock (gate)
            entries.Add(entry);
    }
}

/// <summary>One request. The status is 0 when the connection was dropped, the portal id is 0 when the token named no account.</summary>
internal sealed record HubSpotRequest(
    DateTimeOffset At, string Method, string Path, string Query, string Route, long PortalId, int Status, int BodyBytes);
