namespace Forge.Crm.LocalAzure.Bus;

/// <summary>
/// Wakes everybody who waits for a queue. Take <see cref="Next"/> before looking into the queue and wait for it after: then nothing that came in
/// between is missed.
/// </summary>
internal sealed class QueueSignal
{
    private TaskCompletionSource next = NewSource();

    public Task Next => Volatile.Read(ref next).Task;

    public void Set() => Interlocked.Exchange(ref next, NewSource()).TrySetResult();

    /// <summary>Returns when woken, after the time, or when cancelled, all without an exception.</summary>
    public static async Task WaitAsync(Task wake, TimeSpan atMost, CancellationToken ct)
    {
        if (atMost > TimeSpan.Zero)
            await wake.WaitAsync(atMost, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
