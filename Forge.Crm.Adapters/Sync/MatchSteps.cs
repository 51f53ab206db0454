using System.Collections.Immutable;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Sync;

/// <param name="Page">What was counted, and where the phase goes on.</param>
/// <param name="Commands">Of the step's transaction.</param>
internal sealed record MatchStep(StepPage Page, IReadOnlyList<NpgsqlBatchCommand> Commands)
{
    /// <summary>Records that could not be mapped: they are in no plan.</summary>
    public IReadOnlyList<Applied> Refused { get; init; } = [];

    /// <summary>The platform is open from this step on.</summary>
    public bool IsSettled { get; init; }
}

/// <summary>
/// The steps of a match, and those that turn an approved plan into links and offers. Each reads a page and gives back what belongs into its
/// transaction; none writes a record, here or there.
/// </summary>
internal sealed class MatchSteps(MatchStore store, RecordStore records)
{
    private const int ClearSize = 5_000;

    /// <summary>Whether a step of the job is one of these.</summary>
    public static bool IsFor(SyncJob job) => job.Mode == SyncMode.Match || job.Cursor.Phase is SyncPhase.Plan or SyncPhase.Offer;

    public Task<MatchStep> RunAsync(SyncJob job, PlatformSession session, CancellationToken ct) => job.Cursor.Phase switch
    {
        SyncPhase.Clear => ClearAsync(job, session, ct),
        SyncPhase.List => ThereAsync(job, session, ct),
        SyncPhase.Here => HereAsync(job, session, ct),
        SyncPhase.Judge => JudgeAsync(job, session, ct),
        SyncPhase.Plan => PlanAsync(job, session, ct),
        SyncPhase.Offer => OfferAsync(job, session, ct),
        _ => throw new InvalidOperationException($"The phase {job.Cursor.Phase} is none of a match."),
    };

    private async Task<MatchStep> ClearAsync(SyncJob job, PlatformSession session, CancellationToken ct)
    {
        var size = await store.SizeAsync(session, ClearSize + 1, ct);
        return new(new([], 0, job.Cursor, size <= ClearSize), [.. MatchStore.Clear(session, ClearSize)]);
    }

    private async Task<MatchStep> ThereAsync(SyncJob job, PlatformSession session, CancellationToken ct)
    {
        var (cursor, kind) = (job.Cursor, job.Cursor.Kind!.Value);
        var (shown, after) = await PageReader.PagesAsync(cursor, session.Account, archived: false, ct);
        var known = (await records.KnownAsync(job.Tenant, job.Platform, [.. shown.Select(snapshot => snapshot.Ref)], ct)).ToHashSet();
        RemoteSnapshot[] unlinked = [.. shown.Where(snapshot => !known.Contains(snapshot.Ref))];
        var companies = kind == RemoteKind.Deal && session.Config.DealMatch.Parts.Contains(DealRule.Company)
            ? await store.CompaniesThereAsync(session, [.. unlinked.Select(CompanyOf).OfType<string>().Distinct()], ct)
            : [];
        var (items, refused) = (new List<MatchItem>(), new List<Applied>());
        foreach (var snapshot in unlinked)
        {
            try
            {
                var record = SnapshotReader.Read(snapshot, session.MapperOf(kind), session.Platform, [], session.Lookups);
                var company = CompanyOf(snapshot) is { } id && companies.TryGetValue(id, out var hub) ? hub : (Guid?)null;
                items.Add(MatchItem.There(record, session.ShapeOf(kind.ToRecordKind()), session.Config.DealMatch, company));
            }
            catch (FormatException e)
            {
                refused.Add(new(Observation.Of(snapshot, new(CauseKind.Job, job.Id.ToString())), new(ChangeOutcome.Failed, null, e.Message)));
            }
        }

        return new(
            new([], shown.Count, cursor with { After = after }, after is null), [.. MatchStore.Insert(session, kind.ToRecordKind(), items)])
        {
            Refused = refused,
        };
    }

    // The one company, or the primary of several; of others nobody can tell which is meant.
    private static string? CompanyOf(RemoteSnapshot deal)
    {
        var companies = deal.Associations.IsDefaultOrEmpty
            ? []
            : deal.Associations.Where(shown => shown.ToKind == RemoteKind.Company).SelectMany(shown => shown.To).DistinctBy(to => to.ToId).ToList();
        return companies is [var only] ? only.ToId : companies.Where(to => to.IsPrimary).ToList() is [var primary] ? primary.ToId : null;
    }

    private async Task<MatchStep> HereAsync(SyncJob job, PlatformSession session, CancellationToken ct)
    {
        var (cursor, kind) = (job.Cursor, job.Cursor.Kind!.Value.ToRecordKind());
        var held = await store.UnlinkedAsync(session, kind, After(cursor), PageReader.StepSize, ct);
        var companies = kind == RecordKind.Deal && session.Config.DealMatch.Parts.Contains(DealRule.Company)
            ? await store.CompaniesHereAsync(session, held.Select(record => record.Id), ct)
            : [];
        var items = held.Select(record => MatchItem.Here(
            record, session.KindOf(record) ?? cursor.Kind!.Value, session.ShapeOf(kind), session.Config.DealMatch,
            companies.TryGetValue(record.Id, out var company) ? company : null));
        return new(
            new([], held.Count, At(cursor, held.LastOrDefault()?.Id), held.Count < PageReader.StepSize) { NewTotal = held.Count },
            [.. MatchStore.Insert(session, kind, items)]);
    }

    private async Task<MatchStep> JudgeAsync(SyncJob job, PlatformSession session, CancellationToken ct)
    {
        var (cursor, kind) = (job.Cursor, job.Cursor.Kind!.Value.ToRecordKind());
        var page = await store.PageAsync(session, kind, After(cursor), PageReader.StepSize, ct);
        var found = await store.NeighboursAsync(session, kind, [.. page.Select(item => item.Id)], ct);
        var mates = found.Values.Select(f => f.Neighbours.OnlyMate).OfType<Guid>().Where(id => !found.ContainsKey(id)).ToHashSet();
        foreach (var (id, neighbours) in await store.NeighboursAsync(session, kind, mates, ct))
            found[id] = neighbours;
        MatchNeighbours Of(Guid id) => found.TryGetValue(id, out var known) ? known.Neighbours : MatchNeighbours.None;
        var verdicts = page.Select(item => new MatchVerdict(
            item.Id, MatchRule.Of(item.Side, Of(item.Id), Of),
            found.GetValueOrDefault(item.Id)?.SharedKey is { } key ? key[..key.IndexOf(':', StringComparison.Ordinal)] : null, Of(item.Id)));
        return new(
            new([], 0, At(cursor, page.Count == 0 ? null : page[^1].Id), page.Count < PageReader.StepSize),
            page.Count == 0 ? [] : [MatchStore.Judge(session, kind, [.. verdicts])]);
    }

    private async Task<MatchStep> PlanAsync(SyncJob job, PlatformSession session, CancellationToken ct)
    {
        var (kind, ids, page) = await WalkAsync(job, session, ct);
        NpgsqlBatchCommand[] links = [MatchStore.Links(job.Tenant, job.Platform, kind, ids, session.Config.ChoiceOf(kind))];
        return new(page, page.IsPhaseDone ? [.. links, MatchStore.Settled(session)] : links) { IsSettled = page.IsPhaseDone };
    }

    private async Task<MatchStep> OfferAsync(SyncJob job, PlatformSession session, CancellationToken ct)
    {
        var (kind, ids, page) = await WalkAsync(job, session, ct);
        var commands = new List<NpgsqlBatchCommand> { MatchStore.Offers(job.Tenant, job.Platform, kind, ids, session.Config.ChoiceOf(kind), job.Id.ToString()) };
        foreach (var unseen in (await store.UnseenAsync(session, kind, ids, ct)).GroupBy(reference => reference.Kind))
        {
            // Not read, or deleted since the plan was made: only the platform can tell.
            string[] asked = [.. unseen.Select(reference => reference.Id)];
            var gone = PageReader.Missing(asked, await session.Account.ReadAsync(unseen.Key, asked, withHistory: false, ct));
            if (gone.Count > 0)
                commands.Add(MatchStore.Gone(session, unseen.Key, gone));
        }

        return new(page, commands);
    }

    /// <summary>A page of the items of all kinds of the job, one kind after the other, companies before who is created with them: <c>contact:id</c> is where it goes on.</summary>
    private async Task<(RecordKind Kind, IReadOnlyList<Guid> Ids, StepPage Page)> WalkAsync(SyncJob job, PlatformSession session, CancellationToken ct)
    {
        ImmutableArray<RecordKind> kinds = [.. RecordKinds.InOrder.Where(job.Kinds.Contains)];
        var at = job.Cursor.After?.Split(':');
        var (kind, after) = at is null ? (kinds[0], Guid.Empty) : (Names.Parse<RecordKind>(at[0]), Guid.Parse(at[1]));
        Guid[] ids = [.. (await store.PageAsync(session, kind, after, PageReader.StepSize, ct)).Select(item => item.Id)];
        var isKindDone = ids.Length < PageReader.StepSize;
        var isDone = isKindDone && kind == kinds[^1];
        var (nextKind, nextAfter) = isDone ? (kind, Guid.Empty) : isKindDone ? (kinds[kinds.IndexOf(kind) + 1], Guid.Empty) : (kind, ids[^1]);
        return (kind, ids, new([], 0, job.Cursor with { After = $"{nextKind.ToName()}:{nextAfter}" }, isDone));
    }

    private static Guid After(SyncCursor cursor) => cursor.After is { } id ? Guid.Parse(id) : Guid.Empty;

    private static SyncCursor At(SyncCursor cursor, Guid? last) => last is { } id ? cursor with { After = id.ToString() } : cursor;
}
