namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>What goes wrong, switchable while the simulator runs. All off by default.</summary>
internal sealed class PipedriveFaults
{
    private readonly Lock gate = new();
    private readonly List<Scripted> scripted = [];

    /// <summary>Every request waits this long.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>How old the state is that lists show; records younger than that are missing. Pipedrive documents no such lag.</summary>
    public TimeSpan ListLag { get; set; }

    /// <summary>Records younger than that are not in the search's index. Pipedrive does not say how far it is behind.</summary>
    public TimeSpan SearchLag { get; set; }

    /// <summary>
    /// Lists of persons, organizations and activities show deleted records, flagged as such. Whether Pipedrive's do is not documented; by
    /// default they do not.
    /// </summary>
    public bool ListsShowDeleted { get; set; }

    /// <summary>Whoever goes on calling this often after 429 is turned away with 403 and a page of HTML; 0: never.</summary>
    public int BlockAfterThrottled { get; set; }

    /// <summary>The next requests whose path begins so meet that fault. Scripts of one path are used up in the order they were given.</summary>
    public void FailNext(string pathPrefix, PipedriveFault fault, int times = 1)
    {
        lock (gate)
            scripted.Add(new(pathPrefix, fault) { Left = times });
    }

    public void Clear()
    {
        lock (gate)
            scripted.Clear();
    }

    internal PipedriveFault? Take(string method, string path)
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

    private sealed class Scripted(string pathPrefix, PipedriveFault fault)
    {
        public string PathPrefix { get; } = pathPrefix;
        public PipedriveFault Fault { get; } = fault;
        public int Left { get; set; }
    }
}

/// <summary>One misfortune of a request.</summary>
internal sealed record PipedriveFault
{
    /// <summary>Null leaves the answer as it is (with <see cref="Delay"/>: only slow).</summary>
    public int? Status { get; init; }

    public string Body { get; init; } = """{"success":false,"error":"Internal server error","error_info":"","data":null,"additional_data":null}""";
    public string ContentType { get; init; } = "application/json; charset=utf-8";
    public Dictionary<string, string> Headers { get; init; } = [];

    /// <summary>Only requests of this method; null: of any.</summary>
    public string? Method { get; init; }

    public TimeSpan Delay { get; init; }

    /// <summary>The connection breaks instead of an answer.</summary>
    public bool DropConnection { get; init; }

    /// <summary>The request is carried out first, and then its reply is late, lost or replaced.</summary>
    public bool AfterWork { get; init; }
}
