using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;
using Npgsql;

namespace Forge.Crm.Adapters.Rules;

internal static class RuleNotices
{
    public static IEnumerable<NpgsqlBatchCommand> Commands(TenantId tenant, Rule rule, RuleEvent happened, IEnumerable<RuleEffect> effects) => [];

    public static IEnumerable<NpgsqlBatchCommand> Stopped(TenantId tenant, Rule rule, RuleEvent happened, string reason) => [];

    public static IEnumerable<NpgsqlBatchCommand> SwitchedOff(TenantId tenant, Rule rule, RuleEvent happened, string reason) => [];
}
