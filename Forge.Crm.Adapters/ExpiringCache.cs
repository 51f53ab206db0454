using System.Collections.Concurrent;

namespace Forge.Crm.Adapters;

/// <summary>Answers kept for a while. Callers that ask for one key at the same time share one look-up; a failed one is not kept.</summary>
internal sealed class ExpiringCache<TKey, TValue>(TimeSpan keptFor, int capacity, TimeProvider clock)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Entry> _entries = new();

    /// <param name="load">Gets no token: those who wait for it may leave, it may not.</param>
    public async Task<TValue> GetAsync(TKey key, Func<TKey, Task<TValue>> load, CancellationToken ct)
    {
        var now = clock.GetTimestamp();
        if (!_entries.TryGetValue(key, out var entry) || clock.GetElapsedTime(entry.Since, now) >= keptFor)
        {
            MakeRoom();
            var fresh = new Entry(now, new(() => load(key)));
            entry = entry is null ? _entries.GetOrAdd(key, fresh) : Replace(key, entry, fresh);
        }
        try
        {
            return await entry.Answer.Value.WaitAsync(ct);
        }
        catch when (entry.Answer.Value is { IsFaulted: true } or { IsCanceled: true })
        {
            _entries.TryRemove(new(key, entry));
            throw;
        }
    }

    public void Forget(TKey key) => _entries.TryRemove(key, out _);

    private Entry Replace(TKey key, Entry old, Entry fresh) => _entries.TryUpdate(key, fresh, old) ? fresh : _entries.GetOrAdd(key, fresh);

    // Keys come from outside: without a bound, a stranger who tries many of them would fill the memory.
    private void MakeRoom()
    {
        if (_entries.Count < capacity)
            return;
        var now = clock.GetTimestamp();
        foreach (var (key, entry) in _entries)
        {
            if (clock.GetElapsedTime(entry.Since, now) >= keptFor)
                _entries.TryRemove(new(key, entry));
        }
        if (_entries.Count >= capacity)
            _entries.Clear();
    }

    private sealed record Entry(long Since, Lazy<Task<TValue>> Answer);
}
