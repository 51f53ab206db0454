using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;
using Npgsql;

namespace Forge.Crm.Adapters.Rules;

/// <summary>What must be known before a rule acts: whether it has already, how often it did with this record of late, whose turn it is.</summary>
internal sealed record RunState(bool IsDone, int Lately, long Turn);

/// <summary><c>crm_rule_runs</c>: what became of each rule and event, once.</summary>
internal static class RuleRunRows
{
    /// <summary>Failures in a row after which a rule is switched off.</summary>
    public const int MaxFailures = 5;

    private const string State = """
        select exists (select from crm_rule_runs where tenant_id = $1 and rule_id = $2 and event_id = $3),
               (select count(*) from (select from crm_rule_runs
                 where tenant_id = $1 and rule_id = $2 and record_id = $4 and at > clock_timestamp() - interval '1 hour' limit $5) lately)::int,
               coalesce((select turn from crm_rule_turns where tenant_id = $1 and rule_id = $2 for update), 0)
        """;

    private const string Insert = """
        insert into crm_rule_runs (tenant_id, rule_id, event_id, rule_version, record_id, status, actions, notes, reason, records)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            on conflict (tenant_id, rule_id, event_id) do nothing
        """;

    private const string TakeTurn = """
        insert into crm_rule_turns as t (tenant_id, rule_id, turn) values ($1, $2, 1) on conflict (tenant_id, rule_id) do update set turn = t.turn + 1
        """;

    private const string Succeed = "update crm_automation_rules set failures = 0 where tenant_id = $1 and id = $2 and failures > 0";

    private const string Fail = """
        update crm_automation_rules
           set failures = failures + 1, enabled = failures + 1 < $3,
               disabled_reason = case when failures + 1 < $3 then disabled_reason else 'it failed ' || $3 || ' times in a row: ' || $4 end
         where tenant_id = $1 and id = $2 and enabled
        returning enabled
        """;

    private const string OpenDeals = """
        select owner_id, count(*)::int from crm_deals
         where tenant_id = $1 and deleted_at is null and merged_into_id is null and owner_id is not null and coalesce(status, 'open') = 'open' group by owner_id
        """;

    /// <summary>Of one table of deals; only for a rule that assigns by it.</summary>
    public static (NpgsqlBatchCommand, Action<NpgsqlDataReader>) OpenDealsOf(TenantId tenant, Dictionary<Guid, int> counts) =>
        (Sql.Command(OpenDeals, Sql.Value(tenant.Value)), row => counts[row.GetGuid(0)] = row.GetInt32(1));

    public static async Task<RunState> StateAsync(TenantTransaction transaction, TenantId tenant, Rule rule, RuleEvent happened, int most, CancellationToken ct)
    {
        RunState? state = null;
        var command = Sql.Command(State, Sql.Value(tenant.Value), Sql.Value(rule.Id), Sql.Value(happened.Id), Sql.Id(happened.RecordId), Sql.Value(most + 1));
        await transaction.ReadAsync([(command, row => state = new(row.GetBoolean(0), row.GetInt32(1), row.GetInt64(2)))], ct);
        return state!;
    }

    /// <param name="found">Records that the rule looked at: what it was told of them goes with them when they are erased.</param>
    public static IEnumerable<NpgsqlBatchCommand> Done(TenantId tenant, Rule rule, RuleEvent happened, RuleDecision decision, IEnumerable<Guid> found)
    {
        yield return InsertCommand(tenant, rule, happened, "done", decision.Effects, decision.Notes, null, found);
        yield return Sql.Command(Succeed, Sql.Value(tenant.Value), Sql.Value(rule.Id));
        if (decision.TurnTaken)
            yield return Sql.Command(TakeTurn, Sql.Value(tenant.Value), Sql.Value(rule.Id));
    }

    public static NpgsqlBatchCommand Stopped(TenantId tenant, Rule rule, RuleEvent happened, string reason) =>
        InsertCommand(tenant, rule, happened, "stopped", [], [], reason);

    /// <returns>Whether the failure was one too many, and switched the rule off.</returns>
    public static async Task<bool> FailAsync(TenantTransaction transaction, TenantId tenant, Rule rule, RuleEvent happened, string reason, CancellationToken ct)
    {
        var isOff = false;
        var command = Sql.Command(Fail, Sql.Value(tenant.Value), Sql.Value(rule.Id), Sql.Value(MaxFailures), Sql.Text(reason));
        await transaction.ExecuteAsync([InsertCommand(tenant, rule, happened, "failed", [], [], reason)], ct);
        await transaction.ReadAsync([(command, row => isOff = !row.GetBoolean(0))], ct);
        return isOff;
    }

    private static NpgsqlBatchCommand InsertCommand(
        TenantId tenant, Rule rule, RuleEvent happened, string status, IEnumerable<RuleEffect> effects, IEnumerable<string> notes, string? reason,
        IEnumerable<Guid>? found = null) => Sql.Command(
        Insert, Sql.Value(tenant.Value), Sql.Value(rule.Id), Sql.Value(happened.Id), Sql.Value(rule.Version), Sql.Id(happened.RecordId), Sql.Text(status),
        Sql.Json(JsonSerializer.Serialize(effects.Select(Shown))), Sql.Array(notes), Sql.Text(reason), Sql.Array(effects.Select(RecordOf).OfType<Guid>().Concat(found ?? []).Distinct()));

    /// <summary>An effect in words without values: a person's data stays where it can be erased.</summary>
    public static object Shown(RuleEffect effect) => effect switch
    {
        RuleEffect.Create create => new { @do = "create", kind = create.Kind.ToName(), id = create.Id, fields = create.Values.Keys.Order(StringComparer.Ordinal) },
        RuleEffect.Set set => new { @do = "set", kind = set.Kind.ToName(), id = set.Id, fields = set.Values.Keys.Order(StringComparer.Ordinal) },
        RuleEffect.Alert alert => new { @do = "alert", to = alert.To is null ? alert.Owner is null ? "administrators" : "owner" : "address", owner = alert.Owner },
        RuleEffect.HubSpotLead lead => new { @do = "hubspot_lead", id = lead.Contact },
        RuleEffect.Webhook webhook => new { @do = "webhook", host = webhook.Url.Host },
        _ => throw new InvalidOperationException($"{effect.GetType().Name} is no effect that is shown."),
    };

    private static Guid? RecordOf(RuleEffect effect) => effect switch
    {
        RuleEffect.Create create => create.Id,
        RuleEffect.Set set => set.Id,
        RuleEffect.HubSpotLead lead => lead.Contact,
        _ => null,
    };
}
