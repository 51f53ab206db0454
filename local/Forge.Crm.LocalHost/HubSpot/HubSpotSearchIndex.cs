using System.Runtime.InteropServices;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>
/// What search can see of one type: every record in the order of its last change, as of the moment when the index took that change in.
/// A change waits in line until the configured lag has passed, as HubSpot's search lags behind its database.
/// </summary>
internal sealed class HubSpotSearchIndex
{
    private readonly Queue<Entry> waiting = [];
    private List<Entry> log = [];
    private int live;

    internal readonly record struct Entry(HubSpotRecord Record, long At)
    {
        public bool IsCurrent(int slot) => Record.IndexSlot == slot;
    }

    /// <summary>Entries in order of change; an entry that its record has left since says so by <see cref="Entry.IsCurrent"/>.</summary>
    public ReadOnlySpan<Entry> Log => CollectionsMarshal.AsSpan(log);

    public void Changed(HubSpotRecord record, long at) => waiting.Enqueue(new(record, at));

    /// <summary>A bulk load is searchable at once.</summary>
    public void Load(IEnumerable<HubSpotRecord> records, Func<HubSpotRecord, long> changedAt)
    {
        foreach (var record in records)
            Append(new(record, changedAt(record)));
        log.Sort((a, b) => a.At.CompareTo(b.At));
        for (var slot = 0; slot < log.Count; slot++)
            log[slot].Record.IndexSlot = slot;
    }

    /// <summary>Takes in every change up to that time.</summary>
    public void CatchUp(long horizon)
    {
        while (waiting.TryPeek(out var change) && change.At <= horizon)
        {
            waiting.Dequeue();
            if (!change.Record.Gone)
                Append(change);
        }
        if (log.Count > 1024 + (2 * live))
            Compact();
    }

    public void Remove(HubSpotRecord record)
    {
        if (record.IndexSlot >= 0)
            live--;
        record.IndexSlot = -1;
        record.IndexedAt = -1;
    }

    /// <summary>The first place whose change is not older than that time.</summary>
    public int FirstAt(long time)
    {
        int low = 0, high = log.Count;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (log[middle].At < time)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private void Append(Entry entry)
    {
        if (entry.Record.IndexSlot < 0)
            live++;
        entry.Record.IndexSlot = log.Count;
        entry.Record.IndexedAt = entry.At;
        log.Add(entry);
    }

    private void Compact()
    {
        log = [.. log.Where((entry, slot) => entry.IsCurrent(slot))];
        for (var slot = 0; slot < log.Count; slot++)
            log[slot].Record.IndexSlot = slot;
    }
}
