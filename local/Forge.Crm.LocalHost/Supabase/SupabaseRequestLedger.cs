namespace Forge.Crm.LocalHost.Supabase;

/// <summary>Every request that reached the simulator, in order; nothing is ever taken out. Tests hold the product's own story against it.</summary>
internal sealed class SupabaseRequestLedger
{
    private readonly Lock gate = new();
    private readonly List<SupabaseRequest> entries = [];

    public IReadOnlyList<SupabaseRequest> Entries
    {
        get
        {
            lock (gate)
                return [.. entries];
        }
    }

    internal void Add(SupabaseRequest entry)
    {
        lock (gate)
            entries.Add(entry);
    }
}

/// <param name="Query">Not unescaped.</param>
/// <param name="Status">0 where the connection was dropped.</param>
internal sealed record SupabaseRequest(DateTimeOffset At, string Method, string Path, string Query, string Prefer, int Status);
