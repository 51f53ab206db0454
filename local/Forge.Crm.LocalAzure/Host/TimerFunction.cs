using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>A function with a timer trigger. It never overlaps itself in a process; an occurrence that falls into a run is skipped, as in Functions.</summary>
internal sealed partial class TimerFunction(
    FunctionMethod function, TimerSchedule schedule, IServiceScopeFactory scopes, TimeProvider clock, DrainToken drain, ILogger logger) : IDisposable
{
    // Task.Delay takes 49 days at most; and a long wait that is cut up notices a clock that was set.
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim running = new(1, 1);
    private DateTimeOffset lastOccurrence;

    public string Name => function.Name;

    public async Task LoopAsync(CancellationToken stopping)
    {
        if (((TimerTriggerAttribute)function.Trigger).RunOnStartup)
            await TryRunAsync(isPastDue: false, stopping);
        while (!stopping.IsCancellationRequested)
        {
            var due = schedule.Next(clock.GetUtcNow());
            await WaitUntilAsync(due, stopping);
            if (stopping.IsCancellationRequested)
                return;
            // Late by a whole period: the machine slept, or the process did.
            await TryRunAsync(isPastDue: clock.GetUtcNow() >= schedule.Next(due), stopping);
            lastOccurrence = due;
        }
    }

    /// <summary>Runs it once, after the run that may be under way; the function's exception is the caller's.</summary>
    public async Task RunAsync(bool isPastDue, CancellationToken ct)
    {
        await running.WaitAsync(ct);
        try
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, drain.Token);
            await using var scope = scopes.CreateAsyncScope();
            await function.InvokeAsync(new Invocation(function, scope.ServiceProvider, both.Token).With(Info(isPastDue)));
        }
        finally
        {
            running.Release();
        }
    }

    public void Dispose() => running.Dispose();

    private async Task TryRunAsync(bool isPastDue, CancellationToken stopping)
    {
        try
        {
            if (!stopping.IsCancellationRequested)
                await RunAsync(isPastDue, CancellationToken.None);
        }
#pragma warning disable CA1031 // Whatever a function throws, its timer goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failed(logger, function.Name, e);
        }
    }

    private async Task WaitUntilAsync(DateTimeOffset due, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested && due - clock.GetUtcNow() is { Ticks: > 0 } left)
            await Task.Delay(left < LongestWait ? left : LongestWait, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private TimerInfo Info(bool isPastDue)
    {
        var now = clock.GetUtcNow();
        return new TimerInfo
        {
            IsPastDue = isPastDue,
            ScheduleStatus = new ScheduleStatus
            {
                Last = lastOccurrence.UtcDateTime,
                Next = schedule.Next(now).UtcDateTime,
                LastUpdated = now.UtcDateTime,
            },
        };
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The timer function {Function} failed; its timer goes on.")]
    private static partial void Failed(ILogger logger, string function, Exception error);
}
