using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;
using Npgsql;

namespace Forge.Crm.Adapters.Rules;

/// <summary>Gives a tenant ready-made rules, behind those that it has. They are held against the tenant's fields and stages when rules are next read.</summary>
internal static class RuleInstall
{
    private const string Insert = """
        insert into crm_automation_rules (tenant_id, name, position, document, preset)
        select $1, s.name, (select coalesce(max(position), 0) from crm_automation_rules where tenant_id = $1) + s.place, s.document, s.preset
          from unnest($2, $3, $4) with ordinality as s(name, document, preset, place)
            on conflict (tenant_id, preset) where preset is not null do nothing
        """;

    /// <summary>Belongs into the transaction that makes the tenant, or gives it the app.</summary>
    public static NpgsqlBatchCommand Command(TenantId tenant, IEnumerable<ReadyMadeRule> rules)
    {
        var wanted = rules.ToList();
        return Sql.Command(
            Insert, Sql.Value(tenant.Value), Sql.Array(wanted.Select(NameOf)), Sql.Jsons(wanted.Select(rule => rule.Document)), Sql.Array(wanted.Select(rule => rule.Preset)));
    }

    private static string NameOf(ReadyMadeRule rule)
    {
        using var document = JsonDocument.Parse(rule.Document);
        return document.RootElement.GetProperty("name").GetString()!;
    }
}
