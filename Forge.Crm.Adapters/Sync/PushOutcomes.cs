using System.Net;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.Sync;

/// <summary>What becomes of claimed rows; pure.</summary>
internal static class PushOutcomes
{
    /// <summary>A row that was claimed this often without an end has killed its workers.</summary>
    public const int MaxAttempts = 10;

    /// <summary>So often a record that is not there any more is tried: its deletion is on the way, and ends the push.</summary>
    private const int MaxAbsent = 4;

    public static PushOutcome Done(QueuedPush row) => new(row, PushStatus.Done);

    public static PushOutcome Failed(QueuedPush row, string reason) => new(row, PushStatus.Failed, reason, Attempts: row.Attempts);

    public static PushOutcome Absent(QueuedPush row, DateTimeOffset now) => row.Attempts >= MaxAbsent
        ? Failed(row, "the platform has no such record any more, and has not told of its deletion")
        : new(row, PushStatus.Pending, "the platform has no such record", now + Backoff(row.Attempts), row.Attempts);

    /// <summary>Looked at again, edit and all.</summary>
    public static PushOutcome Moved(QueuedPush row, DateTimeOffset now) =>
        new(row, PushStatus.Pending, "the record was changed there in the meantime", now + Backoff(row.Attempts), row.Attempts);

    /// <summary>A creation that is under way, or in doubt, has to be over first.</summary>
    public static PushOutcome Waits(QueuedPush row, DateTimeOffset now) =>
        new(row, PushStatus.Pending, "what it was merged into is being created there", now + Backoff(row.Attempts), row.Attempts);

    /// <summary>Something is wrong with one of several rows, and it is not known with which: each is tried alone.</summary>
    public static PushOutcome Alone(QueuedPush row, string reason, bool isAlone) => isAlone
        ? Failed(row, reason)
        : new(row, PushStatus.Pending, reason, Attempts: Math.Max(row.Attempts, 2));

    /// <summary>A call failed as a whole. An outage is not the record's fault, however long it lasts: no row fails by it.</summary>
    public static PushOutcome PutOff(QueuedPush row, CrmCallException e, bool isAlone, DateTimeOffset now)
    {
        if (!e.IsTransient && !e.IsUnauthorized)
            return Alone(row, e.Message, isAlone);
        var isCounted = e.Status is not (HttpStatusCode.TooManyRequests or HttpStatusCode.Unauthorized);
        var wait = Backoff(row.Attempts) is var backoff && backoff > e.RetryAfter ? backoff : e.RetryAfter ?? backoff;
        return new(row, PushStatus.Pending, e.Message, now + wait, isCounted ? Math.Min(row.Attempts, MaxAttempts - 1) : row.Attempts - 1);
    }

    /// <summary>
    /// How long the whole lane rests after a failed call; null where the next rows may be tried. What fails for several rows at once would fail
    /// for all that wait behind them; one row that fails alone may be the one that the platform cannot take; and what jobs queued may have used up
    /// its part of the day while there is more for what people do.
    /// </summary>
    public static DateTimeOffset? RestUntil(IReadOnlyCollection<PushOutcome> putOff, CrmCallException e, bool isAlone) =>
        !(e.DayEnds is not null && putOff.All(outcome => outcome.Push.IsBulk)) && e.IsTransient && (!isAlone || e.Status == HttpStatusCode.TooManyRequests) ? putOff.Min(outcome => outcome.RetryAt) : null;

    private static TimeSpan Backoff(int attempts) => TimeSpan.FromSeconds(Math.Min(300, Math.Pow(2, attempts - 1)));
}
