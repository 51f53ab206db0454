using System.Collections.Concurrent;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Sync;

/// <summary>What a page of a dry run's last phase came to.</summary>
internal sealed record QueuedPage(IReadOnlyList<PushDue> Pushes, SyncCursor Cursor, bool IsLast);

/// <summary>What the steps of a dry run do otherwise than those of a real job, besides keeping nothing.</summary>
internal sealed class DryRuns(PlatformSessions sessions, PlanStore plans, RecordStore store)
{
    private const int PageSize = 500;

    // Of the last dry run of a platform. Lost with the process; a worker that has not heard of them asks the platform again, and gives new owners and stages other ids.
    private readonly ConcurrentDictionary<(TenantId, Platform), (Guid Job, Lookups Lookups)> _learned = [];

    /// <summary>The session for a step: with the platforms that would be pushed to, and with what earlier steps have learned.</summary>
    public async Task<PlatformSession> OpenAsync(SyncJob job, PlatformSession session, CallLane lane, CancellationToken ct)
    {
        var targets = new List<PlatformSession>();
        foreach (var target in session.Policy.Targets)
        {
            if ((target.Platform == session.Platform ? session : await sessions.OpenAsync(job.Tenant, target.Platform, lane, ct)) is { Writer: not null } open)
                targets.Add(open);
        }

        var run = new DryRun(job.Tenant, job.Id, [.. targets], plans) { Learned = lookups => _learned[(job.Tenant, job.Platform)] = (job.Id, lookups) };
        return session.Rehearsing(run, _learned.TryGetValue((job.Tenant, job.Platform), out var learned) && learned.Job == job.Id ? learned.Lookups : null);
    }

    /// <summary>Of what a page misses, what an earlier page would have deleted is not missing.</summary>
    public static async Task<StepPage> ShownAsync(SyncJob job, DryRun run, StepPage page, CancellationToken ct)
    {
        if (page.Missing.Count == 0)
            return page;
        var kind = job.Cursor.Kind!.Value;
        var planned = await run.Plans.KnownAsync(run, [.. page.Missing.Select(id => new RemoteRef(kind, id))], ct);
        return page with { Missing = [.. page.Missing.Where(id => !planned.Contains(new(kind, id)))] };
    }

    /// <summary>The next pushes that wait already and that no page has looked at.</summary>
    public static async Task<QueuedPage> QueuedAsync(SyncJob job, DryRun run, CancellationToken ct)
    {
        var pushes = await run.Plans.WaitingAsync(run, job.Kinds, Position(job.Cursor.After), PageSize, ct);
        return new(pushes, job.Cursor with { After = pushes.Count == 0 ? null : Text(pushes[^1]) }, pushes.Count < PageSize);
    }

    /// <param name="end">Of the transaction that notes what they come to.</param>
    public Task NoteAsync(DryRun run, IReadOnlyList<PushDue> pushes, IEnumerable<NpgsqlBatchCommand> end, CancellationToken ct) => store.RehearsePushesAsync(run, pushes, end, ct);

    private static string Text(PushDue push) => $"{push.Platform.ToName()} {push.Kind.ToName()} {push.RecordId}";

    private static PushDue? Position(string? after) => after?.Split(' ') is [var platform, var kind, var id]
        ? new(Names.Parse<Platform>(platform), Names.Parse<RecordKind>(kind), Guid.Parse(id))
        : null;
}
