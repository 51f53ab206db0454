using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Sync;

/// <param name="Id">Of the plan's item: the hub record's id, or the one that the plan gave to the platform's.</param>
/// <param name="With">For <see cref="MatchDecision.Join"/>: the record of the other side, by the id of its item.</param>
public sealed record DecidedItem(Guid Id, MatchDecision Decision, Guid? With = null);

/// <summary>A person's decisions of what records of the match plan belong to.</summary>
public sealed class MatchResolutions
{
    private readonly TenantDatabase _database;
    private readonly PlatformSessions _sessions;
    private readonly SnapshotApplier _applier;

    internal MatchResolutions(TenantDatabase database, PlatformSessions sessions, SnapshotApplier applier) =>
        (_database, _sessions, _applier) = (database, sessions, applier);

    /// <summary>
    /// Before the plan is settled a decision goes with it; afterwards it takes effect at once: the platform's record is read and applied, or
    /// the hub's is queued for the platform.
    /// </summary>
    /// <param name="decided">Each is taken, or not, by itself, in this order: what one joins the next may not.</param>
    /// <returns>An answer to each, in their order.</returns>
    public async Task<IReadOnlyList<MatchAnswer>> ResolveAsync(
        TenantId tenant, Platform platform, IReadOnlyList<DecidedItem> decided, string person, CancellationToken ct)
    {
        var answers = new List<MatchAnswer>(decided.Count);
        var there = new List<RemoteRef>();
        foreach (var item in decided)
        {
            await using var transaction = await _database.BeginAsync(tenant, ct);
            var step = new MatchResolution(transaction, tenant, platform, person);
            answers.Add(await step.DecideAsync(item.Id, item.Decision, item.With, ct));
            if (answers[^1].State != MatchAnswerState.Done)
                continue;
            await transaction.CommitAsync(ct);
            if (step.ToRead is { } toRead)
                there.Add(toRead.Ref);
        }

        foreach (var kind in there.Distinct().GroupBy(reference => reference.Kind))
            await ReadAsync(tenant, platform, kind.Key, [.. kind.Select(reference => reference.Id)], person, ct);
        return answers;
    }

    private async Task ReadAsync(TenantId tenant, Platform platform, RemoteKind kind, string[] ids, string person, CancellationToken ct)
    {
        try
        {
            if (await _sessions.OpenAsync(tenant, platform, CallLane.Interactive, ct) is not { } session)
                return;
            var cause = new Cause(CauseKind.Person, "match-plan", person);
            var shown = await PageReader.ByIdAsync(session.Account, kind, ids, ct);
            await _applier.ApplyAsync(session, [.. shown.Select(snapshot => Observation.Of(snapshot, cause))], BatchTail.None, ct);
        }
        catch (CrmCallException)
        {
            // Decided all the same: the next sync reads it.
        }
    }
}

/// <summary>An item that was decided, of the platform's side.</summary>
internal sealed record ResolvedItem(RemoteRef Ref);

/// <summary>One decision, in its transaction.</summary>
internal sealed class MatchResolution(TenantTransaction transaction, TenantId tenant, Platform platform, string person)
{
    private const string Find = """
        select i.kind, i.id, i.side, i.class, i.remote_kind, i.external_id, i.candidates, i.decision, c.match_state,
               coalesce(c.match_plan -> 'choices' ->> i.kind, 'link_only'),
               exists (select from crm_record_links l where l.tenant_id = $1 and l.platform = $2 and l.state in ('live', 'creating')
                          and (i.side = 'here' and l.record_id = i.id or i.side = 'there' and l.remote_kind = i.remote_kind and l.external_id = i.external_id))
          from crm_match_items i
          join crm_sync_configs c on c.tenant_id = i.tenant_id and c.platform = i.platform
         where i.tenant_id = $1 and i.platform = $2 and i.kind = any($3) and i.id = $4
           for no key update of i
        """;

    /// <summary>Whether a record of the hub is there, live and free; {0} is the kind's table.</summary>
    private const string IsFree = """
        select not exists (select from crm_record_links l where l.tenant_id = $1 and l.platform = $2 and l.record_id = r.id and l.state in ('live', 'creating'))
               and not exists (select from crm_match_items i where i.tenant_id = $1 and i.platform = $2 and i.kind = $3 and i.side = 'there'
                                  and i.decision = 'join' and i.decided_with = r.id and i.id <> $5)
          from {0} r where r.tenant_id = $1 and r.id = $4 and r.deleted_at is null and r.merged_into_id is null
        """;

    private const string Decide = """
        update crm_match_items set decision = $5, decided_with = $6, decided_by = $7, decided_at = clock_timestamp()
         where tenant_id = $1 and platform = $2 and kind = $3 and id = any($4)
        """;

    // Whoever was joined to it before waits for a decision again.
    private const string Free = """
        update crm_match_items set decision = null, decided_with = null, decided_by = null, decided_at = null
         where tenant_id = $1 and platform = $2 and kind = $3 and decision = 'join' and decided_with = any($4)
        """;

    private const string Unhold = """
        update crm_record_links set state = 'merged', merged_into = $5
         where tenant_id = $1 and platform = $2 and remote_kind = any($3) and external_id = 'new:' || $4::uuid and state in ('held', 'excluded', 'apart')
        """;

    private static readonly string[] Kinds = [.. Enum.GetValues<RecordKind>().Select(kind => kind.ToName())];
    private static readonly string[] RemoteKindNames = [.. Enum.GetValues<RemoteKind>().Select(kind => kind.ToName())];

    /// <summary>What to read from the platform now; null where nothing is.</summary>
    public ResolvedItem? ToRead { get; private set; }

    public async Task<MatchAnswer> DecideAsync(Guid id, MatchDecision decision, Guid? with, CancellationToken ct)
    {
        if (await FindAsync(id, ct) is not { } item)
            return MatchAnswer.NotFound;
        if (item.Class is null || item.State is not (MatchState.Ready or MatchState.Settled))
            return MatchAnswer.Closed("The plan is being made or settled; try again when it is.");
        if (item.IsLinked)
            return MatchAnswer.Closed("It is linked by now.");
        return decision == MatchDecision.Join ? await JoinAsync(item, with!.Value, ct) : await SetAsync(item, decision, ct);
    }

    private async Task<MatchAnswer> JoinAsync(Item item, Guid with, CancellationToken ct)
    {
        var other = await FindAsync(with, ct);
        var there = item.Side == MatchSide.There ? item : other;
        var here = item.Side == MatchSide.Here ? item.Id : with;
        if (there is not { Side: MatchSide.There } || there.Kind != item.Kind || (other is not null && other.Side == item.Side))
            return MatchAnswer.Refused("'with' is no record of the other side.");
        if (there.IsLinked || await IsFreeAsync(item.Kind, here, there.Id, ct) is not { } isFree)
            return MatchAnswer.Refused("'with' is not there, or is linked by now.");
        var hereItem = item.Side == MatchSide.Here ? item : other;
        if (!isFree || IsTaken(there, here) || (hereItem is not null && IsTaken(hereItem, there.Id)))
            return MatchAnswer.Closed("One of the two is matched or joined to another record: decide that one first.");
        await ExecuteAsync(
            item,
            [
                On(Free, item.Kind, Sql.Array(new[] { there.Id, here })),
                On(Decide, item.Kind, Sql.Array(new[] { there.Id }), Sql.Text("join"), Sql.Id(here), Sql.Text(person)),
                On(Decide, item.Kind, Sql.Array(new[] { here }), Sql.Text("join"), Sql.Id(there.Id), Sql.Text(person)),
            ],
            [there.Id],
            ct);
        if (item.State == MatchState.Settled)
        {
            await transaction.ExecuteAsync(
                [Sql.Command(Unhold, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Array(RemoteKindNames), Sql.Value(here), Sql.Text(there.ExternalId))], ct);
            ToRead = new(new(there.RemoteKind, there.ExternalId!));
        }

        return new(MatchAnswerState.Done);
    }

    // A pair that the plan matched stands until a person takes it apart.
    private static bool IsTaken(Item item, Guid by) => item is { Class: MatchClass.Matched, Decision: null } && !item.Candidates.Contains(by);

    private async Task<MatchAnswer> SetAsync(Item item, MatchDecision decision, CancellationToken ct)
    {
        // A pair that is taken apart is so on both sides.
        Guid[] ids = item.Class == MatchClass.Matched ? [item.Id, item.Candidates[0]] : [item.Id];
        await ExecuteAsync(
            item,
            [
                On(Free, item.Kind, Sql.Array(new[] { item.Id })),
                On(Decide, item.Kind, Sql.Array(ids), Sql.Text(decision.ToName()), Sql.Id(null), Sql.Text(person)),
            ],
            ids,
            ct);
        if (item is { State: MatchState.Settled, Side: MatchSide.There } && decision == MatchDecision.New)
            ToRead = new(new(item.RemoteKind, item.ExternalId!));
        return new(MatchAnswerState.Done);
    }

    private async Task ExecuteAsync(Item item, IReadOnlyCollection<NpgsqlBatchCommand> decided, Guid[] ids, CancellationToken ct)
    {
        await transaction.ExecuteAsync([StrategySettings.ActFor(person), .. decided], ct);
        if (item.State != MatchState.Settled)
            return;
        await transaction.ExecuteAsync(
            [
                MatchStore.Links(tenant, platform, item.Kind, ids, item.Choice),
                MatchStore.Offers(tenant, platform, item.Kind, ids, MatchChoice.LinkOnly, "match-plan"),
            ],
            ct);
    }

    private async Task<Item?> FindAsync(Guid id, CancellationToken ct)
    {
        Item? item = null;
        await transaction.ReadAsync(
            [
                (Sql.Command(Find, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Array(Kinds), Sql.Value(id)), row => item = new(
                    Names.Parse<RecordKind>(row.GetString(0)), row.GetGuid(1), Names.Parse<MatchSide>(row.GetString(2)),
                    row.IsDBNull(3) ? null : Names.Parse<MatchClass>(row.GetString(3)), Names.Parse<RemoteKind>(row.GetString(4)),
                    row.IsDBNull(5) ? null : row.GetString(5), row.GetFieldValue<Guid[]>(6),
                    row.IsDBNull(7) ? null : Names.Parse<MatchDecision>(row.GetString(7)), Names.Parse<MatchState>(row.GetString(8)),
                    Names.Parse<MatchChoice>(row.GetString(9)), row.GetBoolean(10))),
            ],
            ct);
        return item;
    }

    /// <returns>Null where the hub has no such live record.</returns>
    private async Task<bool?> IsFreeAsync(RecordKind kind, Guid here, Guid there, CancellationToken ct)
    {
        bool? isFree = null;
        await transaction.ReadAsync(
            [
                (Sql.Command(
                    IsFree.Replace("{0}", RecordTable.NameOf(kind), StringComparison.Ordinal), Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(kind.ToName()),
                    Sql.Value(here), Sql.Value(there)), row => isFree = row.GetBoolean(0)),
            ],
            ct);
        return isFree;
    }

    private NpgsqlBatchCommand On(string sql, RecordKind kind, params ReadOnlySpan<NpgsqlParameter> more)
    {
        var command = Sql.Command(sql, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(kind.ToName()));
        foreach (var parameter in more)
            command.Parameters.Add(parameter);
        return command;
    }

    /// <param name="Choice">What was approved for the kind; means nothing before.</param>
    private sealed record Item(
        RecordKind Kind, Guid Id, MatchSide Side, MatchClass? Class, RemoteKind RemoteKind, string? ExternalId, Guid[] Candidates,
        MatchDecision? Decision, MatchState State, MatchChoice Choice, bool IsLinked);
}
