namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>Every request that reached the simulator, in order; nothing is ever taken out. Tests hold the product's own story against it.</summary>
internal sealed class PipedriveRequestLedger
{
    private readonly Lock gate = new();
    private readonly List<PipedriveRequest> entries = [];

    public IReadOnlyList<PipedriveRequest> Entries
    {
        get
        {
            lock (gate)
                return [.. entries];
        }
    }

    public int Count(Func<PipedriveRequest, bool> wanted)
    {
        lock (gate)
            return entries.Count(wanted);
    }

    /// <summary>How often each route was asked, such as <c>GET /api/v2/persons</c>.</summary>
    public Dictionary<string, int> CountsByRoute()
    {
        lock (gate)
            return entries.GroupBy(entry => $"{entry.Method} {entry.Route}").ToDictionary(group => group.Key, group => group.Count());
    }

    internal void Add(PipedriveRequest entry)
    {
        lock (gate)
            entries.Add(entry);
    }
}

/// <summary>One request. The status is 0 when the connection was dropped, the company id is 0 when the token named no account.</summary>
internal sealed record PipedriveRequest(
    DateTimeOffset At, string Method, string Path, string Query, string Route, long CompanyId, int Status, int BodyBytes);
