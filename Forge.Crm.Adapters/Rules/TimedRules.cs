using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Forge.Crm.Adapters.Rules;

/// <summary>
/// Times that come: records whose date is near and of which nothing was heard, one look a rule, set-based. An occasion (the rule, the record and the values
/// that it names) comes once; a record that the rule's condition does not hold for yet is looked at again the next time.
/// </summary>
internal sealed partial class TimedRules(
    TenantDatabase database, RelayQueries relay, RuleSets sets, Rings rings, TimeProvider clock, ILogger<TimedRules> logger)
{
    // Days are the tenant's: a date is compared with its date, an instant with the beginnings of its days.
    private static string Near(Field field) => field.Type == FieldType.Date
        ? $"r.{field.Name} >= $4::date and r.{field.Name} < $5::date"
        : $"r.{field.Name} >= $4::date::timestamp at time zone $7 and r.{field.Name} < $5::date::timestamp at time zone $7";

    /// <summary>One tenant's failure does not keep the others from theirs.</summary>
    /// <returns>How many occasions came.</returns>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        var came = 0;
        foreach (var (tenant, _) in await relay.TenantsAsync(ct))
        {
            try
            {
                came += await RunAsync(tenant, ct);
            }
            catch (PostgresException e)
            {
                NotLooked(logger, e, tenant);
            }
        }

        return came;
    }

    public async Task<int> RunAsync(TenantId tenant, CancellationToken ct)
    {
        var set = await sets.OfAsync(tenant, ct);
        var facts = set.At(clock.GetUtcNow());
        NpgsqlBatchCommand[] commands = [.. set.Rules.SelectMany(rule => rule.When.Where(trigger => trigger.On == RuleTriggerType.Time).Select(trigger => Command(tenant, rule, trigger, facts)))];
        if (commands.Length == 0)
            return 0;
        var came = await database.ExecuteAsync(tenant, commands, ct);
        if (came > 0)
            await rings.RulesAsync(tenant, ct);
        return came;
    }

    private static NpgsqlBatchCommand Command(TenantId tenant, Rule rule, RuleTrigger trigger, RuleFacts facts)
    {
        var scope = new RuleScope(facts, rule, new(0, RuleEventType.Time, trigger.Kind, null, RuleEvent.NoChanges, facts.Now));
        var shape = facts.ShapeOf(trigger.Kind!.Value);
        var near = Near(shape.Fields[shape.IndexOf(trigger.Field!)]);
        var once = string.Concat(trigger.OncePer.Select(field => $" || ':' || coalesce(r.{field}::text, '')"));
        return Sql.Command(
            $"""
            insert into crm_rule_events (tenant_id, type, kind, record_id, rule_id, occasion)
            select $1, 'time', $2, r.id, $3, $3::text || ':' || r.id{once}
              from {RecordTable.NameOf(trigger.Kind.Value)} r
             where r.tenant_id = $1 and r.deleted_at is null and r.merged_into_id is null and {near} and $7::text is not null
               and ($6::timestamptz is null or not exists (
                   select from crm_associations a
                     join crm_activities activity on activity.tenant_id = $1 and activity.id = a.from_id and activity.deleted_at is null
                    where a.tenant_id = $1 and a.to_kind = $2 and a.to_id = r.id and a.from_kind = 'activity' and a.deleted_at is null
                      and coalesce(activity.occurred_at, activity.created_at) between $6 and clock_timestamp()))
            on conflict (tenant_id, occasion) where occasion is not null do nothing
            """,
            Sql.Value(tenant.Value), Sql.Text(trigger.Kind.Value.ToName()), Sql.Value(rule.Id), Sql.Value(facts.Today),
            Sql.Value(facts.Today.AddDays(Days(trigger.WithinDays, scope) ?? 0)),
            Sql.Time(Days(trigger.QuietDays, scope) is { } quiet ? facts.Now.AddDays(-quiet) : null), Sql.Text(facts.Locale.Zone.Id));
    }

    private static int? Days(RuleValue? value, RuleScope scope) =>
        decimal.TryParse(value?.In(scope), System.Globalization.CultureInfo.InvariantCulture, out var days) && days is >= 0 and <= 3_660 ? (int)days : null;

    [LoggerMessage(LogLevel.Error, "Timed rules of tenant {Tenant} were not looked at.")]
    private static partial void NotLooked(ILogger logger, Exception e, TenantId tenant);
}
