namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>What goes wrong, switchable while the simulator runs. All off by default.</summary>
internal sealed class HubSpotFaults
{
    private readonly Lock gate = new();
    private readonly List<Scripted> scripted = [];

    /// <summary>How long search does not see a change.</summary>
    public TimeSpan SearchIndexLag { get; set; }

    /// <summary>How old the state is that batch reads show; records younger than that are missing.</summary>
    public TimeSpan BatchReadLag { get; set; }

    /// <summary>Every request waits this long.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>Merges asked for by API leave a new record instead of the primary one.</summary>
    public bool MergesMakeNewRecord { get; set; }

    /// <summary>A bad input fails its whole batch, trace ids or not: HubSpot documents them for creations only.</summary>
    public bool IgnoresTraceIds { get; set; }

    /// <summary>Batch answers come in no particular order.</summary>
    public bool ShuffleBatchResults { get; set; }

    /// <summary>A refresh answers with a new refresh token and the old one is dead. HubSpot keeps it the same.</summary>
    public bool RotateRefreshTokens { get; set; }

    /// <summary>The next requests whose path begins so meet that fault. Scripts of one path are used up in the order they were given.</summary>
    public void FailNext(string pathPrefix, HubSpotFault fault, int times = 1)
    {
        lock (gate)
            scripted.Add(new(pathPrefix, fault) { Left = times });
    }

    public void Clear()
    {
        lock (gate)
            scripted.Clear();
    }

    internal HubSpotFault? Take(string method, string path)
    {
        lock (gate)
        {
            var index = scripted.FindIndex(item =>
                path.StartsWith(item.PathPrefix, StringComparison.OrdinalIgnoreCase)
                && (item.Fault.Method is null || item.Fault.Method == method));
            if (index < 0)
                return null;
            var found = scripted[index];
            if (--found.Left <= 0)
                scripted.RemoveAt(index);
            return found.Fault;
        }
    }

    private sealed class Scripted(string pathPrefix, HubSpotFault fault)
    {
        public string PathPrefix { get; } = pathPrefix;
        public HubSpotFault Fault { get; } = fault;
        public int Left { get; set; }
    }
}

/// <summary>One misfortune of a request.</summary>
internal sealed record HubSpotFault
{
    /// <summary>Null leaves the answer as it is (with <see cref="Delay"/>: only slow).</summary>
    public int? Status { get; init; }

    public string Body { get; init; } = """{"status":"error","message":"internal error","category":"INTERNAL_ERROR"}""";
    public string ContentType { get; init; } = "application/json;charset=utf-8";
    public Dictionary<string, string> Headers { get; init; } = [];

    /// <summary>Only requests of this method; null: of any.</summary>
    public string? Method { get; init; }

    public TimeSpan Delay { get; init; }

    /// <summary>The connection breaks instead of an answer.</summary>
    public bool DropConnection { get; init; }

    /// <summary>The request is carried out first, and then its reply is late, lost or replaced.</summary>
    public bool AfterWork { get; init; }
}
