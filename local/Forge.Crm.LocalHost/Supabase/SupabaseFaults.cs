namespace Forge.Crm.LocalHost.Supabase;

/// <summary>What goes wrong, switchable while the simulator runs. All off by default.</summary>
internal sealed class SupabaseFaults
{
    private readonly Lock gate = new();
    private readonly List<Scripted> scripted = [];

    /// <summary>The most rows of an answer, whatever was asked for (the project's setting "Max rows").</summary>
    public int MaxRows { get; set; } = 1000;

    /// <summary>How long a statement may take (Supabase's setting for the API's roles).</summary>
    public TimeSpan StatementTimeout { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>The next requests whose path begins so meet that fault. Scripts of one path are used up in the order they were given.</summary>
    public void FailNext(string pathPrefix, SupabaseFault fault, int times = 1)
    {
        lock (gate)
            scripted.Add(new(pathPrefix, fault) { Left = times });
    }

    internal SupabaseFault? Take(string method, string path)
    {
        lock (gate)
        {
            var found = scripted.Find(item =>
                path.StartsWith(item.PathPrefix, StringComparison.OrdinalIgnoreCase) && (item.Fault.Method is null || item.Fault.Method == method));
            if (found is not null && --found.Left <= 0)
                scripted.Remove(found);
            return found?.Fault;
        }
    }

    private sealed class Scripted(string pathPrefix, SupabaseFault fault)
    {
        public string PathPrefix { get; } = pathPrefix;
        public SupabaseFault Fault { get; } = fault;
        public int Left { get; set; }
    }
}

/// <summary>One misfortune of a request.</summary>
internal sealed record SupabaseFault
{
    public int Status { get; init; } = 503;

    public string Body { get; init; } = """{"code":"PGRST002","details":null,"hint":null,"message":"Could not query the database for the schema cache. Retrying."}""";
    public string ContentType { get; init; } = "application/json; charset=utf-8";
    public Dictionary<string, string> Headers { get; init; } = [];

    /// <summary>Only requests of this method; null: of any.</summary>
    public string? Method { get; init; }

    /// <summary>The connection breaks instead of an answer.</summary>
    public bool DropConnection { get; init; }

    /// <summary>The request is carried out first, and then its reply is lost or replaced.</summary>
    public bool AfterWork { get; init; }
}
