using System.Collections.Immutable;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;
using Npgsql;

namespace Forge.Crm.Adapters.Rules;

/// <summary>What a rule would have done of one past event.</summary>
/// <param name="Effects">With the values that it would write, for people who may see the records.</param>
/// <param name="Problem">Why it would have failed; holds no value.</param>
public sealed record RehearsedRun(
    DateTimeOffset At, string Event, RecordKind? Kind, Guid? RecordId, IReadOnlyList<RuleEffect> Effects, IReadOnlyList<string> Notes, string? Problem);

/// <param name="Events">How many past events, and records whose time has come, the rule was shown.</param>
/// <param name="Through">Everything up to here was looked at; less than now where the limit was reached.</param>
public sealed record Rehearsal(int Events, IReadOnlyList<RehearsedRun> Runs, DateTimeOffset? Through, string? Warning);

/// <summary>
/// A dry run of a rule: past changes and apps' events are shown to it, and what it would have done is told, changing nothing. Fields that changed are
/// as they were then; everything else that the rule looks at is as it is now. Of a rule of times that come: what it would do now.
/// </summary>
public sealed class RuleRehearsals
{
    public const int MostEvents = 1_000;

    // History is in the order of its ids, and of its times, but for what was written at the same moment: where the time begins is found by halving the
    // ids. Read from its first row, a long history would cost more than the answer; an index by time would cost every write.
    private const string Changes = """
        with recursive search (low, high) as (
             select 0::bigint, coalesce(max(id), 0) + 1 from crm_audit_log where tenant_id = $1
             union all
             select case when next.at < $2 - interval '1 minute' then next.id else search.low end,
                    case when next.at < $2 - interval '1 minute' then search.high else (search.low + search.high) / 2 end
               from search
               left join lateral (select id, at from crm_audit_log where tenant_id = $1 and id > (search.low + search.high) / 2 order by id limit 1) next on true
              where search.high - search.low > 1)
        select a.id, a.at, a.kind, a.record_id, a.action, a.field, a.old_value, a.new_value
          from crm_audit_log a
         where a.tenant_id = $1 and a.id > (select max(low) from search) and a.at >= $2 and a.record_id is not null
           and a.kind || ':' || a.action || case a.action when 'set' then ':' || a.field else '' end = any($3)
           and not (a.cause = 'job' and exists (select from crm_sync_jobs job where job.tenant_id = $1 and job.id::text = a.cause_id and job.mode = 'initial'))
         order by a.id limit $4
        """;

    private const string AppEventsSince = """
        select id, received_at, change, raw from crm_webhook_events
         where tenant_id = $1 and received_at >= $2 and 'event:' || change = any($3) and platform in ('bidflow', 'folio', 'hephaitos') order by id limit $4
        """;

    private readonly TenantDatabase _database;
    private readonly RuleSets _sets;
    private readonly TimeProvider _clock;

    internal RuleRehearsals(TenantDatabase database, RuleSets sets, TimeProvider clock) => (_database, _sets, _clock) = (database, sets, clock);

    /// <exception cref="RuleFault">The document is no rule of this tenant's.</exception>
    /// <param name="id">Of a stored rule: times that came for it are not told again. Null for a document.</param>
    public async Task<Rehearsal> RunAsync(TenantId tenant, string document, DateTimeOffset since, int limit, CancellationToken ct, Guid? id = null)
    {
        var facts = (await _sets.FactsAsync(tenant, ct)) with { Now = _clock.GetUtcNow() };
        var rule = RuleDocument.Read(id ?? Guid.Empty, "", 1, document, facts.ShapeOf);
        await using var transaction = await _database.BeginAsync(tenant, ct); // never committed
        var events = await EventsAsync(transaction, tenant, facts, rule, since, limit, ct);
        var times = await TimesAsync(transaction, tenant, facts, rule, limit, ct);
        var runs = new List<RehearsedRun>();
        foreach (var heard in await RuleRecords.WithRecordsAsync(transaction, tenant, facts, [.. events, .. times], ct))
        {
            if (RuleEngine.Fires(rule, heard.Event, AsThen(heard), facts with { Now = heard.Event.At }) is { } scope)
                runs.AddRange(await RunAsync(transaction, tenant, scope, ct));
        }

        return new(events.Count + times.Count, runs, events.Count == limit ? events[^1].Event.At : null, RuleSets.WarningOf(rule, facts));
    }

    private static async Task<List<HeardEvent>> EventsAsync(
        TenantTransaction transaction, TenantId tenant, RuleFacts facts, Rule rule, DateTimeOffset since, int limit, CancellationToken ct)
    {
        var events = new List<HeardEvent>();
        NpgsqlBatchCommand Ask(string sql) => Sql.Command(sql, Sql.Value(tenant.Value), Sql.Time(since), Sql.Array(rule.Listens), Sql.Value(limit));
        await transaction.ReadAsync(
            [
                (Ask(Changes), row => events.Add(Change(row, facts))),
                (Ask(AppEventsSince), row => events.Add(App(row))),
            ], ct);
        return [.. events.OrderBy(heard => heard.Event.At).Take(limit)];
    }

    private static async Task<List<HeardEvent>> TimesAsync(TenantTransaction transaction, TenantId tenant, RuleFacts facts, Rule rule, int limit, CancellationToken ct)
    {
        var times = new List<HeardEvent>();
        foreach (var trigger in rule.When.Where(trigger => trigger.On == RuleTriggerType.Time))
        {
            await transaction.ReadAsync(
                [
                    (TimedRecords.Select(tenant, rule, trigger, facts, limit), row => times.Add(
                        new(new(0, RuleEventType.Time, trigger.Kind, row.GetGuid(0), RuleEvent.NoChanges, facts.Now) { OnlyRule = rule.Id }, null, [], 1))),
                ], ct);
        }

        return times;
    }

    private static async Task<IEnumerable<RehearsedRun>> RunAsync(TenantTransaction transaction, TenantId tenant, RuleScope scope, CancellationToken ct)
    {
        RehearsedRun Run(IReadOnlyList<RuleEffect> effects, IReadOnlyList<string> notes, string? problem) =>
            new(scope.Event.At, scope.Event.AppType ?? scope.Event.Type.ToName(), scope.Event.Kind, scope.Event.RecordId, effects, notes, problem);
        try
        {
            await RuleFinds.BindAsync(transaction, tenant, scope, ct);
            return RuleEngine.Decide(scope, Guid.NewGuid, turn: 0) is { } decision ? [Run(decision.Effects, decision.Notes, null)] : [];
        }
        catch (RuleRunException e)
        {
            return [Run([], [], e.Message)];
        }
    }

    private static HeardEvent App(NpgsqlDataReader row)
    {
        var (time, data) = AppEvents.Read(row.GetFieldValue<byte[]>(3));
        var happened = new RuleEvent(row.GetInt64(0), RuleEventType.App, null, null, RuleEvent.NoChanges, row.GetFieldValue<DateTimeOffset>(1))
        {
            AppType = row.GetString(2),
            Time = time,
            Data = data,
        };
        return new(happened, null, [], 1);
    }

    private static HeardEvent Change(NpgsqlDataReader row, RuleFacts facts)
    {
        var kind = Names.Parse<RecordKind>(row.GetString(2));
        var action = Names.Parse<HistoryAction>(row.GetString(4));
        var changes = RuleEvent.NoChanges;
        if (action == HistoryAction.Set && facts.ShapeOf(kind).IndexOf(row.GetString(5)) is >= 0 and var i)
        {
            string? Value(int at) => row.IsDBNull(at) ? null : HistoryValue.Canonical(facts.ShapeOf(kind).Fields[i].Type, row.GetString(at), facts.Locale);
            changes = ImmutableDictionary<string, FieldChange>.Empty.Add(row.GetString(5), new(Value(6), Value(7)));
        }

        var type = action switch
        {
            HistoryAction.Create => RuleEventType.Created,
            HistoryAction.Set => RuleEventType.Changed,
            HistoryAction.Delete => RuleEventType.Deleted,
            _ => RuleEventType.Restored,
        };
        return new(new(row.GetInt64(0), type, kind, row.GetGuid(3), changes, row.GetFieldValue<DateTimeOffset>(1)), null, [], 1);
    }

    private static RuleRecord? AsThen(HeardEvent heard) => heard.Record is { } record
        ? record with
        {
            Values = [.. record.Shape.Fields.Select((field, i) => heard.Event.Changes.TryGetValue(field.Name, out var change) ? change.New : record.Values[i])],
        }
        : null;
}
