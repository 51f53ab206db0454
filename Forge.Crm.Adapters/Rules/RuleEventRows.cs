using System.Collections.Immutable;
using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;
using Npgsql;

namespace Forge.Crm.Adapters.Rules;

/// <summary><c>crm_rule_events</c>: what waits for the tenant's rules.</summary>
internal sealed class RuleEventRows(TenantDatabase database)
{
    public const int BatchSize = 50;
    public const int MaxAttempts = 8;

    // Counted before the work, in a transaction of its own: a row that kills its worker is counted, too, and then goes alone.
    private const string Claim = """
        with due as (
             select id, attempts from crm_rule_events
              where tenant_id = $1 and status = 'pending' and (next_attempt_at is null or next_attempt_at <= clock_timestamp())
              order by id limit $2),
             suspect as (select * from due where attempts > 1 order by id limit 1),
             taken as (select * from suspect union all select * from due where not exists (select from suspect))
        update crm_rule_events e
           set attempts = e.attempts + 1, next_attempt_at = clock_timestamp() + interval '1 minute'
          from taken t
         where e.tenant_id = $1 and e.id = t.id and e.status = 'pending' and (e.next_attempt_at is null or e.next_attempt_at <= clock_timestamp())
        returning e.id
        """;

    private const string Next = """
        select min(coalesce(next_attempt_at, happened_at)) from (
            select next_attempt_at, happened_at from crm_rule_events where tenant_id = $1 and status = 'pending' order by id limit 1000) waiting
        having count(*) > 0
        """;

    private const string Columns = """
        select e.id, e.type, e.kind, e.record_id, e.happened_at, e.depth, e.rule_id, e.attempts, e.journal_id, j.change, j.raw,
               (select jsonb_agg(jsonb_build_array(a.field, a.old_value, a.new_value) order by a.id)
                  from crm_audit_log a where a.tenant_id = $1 and a.id = any(e.audit_ids) and a.action = 'set')::text
          from crm_rule_events e
          left join crm_webhook_events j on j.tenant_id = $1 and j.id = e.journal_id
        """;

    private const string ById = $"{Columns} where e.tenant_id = $1 and e.id = any($2) and e.status = 'pending' order by e.id for update of e";

    private const string Own = $"{Columns} where e.tenant_id = $1 and e.status = 'pending' and e.depth > 0 and e.written_by = pg_current_xact_id() and e.id > $2 order by e.id limit $3";

    // The engine's own change: its rows of history are those of this transaction.
    private const string Insert = """
        insert into crm_rule_events (tenant_id, type, kind, record_id, audit_ids, attempts)
        select $1, $2, $3, $4, coalesce((
               select array_agg(a.id order by a.id) from crm_audit_log a
                where a.tenant_id = $1 and a.record_id = $4 and a.xmin = pg_current_xact_id()::xid), '{}'), $5
        returning id
        """;

    private const string Finish = """
        update crm_rule_events set status = $3, reason = $4, next_attempt_at = null, finished_at = clock_timestamp() where tenant_id = $1 and id = $2
        """;

    private const string Settle = """
        update crm_webhook_events set status = $3, reason = $4, next_attempt_at = null, finished_at = clock_timestamp()
         where tenant_id = $1 and id = $2 and status = 'pending'
        """;

    private const string Drop = "delete from crm_rule_events where tenant_id = $1 and id = $2";

    private const string PutOff = """
        update crm_rule_events set reason = $3, next_attempt_at = clock_timestamp() + $4 where tenant_id = $1 and id = $2
        """;

    /// <summary>Takes what is due, the oldest first.</summary>
    public Task<List<long>> ClaimAsync(TenantId tenant, CancellationToken ct) => database.QueryAsync(
        tenant, Sql.Command(Claim, Sql.Value(tenant.Value), Sql.Value(BatchSize)), row => row.GetInt64(0), ct);

    /// <summary>When the next is due; null where nothing waits.</summary>
    public async Task<DateTimeOffset?> NextDueAsync(TenantId tenant, CancellationToken ct) => (await database.QueryAsync(
        tenant, Sql.Command(Next, Sql.Value(tenant.Value)), row => (DateTimeOffset?)row.GetFieldValue<DateTimeOffset>(0), ct)).SingleOrDefault();

    public static Task<List<HeardEvent>> ReadAsync(TenantTransaction transaction, TenantId tenant, RuleSet set, IReadOnlyCollection<long> ids, CancellationToken ct) =>
        ReadAsync(transaction, tenant, set, Sql.Command(ById, Sql.Value(tenant.Value), Sql.Array(ids)), ct);

    /// <summary>What this transaction itself gave rules to look at: what they did.</summary>
    public static Task<List<HeardEvent>> ReadOwnAsync(TenantTransaction transaction, TenantId tenant, RuleSet set, long after, CancellationToken ct) =>
        ReadAsync(transaction, tenant, set, Sql.Command(Own, Sql.Value(tenant.Value), Sql.Value(after), Sql.Value(BatchSize)), ct);

    /// <param name="isTaken">It is dealt with at once, in this transaction; otherwise it waits for the rules' own queue.</param>
    public static async Task<long> InsertAsync(TenantTransaction transaction, TenantId tenant, RuleEvent happened, bool isTaken, CancellationToken ct)
    {
        var id = 0L;
        await transaction.ReadAsync(
            [
                (Sql.Command(Insert, Sql.Value(tenant.Value), Sql.Text(happened.Type.ToName()), Sql.Text(happened.Kind?.ToName()), Sql.Id(happened.RecordId), Sql.Value(isTaken ? 1 : 0)), row => id = row.GetInt64(0)),
            ], ct);
        return id;
    }

    /// <summary>What became of it; of an app's event the journal says so, too.</summary>
    /// <param name="status"><c>done</c>, <c>failed</c>, <c>stopped</c>, or null: no rule acted on it, and it leaves no trace.</param>
    public static IEnumerable<NpgsqlBatchCommand> FinishCommands(TenantId tenant, HeardEvent heard, string? status, string? reason = null)
    {
        yield return status is null
            ? Sql.Command(Drop, Sql.Value(tenant.Value), Sql.Value(heard.Event.Id))
            : Sql.Command(Finish, Sql.Value(tenant.Value), Sql.Value(heard.Event.Id), Sql.Text(status), Sql.Text(reason));
        if (heard.JournalId is not { } journal)
            yield break;
        var settle = Sql.Command(
            Settle, Sql.Value(tenant.Value), Sql.Value(journal), Sql.Text(status switch { null => "ignored", "done" => "applied", _ => "failed" }),
            Sql.Text(status is null ? "no rule acts on it" : reason));
        // An erasure that came in between has settled it already: then nothing of this may stay.
        yield return heard.Event.Data.ValueKind == JsonValueKind.Undefined ? settle : Sql.RequireRow(settle);
    }

    public static NpgsqlBatchCommand PutOffCommand(TenantId tenant, long id, string reason, TimeSpan wait) =>
        Sql.Command(PutOff, Sql.Value(tenant.Value), Sql.Value(id), Sql.Text(reason), Sql.Value(wait));

    private static async Task<List<HeardEvent>> ReadAsync(TenantTransaction transaction, TenantId tenant, RuleSet set, NpgsqlBatchCommand command, CancellationToken ct)
    {
        var rows = new List<HeardEvent>();
        await transaction.ReadAsync([(command, row => rows.Add(Read(row, set.Facts)))], ct);
        return await RuleRecords.WithRecordsAsync(transaction, tenant, set.Facts, rows, ct);
    }

    private static HeardEvent Read(NpgsqlDataReader row, RuleFacts facts)
    {
        RecordKind? kind = row.IsDBNull(2) ? null : Names.Parse<RecordKind>(row.GetString(2));
        var type = Names.Parse<RuleEventType>(row.GetString(1));
        var changes = kind is { } of && !row.IsDBNull(11) ? Changes(facts, of, row.GetString(11)) : RuleEvent.NoChanges;
        var (time, data) = row.IsDBNull(10) ? (null, default) : AppEvents.Read(row.GetFieldValue<byte[]>(10));
        var happened = new RuleEvent(row.GetInt64(0), type, kind, row.IsDBNull(3) ? null : row.GetGuid(3), changes, row.GetFieldValue<DateTimeOffset>(4), row.GetInt32(5))
        {
            OnlyRule = row.IsDBNull(6) ? null : row.GetGuid(6),
            AppType = row.IsDBNull(9) ? null : row.GetString(9),
            Time = time,
            Data = data,
        };
        return new(happened, null, Keys(happened), row.GetInt32(7), row.IsDBNull(8) ? null : row.GetInt64(8));
    }

    private static string[] Keys(RuleEvent happened) => happened.Type switch
    {
        // What was erased is nobody's any more.
        RuleEventType.App => happened.Data.ValueKind == JsonValueKind.Undefined ? [] : [$"event:{happened.AppType}"],
        RuleEventType.Changed => [.. happened.Changes.Keys.Select(field => $"{happened.Kind!.Value.ToName()}:set:{field}")],
        RuleEventType.Created => [$"{happened.Kind!.Value.ToName()}:create"],
        RuleEventType.Deleted => [$"{happened.Kind!.Value.ToName()}:delete"],
        RuleEventType.Restored => [$"{happened.Kind!.Value.ToName()}:restore"],
        _ => [],
    };

    private static ImmutableDictionary<string, FieldChange> Changes(RuleFacts facts, RecordKind kind, string json)
    {
        var shape = facts.ShapeOf(kind);
        var changes = ImmutableDictionary.CreateBuilder<string, FieldChange>();
        using var document = JsonDocument.Parse(json);
        foreach (var entry in document.RootElement.EnumerateArray())
        {
            if (entry[0].GetString() is not { } field || shape.IndexOf(field) < 0)
                continue;
            string? Value(int at) => HistoryValue.Canonical(shape.Fields[shape.IndexOf(field)].Type, entry[at].GetString(), facts.Locale);
            changes[field] = new(changes.TryGetValue(field, out var before) ? before.Old : Value(1), Value(2));
        }

        return changes.ToImmutable();
    }
}
