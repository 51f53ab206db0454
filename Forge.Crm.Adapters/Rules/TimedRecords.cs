using System.Globalization;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;
using Npgsql;

namespace Forge.Crm.Adapters.Rules;

/// <summary>The records that a time trigger is for: their date is near, and nothing was heard of them.</summary>
internal static class TimedRecords
{
    private const int FarthestDays = 3_660;

    /// <summary>Gives the rule each occasion that has not come before to look at.</summary>
    public static NpgsqlBatchCommand Insert(TenantId tenant, Rule rule, RuleTrigger trigger, RuleFacts facts) => Of(
        $"""
        insert into crm_rule_events (tenant_id, type, kind, record_id, rule_id, occasion)
        select $1, 'time', $2, r.id, $3, {Occasion(trigger)}
          {From(trigger, facts)}
        on conflict (tenant_id, occasion) where occasion is not null do nothing
        """,
        tenant, rule, trigger, facts);

    /// <summary>The same records, by their ids, changing nothing.</summary>
    public static NpgsqlBatchCommand Select(TenantId tenant, Rule rule, RuleTrigger trigger, RuleFacts facts, int limit)
    {
        var command = Of(
            $"""
            select r.id
              {From(trigger, facts)}
               and not exists (select from crm_rule_events came where came.tenant_id = $1 and came.occasion = {Occasion(trigger)})
             order by r.id limit $8
            """,
            tenant, rule, trigger, facts);
        command.Parameters.Add(Sql.Value(limit));
        return command;
    }

    // The rule, the record and the values that the trigger names.
    private static string Occasion(RuleTrigger trigger) =>
        $"$3::text || ':' || r.id{string.Concat(trigger.OncePer.Select(field => $" || ':' || coalesce(r.{field}::text, '')"))}";

    private static string From(RuleTrigger trigger, RuleFacts facts)
    {
        var shape = facts.ShapeOf(trigger.Kind!.Value);
        return $"""
            from {RecordTable.NameOf(trigger.Kind.Value)} r
             where r.tenant_id = $1 and r.deleted_at is null and r.merged_into_id is null and {Near(shape.Fields[shape.IndexOf(trigger.Field!)])} and $7::text is not null
               and ($6::timestamptz is null or not exists (
                   select from crm_associations a
                     join crm_activities activity on activity.tenant_id = $1 and activity.id = a.from_id and activity.deleted_at is null
                    where a.tenant_id = $1 and a.to_kind = $2 and a.to_id = r.id and a.from_kind = 'activity' and a.deleted_at is null
                      and coalesce(activity.occurred_at, activity.created_at) between $6 and clock_timestamp()))
            """;
    }

    // Days are the tenant's: a date is compared with its date, an instant with the beginnings of its days.
    private static string Near(Field field) => field.Type == FieldType.Date
        ? $"r.{field.Name} >= $4::date and r.{field.Name} < $5::date"
        : $"r.{field.Name} >= $4::date::timestamp at time zone $7 and r.{field.Name} < $5::date::timestamp at time zone $7";

    private static NpgsqlBatchCommand Of(string sql, TenantId tenant, Rule rule, RuleTrigger trigger, RuleFacts facts)
    {
        var scope = new RuleScope(facts, rule, new(0, RuleEventType.Time, trigger.Kind, null, RuleEvent.NoChanges, facts.Now));
        return Sql.Command(
            sql, Sql.Value(tenant.Value), Sql.Text(trigger.Kind!.Value.ToName()), Sql.Value(rule.Id), Sql.Value(facts.Today),
            Sql.Value(facts.Today.AddDays(Days(trigger.WithinDays, scope) ?? 0)),
            Sql.Time(Days(trigger.QuietDays, scope) is { } quiet ? facts.Now.AddDays(-quiet) : null), Sql.Text(facts.Locale.Zone.Id));
    }

    private static int? Days(RuleValue? value, RuleScope scope) =>
        decimal.TryParse(value?.In(scope), CultureInfo.InvariantCulture, out var days) && days is >= 0 and <= FarthestDays ? (int)days : null;
}
