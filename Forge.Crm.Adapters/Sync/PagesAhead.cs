using System.Collections.Concurrent;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.Sync;

/// <summary>
/// Reads the next page of a listing while the present one is written: the platform's answers and our database take about as long as each
/// other. It is one step ahead, in this process: a step that runs elsewhere, or much later, reads its page itself, and that read was in vain.
/// </summary>
internal sealed class PagesAhead(PageReader pages, TimeProvider clock)
{
    // What is read is as old as its request says, and is applied as that; but nobody is to hold what will not be asked for.
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Guid, Ahead> _ahead = [];

    private sealed record Ahead(long Step, SyncCursor Cursor, Task<StepPage> Page, long At);

    public Task<StepPage> ReadAsync(SyncJob job, ICrmAccount account, CancellationToken ct) =>
        _ahead.TryRemove(job.Id, out var ahead) && IsFor(ahead, job) ? ahead.Page.WaitAsync(ct) : pages.ReadAsync(job, account, ct);

    /// <param name="page">Of the job's step, which is about to be written.</param>
    public void Begin(SyncJob job, StepPage page, ICrmAccount account)
    {
        foreach (var (id, _) in _ahead.Where(held => IsOld(held.Value)))
            _ahead.TryRemove(id, out _);
        // Other ways depend on what the present page writes.
        if (job is not { Mode: SyncMode.Initial, Cursor.Phase: SyncPhase.List } || page.IsPhaseDone)
            return;
        var next = job with { Step = job.Step + 1, Cursor = page.Cursor };
        _ahead[job.Id] = new(next.Step, next.Cursor, pages.ReadAsync(next, account, CancellationToken.None), clock.GetTimestamp());
    }

    private bool IsFor(Ahead ahead, SyncJob job) =>
        !IsOld(ahead) && ahead.Step == job.Step
        && (ahead.Cursor.Kind, ahead.Cursor.Phase, ahead.Cursor.After) == (job.Cursor.Kind, job.Cursor.Phase, job.Cursor.After);

    private bool IsOld(Ahead ahead) => clock.GetElapsedTime(ahead.At) > Kept;
}
