namespace Forge.Crm.Adapters.Http;

/// <summary>
/// Counts the calls of a piece of work, whoever makes them on its behalf: each attempt counts, as it does for the platform. It follows the
/// work's own flow, so that two pieces side by side do not count each other's.
/// </summary>
internal sealed class CallCount
{
    private static readonly AsyncLocal<CallCount?> Counting = new();

    private long _calls;

    public long Calls => Interlocked.Read(ref _calls);

    /// <summary>From here on, until the method that asked for it returns.</summary>
    public static CallCount Begin() => Counting.Value = new();

    public static void Add()
    {
        if (Counting.Value is { } count)
            Interlocked.Increment(ref count._calls);
    }

    /// <summary>Of the work under way; 0 where nobody counts.</summary>
    public static long SoFar => Counting.Value?.Calls ?? 0;
}
