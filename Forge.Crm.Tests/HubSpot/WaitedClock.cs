using Microsoft.Extensions.Time.Testing;

namespace Forge.Crm.Tests.HubSpot;

/// <summary>A clock that stands still until somebody waits for it, and then moves on to the first moment that somebody waits for.</summary>
/// <param name="limit">
/// Of an attempt. A timer of that length guards work that goes on: it is let run out only after a real while in which nothing else happened.
/// </param>
internal sealed class WaitedClock(DateTimeOffset start, TimeSpan limit) : FakeTimeProvider(start)
{
    private static readonly TimeSpan RealWhile = TimeSpan.FromMilliseconds(400);
    private readonly Dictionary<ITimer, (DateTimeOffset At, bool IsLimit)> _due = [];
    private readonly Lock _lock = new();

    /// <summary>Hears of every move, before it is made: for what has a clock of its own.</summary>
    public Action<TimeSpan> Jumped { get; init; } = _ => { };

    public void Jump(TimeSpan time)
    {
        Jumped(time);
        Advance(time);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Tracked(this, base.CreateTimer(callback, state, dueTime, period));
        Track(timer, dueTime);
        return timer;
    }

    public async Task<T> RunAsync<T>(Task<T> call)
    {
        var started = TimeProvider.System.GetTimestamp();
        ITimer? last = null;
        var since = started;
        while (!call.IsCompleted)
        {
            TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(60));
            await Task.WhenAny(call, Task.Delay(1));
            if (call.IsCompleted || Next() is not var (timer, wait, isLimit))
                continue;
            if (timer != last)
                (last, since) = (timer, TimeProvider.System.GetTimestamp());
            if (!isLimit || TimeProvider.System.GetElapsedTime(since) > RealWhile)
                Jump(wait);
        }

        return await call;
    }

    /// <summary>Runs work that waits for nothing but this clock, on one thread: the clock moves only when nothing else is left to do.</summary>
    public void RunAlone(Func<Task> work)
    {
        var before = SynchronizationContext.Current;
        var turns = new Turns();
        SynchronizationContext.SetSynchronizationContext(turns);
        try
        {
            var task = work();
            while (true)
            {
                turns.Drain();
                if (task.IsCompleted)
                    break;
                Jump((Next() ?? throw new InvalidOperationException("Nobody waits for the clock.")).Wait);
            }

            task.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private (ITimer Timer, TimeSpan Wait, bool IsLimit)? Next()
    {
        lock (_lock)
        {
            var now = GetUtcNow();
            var ahead = _due.Where(row => row.Value.At > now).ToList();
            return ahead.Count == 0 ? null : ahead.MinBy(row => row.Value.At) is var next ? (next.Key, next.Value.At - now, next.Value.IsLimit) : null;
        }
    }

    private void Track(ITimer timer, TimeSpan? dueTime)
    {
        lock (_lock)
        {
            if (dueTime is { } wait && wait >= TimeSpan.Zero)
                _due[timer] = (GetUtcNow() + wait, wait == limit);
            else
                _due.Remove(timer);
        }
    }

    private sealed class Turns : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback Turn, object? State)> _due = [];

        public override void Post(SendOrPostCallback d, object? state) => _due.Enqueue((d, state));

        public void Drain()
        {
            while (_due.TryDequeue(out var next))
                next.Turn(next.State);
        }
    }

    private sealed class Tracked(WaitedClock clock, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.Track(this, dueTime);
            return timer.Change(dueTime, period);
        }

        public void Dispose()
        {
            clock.Track(this, null);
            timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            clock.Track(this, null);
            return timer.DisposeAsync();
        }
    }
}
