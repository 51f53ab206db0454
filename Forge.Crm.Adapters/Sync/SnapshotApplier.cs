using System.Collections.Immutable;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Sync;

/// <summary>Commands that belong into the transactions of a batch.</summary>
/// <param name="Part">For the observations that one transaction applied.</param>
/// <param name="End">For the last transaction: all observations of the batch, what was refused included.</param>
internal sealed record BatchTail(
    Func<IReadOnlyList<Applied>, IEnumerable<NpgsqlBatchCommand>> Part, Func<IReadOnlyList<Applied>, IEnumerable<NpgsqlBatchCommand>> End)
{
    public static readonly BatchTail None = new(_ => [], _ => []);
}

/// <summary>
/// Applies observations of a platform's records, whoever made them (webhooks, sync pages, the API): map, plan, write. What the mapping or the
/// database refuses is set aside alone; its neighbours apply.
/// </summary>
internal sealed class SnapshotApplier(RecordStore store, LookupStore lookups)
{
    /// <returns>One result an observation, in no particular order.</returns>
    public async Task<IReadOnlyList<Applied>> ApplyAsync(
        PlatformSession session, IReadOnlyList<Observation> observations, BatchTail tail, CancellationToken ct)
    {
        if (session.DryRun is { } run)
            observations = await NewAsync(run, observations, ct);
        var (changes, refused) = await MapAsync(session, observations, ct);
        await AddUnknownNeighboursAsync(session, changes, ct);
        var asked = new List<Mapped>();
        var done = new List<Applied>(refused);
        await ApplyPartAsync(session, changes, asked, done, tail, isLast: true, ct);
        if (asked.Count == 0)
            return done;
        // Both sides changed and only property history says when: it costs a call for each fifty records, so it is asked for these alone.
        var again = await WithHistoryAsync(session, asked, ct);
        done.RemoveAll(applied => applied.Result.Outcome == ChangeOutcome.NeedsHistory);
        done.AddRange(again.Refused);
        await ApplyPartAsync(session, again.Changes, [], done, tail, isLast: true, ct);
        return done;
    }

    // What a page of before has planned is not in the hub, and must not be planned a second time.
    private static async Task<IReadOnlyList<Observation>> NewAsync(DryRun run, IReadOnlyList<Observation> observations, CancellationToken ct)
    {
        var known = await run.Plans.KnownAsync(run, [.. observations.Select(seen => seen.Ref)], ct);
        return [.. observations.Where(seen => !known.Contains(seen.Ref))];
    }

    private async Task ApplyPartAsync(
        PlatformSession session, IReadOnlyList<Mapped> part, List<Mapped> asked, List<Applied> done, BatchTail tail, bool isLast, CancellationToken ct)
    {
        var applied = Array.Empty<Applied>();
        IEnumerable<NpgsqlBatchCommand> Also(BatchPlan plan)
        {
            applied = [.. part.Select((mapped, i) => new Applied(mapped.Observation, plan.Results[i]))];
            var settled = applied.Where(a => a.Result.Outcome != ChangeOutcome.NeedsHistory).ToList();
            var isEnd = isLast && asked.Count == 0 && settled.Count == applied.Length;
            return [.. tail.Part(settled), .. isEnd ? tail.End([.. done.Where(a => a.Result.Outcome != ChangeOutcome.NeedsHistory), .. settled]) : []];
        }

        try
        {
            await store.ApplyAsync(session.Tenant, session.Policy, session.ShapeOf, [.. part.Select(m => m.Change)], Also, ct, session.DryRun);
        }
        catch (PostgresException e) when (IsRefusal(e) && part.Count > 1)
        {
            var half = part.Count / 2;
            await ApplyPartAsync(session, [.. part.Take(half)], asked, done, tail, isLast: false, ct);
            await ApplyPartAsync(session, [.. part.Skip(half)], asked, done, tail, isLast, ct);
            return;
        }
        catch (PostgresException e) when (IsRefusal(e) && part.Count == 1)
        {
            done.Add(new(part[0].Observation, new(ChangeOutcome.Failed, null, $"the database refuses the record: {e.SqlState} {e.ColumnName ?? e.ConstraintName}")));
            await ApplyPartAsync(session, [], asked, done, tail, isLast, ct);
            return;
        }

        done.AddRange(applied);
        asked.AddRange(part.Where((_, i) => applied[i].Result.Outcome == ChangeOutcome.NeedsHistory));
    }

    // Class 22: data; 23: constraints; 54: limits. Anything else (connection, shutdown, privileges) is not the record's fault.
    private static bool IsRefusal(PostgresException e) => e.SqlState[..2] is "22" or "23" or "54";

    private async Task<(List<Mapped> Changes, List<Applied> Refused)> MapAsync(
        PlatformSession session, IReadOnlyList<Observation> observations, CancellationToken ct)
    {
        var mapped = Map(session, observations, session.Lookups);
        if (!session.Lookups.HasMissing)
            return mapped;
        session.Learn(await lookups.RefreshAsync(session.Tenant, session.Platform, session.Lookups, session.Account, ct, session.DryRun is not null));
        return Map(session, observations, session.Lookups);
    }

    private static (List<Mapped> Changes, List<Applied> Refused) Map(
        PlatformSession session, IReadOnlyList<Observation> observations, Lookups lookups)
    {
        var (changes, refused) = (new List<Mapped>(observations.Count), new List<Applied>());
        foreach (var observation in observations)
        {
            try
            {
                changes.Add(new(observation, Change(session, observation, lookups)));
            }
            catch (FormatException e)
            {
                refused.Add(new(observation, new(ChangeOutcome.Failed, null, e.Message)));
            }
        }

        return (changes, refused);
    }

    private static RemoteChange Change(PlatformSession session, Observation seen, Lookups lookups) => new(
        seen.Ref,
        seen.Snapshot is { } snapshot
            ? SnapshotReader.Read(snapshot, session.MapperOf(seen.Ref.Kind), session.Platform, seen.Events, lookups)
            : null,
        seen.Lifecycle, seen.MergedIds, seen.Associations, seen.Cause,
        CanAskHistory: session.Policy.TakesIn && session.Account.KeepsHistory && seen is { Snapshot: { History: null, ArchivedAt: null }, OwnWrite: not OwnWrite.Answer })
    {
        Told = SnapshotReader.Told(seen.Snapshot, session.MapperOf(seen.Ref.Kind), session.Platform, seen.Events, lookups),
        OwnWrite = seen.OwnWrite,
        MergedAt = seen.MergedAt,
        HeardAt = seen.HeardAt,
        IsLast = seen.IsLast,
    };

    /// <summary>
    /// An association may lead to a record that the hub does not have yet (created in between, its own event still on the way): it is read
    /// and applied in the same batch, or the association would be lost.
    /// </summary>
    private async Task AddUnknownNeighboursAsync(PlatformSession session, List<Mapped> changes, CancellationToken ct)
    {
        if (!session.Policy.TakesIn)
            return;
        var here = changes.Select(m => m.Change.Ref).ToHashSet();
        var targets = changes
            .SelectMany(m => m.Change.Associations.IsDefault ? [] : m.Change.Associations)
            .SelectMany(shown => shown.To.Select(to => new RemoteRef(shown.ToKind, to.ToId)))
            .Where(target => !here.Contains(target) && session.Config.Kinds.Contains(target.Kind.ToRecordKind()))
            .ToHashSet();
        if (targets.Count == 0)
            return;
        targets.ExceptWith(await store.KnownAsync(session.Tenant, session.Platform, targets, ct));
        if (session.DryRun is { } run)
            targets.ExceptWith(await run.Plans.KnownAsync(run, targets, ct));
        foreach (var kind in targets.GroupBy(target => target.Kind).OrderBy(group => group.Key))
        {
            var cause = changes[0].Observation.Cause;
            var snapshots = await session.Account.ReadAsync(kind.Key, [.. kind.Select(target => target.Id)], withHistory: false, ct);
            var neighbours = await MapAsync(session, [.. snapshots.Select(s => Observation.Of(s with { Associations = [] }, cause))], ct);
            changes.AddRange(neighbours.Changes);
        }
    }

    private static async Task<(List<Mapped> Changes, List<Applied> Refused)> WithHistoryAsync(
        PlatformSession session, IReadOnlyList<Mapped> asked, CancellationToken ct)
    {
        var read = new Dictionary<RemoteRef, RemoteSnapshot>();
        foreach (var kind in asked.GroupBy(m => m.Change.Ref.Kind))
        {
            foreach (var snapshot in await session.Account.ReadAsync(kind.Key, [.. kind.Select(m => m.Change.Ref.Id)], withHistory: true, ct))
                read[snapshot.Ref] = snapshot;
        }

        // A record that is gone by now is planned as before, by the record's own time: the deletion has its own event.
        var observations = asked.Select(m => m.Observation with
        {
            Snapshot = read.GetValueOrDefault(m.Change.Ref) is { } snapshot
                ? snapshot with { History = snapshot.History ?? ImmutableDictionary<string, ImmutableArray<PropertyVersion>>.Empty }
                : m.Observation.Snapshot! with { History = ImmutableDictionary<string, ImmutableArray<PropertyVersion>>.Empty },
        });
        return Map(session, [.. observations], session.Lookups);
    }

    private sealed record Mapped(Observation Observation, RemoteChange Change);
}
