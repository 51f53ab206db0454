using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// Writes what a batch changed, one statement a table, rows in key order so that two batches cannot wait for each other in a circle.
/// <see cref="Guarded"/> commands must affect exactly as many rows as they carry: else another worker was faster, and the batch is planned anew.
/// </summary>
internal sealed class BatchWrite(
    TenantId tenant, Platform platform, Func<RecordKind, RecordShape> shapeOf, Func<RecordKind, RecordTable> tableOf, Func<Guid> newId)
{
    private const string InsertLinks = """
        insert into crm_record_links
               (tenant_id, platform, remote_kind, external_id, record_id, state, state_at, merged_into, remote_version, read_at, seen, seen_stamps, hub_stamps, sent, pushed)
        select $1, $2, s.remote_kind, s.external_id, s.record_id, s.state, s.state_at, s.merged_into, s.remote_version, s.read_at,
               s.seen, s.seen_stamps, s.hub_stamps, s.sent, s.pushed
          from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
            as s(remote_kind, external_id, record_id, state, state_at, merged_into, remote_version, read_at, seen, seen_stamps, hub_stamps, sent, pushed)
            on conflict do nothing
        """;

    private const string UpdateLinks = """
        update crm_record_links l
           set record_id = s.record_id, state = s.state, state_at = s.state_at, merged_into = s.merged_into,
               remote_version = s.remote_version, read_at = s.read_at,
               seen = s.seen, seen_stamps = s.seen_stamps, hub_stamps = s.hub_stamps, sent = s.sent, pushed = s.pushed
          from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
            as s(remote_kind, external_id, record_id, state, state_at, merged_into, remote_version, read_at, seen, seen_stamps, hub_stamps, sent, pushed)
         where l.tenant_id = $1 and l.platform = $2 and l.remote_kind = s.remote_kind and l.external_id = s.external_id
           and l.remote_kind = any($3) and l.external_id = any($4) -- or a table without statistics may be read whole
        """;

    private const string InsertHistory = """
        insert into crm_audit_log (tenant_id, kind, record_id, action, field, old_value, new_value, source, changed_at, cause, cause_id, actor)
        select $1, s.kind, s.record_id, s.action, s.field, s.old_value, s.new_value, s.source, s.changed_at, s.cause, s.cause_id, s.actor
          from unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            as s(kind, record_id, action, field, old_value, new_value, source, changed_at, cause, cause_id, actor)
        """;

    private const string UpsertAssociations = """
        insert into crm_associations as a (tenant_id, from_kind, from_id, to_kind, to_id, is_primary, stamp, deleted_at, bases)
        select $1, s.from_kind, s.from_id, s.to_kind, s.to_id, s.is_primary, s.stamp, s.deleted_at, s.bases
          from unnest($2, $3, $4, $5, $6, $7, $8, $9) as s(from_kind, from_id, to_kind, to_id, is_primary, stamp, deleted_at, bases)
            on conflict (tenant_id, from_kind, from_id, to_kind, to_id) do update
           set is_primary = excluded.is_primary, stamp = excluded.stamp, deleted_at = excluded.deleted_at, bases = a.bases || excluded.bases
        """;

    private const string UpsertOutbox = $"""
        insert into crm_outbox as o (tenant_id, platform, kind, record_id, lane, cause, cause_id)
        select $1, s.platform, s.kind, s.record_id, crm_lane(s.record_id, coalesce(c.lanes, 1)), s.cause, s.cause_id
          from unnest($2, $3, $4, $5, $6) with ordinality as s(platform, kind, record_id, cause, cause_id, place)
          left join crm_sync_configs c on c.tenant_id = $1 and c.platform = s.platform
         order by s.place
        {OutboxAgain}
        """;

    private const string OutboxAgain = """
            on conflict (tenant_id, platform, kind, record_id) do update
           set version = o.version + 1, cause = case when excluded.cause = 'job' or o.cause = 'erase' then o.cause else excluded.cause end,
               cause_id = case when excluded.cause = 'job' or o.cause = 'erase' then o.cause_id else excluded.cause_id end, touched_at = excluded.touched_at, status = 'pending', next_attempt_at = null, reason = null,
               queued_at = case o.status when 'pending' then o.queued_at else excluded.queued_at end,
               attempts = case o.status when 'pending' then o.attempts else 0 end
        """;

    // What came there: associations that waited for it are due now. The row is that of the record that they start from.
    private const string UpsertBegan = $"""
        insert into crm_outbox as o (tenant_id, platform, kind, record_id, lane, cause)
        select distinct $1::uuid, $2, a.from_kind, a.from_id, crm_lane(a.from_id, c.lanes), $5
          from crm_sync_configs c,
               (select a.* from unnest($3, $4) as k(kind, id)
                 cross join lateral (select * from crm_associations a where a.tenant_id = $1 and a.from_kind = k.kind and a.from_id = k.id offset 0) a
                 union all
                select a.* from unnest($3, $4) as k(kind, id)
                 cross join lateral (select * from crm_associations a where a.tenant_id = $1 and a.to_kind = k.kind and a.to_id = k.id offset 0) a) a
         where c.tenant_id = $1 and c.platform = $2 and c.enabled and c.direction in ('two_way', 'write') and a.from_kind = any(c.kinds)
           and a.deleted_at is null and not coalesce((a.bases -> $2 ->> 'shown')::boolean, false)
           and exists (select from (select * from crm_record_links l where l.tenant_id = $1 and l.record_id = a.from_id offset 0) l where l.platform = $2 and l.state = 'live')
           and exists (select from (select * from crm_record_links l where l.tenant_id = $1 and l.record_id = a.to_id offset 0) l where l.platform = $2 and l.state = 'live')
        {OutboxAgain}
        """;

    // What is gone there took its associations with it: a record that is created there again has none.
    private const string ForgetEnded = """
        update crm_associations a set bases = a.bases - $2
         where a.tenant_id = $1 and a.from_kind = $3 and a.from_id = any($4) and a.bases ? $2
        """;

    private const string ForgetEndedTargets = """
        update crm_associations a set bases = a.bases - $2
         where a.tenant_id = $1 and a.to_kind = $3 and a.to_id = any($4) and a.bases ? $2
        """;

    /// <summary>A push that became due without anything new in the hub: the platform was found behind.</summary>
    private static readonly Cause Unwritten = new(CauseKind.System, null);

    private readonly List<(NpgsqlBatchCommand Command, int Rows)> _guarded = [];
    private readonly List<NpgsqlBatchCommand> _commands = [];

    /// <summary>All commands, in the order in which they run.</summary>
    public IReadOnlyCollection<NpgsqlBatchCommand> Commands => _commands;

    /// <summary>Whether another worker changed or took a row in between.</summary>
    public bool LostARace => _guarded.Any(guarded => (int)guarded.Command.Rows != guarded.Rows);

    public void Add(WorkingSet set, BatchPlan plan)
    {
        foreach (var group in set.ChangedRecords.Values.OrderBy(r => r.Id).GroupBy(r => r.Kind).OrderBy(g => g.Key))
        {
            var (added, changed) = (group.Where(r => r.Version == 0).ToList(), group.Where(r => r.Version > 0).ToList());
            Guarded(added, rows => tableOf(group.Key).Insert(tenant, platform, rows));
            Guarded(changed, rows => tableOf(group.Key).Update(tenant, platform, rows));
        }

        Guarded([.. InOrder(set.NewLinks.Values)], rows => Links(InsertLinks, rows));
        Guarded([.. InOrder(set.ChangedLinks.Values)], rows => Links(UpdateLinks, rows));
        var claims = set.Claims.OrderBy(c => c.Key.Kind).ThenBy(c => c.Key.Key, StringComparer.Ordinal).ToLookup(c => c.Value.From is null);
        Guarded([.. claims[true]], rows => IdentityRows.Insert(tenant, rows));
        Guarded([.. claims[false]], rows => IdentityRows.TakeOver(tenant, rows));
        _commands.AddRange(ConflictRows.Commands(tenant, set.ChangedConflicts.Values, newId));
        foreach (var kind in set.Ended.OrderBy(record => record.Id).GroupBy(record => record.Kind, record => record.Id))
            _commands.AddRange(new[] { ForgetEnded, ForgetEndedTargets }.Select(forget => Sql.Command(
                forget, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(kind.Key.ToName()), Sql.Array(kind))));
        Some([.. set.ChangedAssociations.Values.OrderBy(a => a.Key.FromId).ThenBy(a => a.Key.ToId)], Associations);
        Some(plan.History, History);
        var causes = plan.History.ToLookup(entry => entry.RecordId, entry => entry.Cause);
        // As it is queued it is claimed, a hundred at a time.
        Some([.. plan.Pushes.OrderBy(p => RecordKinds.InOrder.IndexOf(p.Kind)).ThenBy(p => p.RecordId).ThenBy(p => p.Platform)], pushes => Outbox(pushes, causes));
        Some([.. set.Began.OrderBy(record => record.Id)], began => Began(began, plan.History.Any(entry => entry.Cause.Kind == CauseKind.Job)));
    }

    public void Add(IEnumerable<NpgsqlBatchCommand> commands) => _commands.AddRange(commands);

    /// <summary>Erasures come last: they also reach the journal rows that the batch has just settled.</summary>
    public void AddErasures(WorkingSet set, BatchPlan plan)
    {
        foreach (var erased in plan.Results.Where(result => result.Outcome == ChangeOutcome.Erased))
            _commands.AddRange(Erasures.Commands(tenant, set.Record(erased.RecordId!.Value)!.Kind, erased.RecordId.Value, platform, null));
    }

    private static IEnumerable<RecordLink> InOrder(IEnumerable<RecordLink> links) => links.OrderBy(l => l.Ref.Kind).ThenBy(l => l.Ref.Id, StringComparer.Ordinal);

    private void Guarded<T>(IReadOnlyList<T> rows, Func<IReadOnlyList<T>, NpgsqlBatchCommand> command)
    {
        if (rows.Count == 0)
            return;
        _guarded.Add((command(rows), rows.Count));
        _commands.Add(_guarded[^1].Command);
    }

    private void Some<T>(IReadOnlyList<T> rows, Func<IReadOnlyList<T>, NpgsqlBatchCommand> command)
    {
        if (rows.Count > 0)
            _commands.Add(command(rows));
    }

    private NpgsqlBatchCommand Links(string sql, IReadOnlyList<RecordLink> links)
    {
        RecordShape Shape(RecordLink link) => shapeOf(link.Ref.Kind.ToRecordKind());
        return Sql.Command(
            sql, Sql.Value(tenant.Value), Sql.Text(platform.ToName()),
            Sql.Array(links.Select(l => l.Ref.Kind.ToName())), Sql.Array(links.Select(l => l.Ref.Id)), Sql.Array(links.Select(l => l.RecordId)),
            Sql.Array(links.Select(l => l.State.ToName())), Sql.Times(links.Select(l => (DateTimeOffset?)l.StateAt)), Sql.Array(links.Select(l => l.MergedInto)),
            Sql.Times(links.Select(l => l.RemoteVersion)), Sql.Times(links.Select(l => l.ReadAt)),
            Sql.Jsons(links.Select(l => FieldJson.Values(Shape(l), l.Seen))), Sql.Jsons(links.Select(l => FieldJson.Stamps(Shape(l), l.SeenStamps))),
            Sql.Jsons(links.Select(l => FieldJson.Stamps(Shape(l), l.Level))), Sql.Jsons(links.Select(l => PushJson.Sent(Shape(l), l.Sent))),
            Sql.Jsons(links.Select(l => PushJson.Pushed(Shape(l), l.Pushed))));
    }

    private NpgsqlBatchCommand Associations(IReadOnlyList<Association> rows) => Sql.Command(
        UpsertAssociations, Sql.Value(tenant.Value),
        Sql.Array(rows.Select(a => a.Key.FromKind.ToName())), Sql.Array(rows.Select(a => a.Key.FromId)),
        Sql.Array(rows.Select(a => a.Key.ToKind.ToName())), Sql.Array(rows.Select(a => a.Key.ToId)),
        Sql.Array(rows.Select(a => a.IsPrimary)), Sql.Array(rows.Select(a => a.Stamp.ToString())),
        Sql.Times(rows.Select(a => a.DeletedAt)), Sql.Jsons(rows.Select(a => FieldJson.Bases(a.Bases.RemoveRange(a.Bases.Keys.Where(by => by != platform))))));

    private NpgsqlBatchCommand History(IReadOnlyList<HistoryEntry> rows) => Sql.Command(
        InsertHistory, Sql.Value(tenant.Value),
        Sql.Array(rows.Select(h => h.Kind.ToName())), Sql.Array(rows.Select(h => h.RecordId)), Sql.Array(rows.Select(h => h.Action.ToName())),
        Sql.Array(rows.Select(h => h.Field)), Sql.Array(rows.Select(h => h.OldValue)), Sql.Array(rows.Select(h => h.NewValue)),
        Sql.Array(rows.Select(h => h.Source.ToName())), Sql.Times(rows.Select(h => (DateTimeOffset?)h.ChangedAt)),
        Sql.Array(rows.Select(h => h.Cause.Kind.ToName())), Sql.Array(rows.Select(h => h.Cause.Id)), Sql.Array(rows.Select(h => h.Cause.Actor)));

    private NpgsqlBatchCommand Began(IReadOnlyList<(RecordKind Kind, Guid Id)> began, bool isOfJob) => Sql.Command(
        UpsertBegan, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Array(began.Select(record => record.Kind.ToName())),
        Sql.Array(began.Select(record => record.Id)), Sql.Text((isOfJob ? CauseKind.Job : CauseKind.System).ToName()));

    // The lane of a push goes by the record, so that a record is pushed by one worker at a time.
    private NpgsqlBatchCommand Outbox(IReadOnlyList<PushDue> pushes, ILookup<Guid, Cause> causes)
    {
        Cause Of(PushDue push) => causes[push.RecordId].LastOrDefault() ?? Unwritten;
        return Sql.Command(
            UpsertOutbox, Sql.Value(tenant.Value),
            Sql.Array(pushes.Select(p => p.Platform.ToName())), Sql.Array(pushes.Select(p => p.Kind.ToName())),
            Sql.Array(pushes.Select(p => p.RecordId)), Sql.Array(pushes.Select(p => Of(p).Kind.ToName())), Sql.Array(pushes.Select(p => Of(p).Id)));
    }
}
