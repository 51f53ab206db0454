using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;

namespace Forge.Crm.Adapters.Rules;

/// <summary>Looks for what a rule wants to know before it decides.</summary>
internal static class RuleFinds
{
    /// <summary>Binds each record that the rule looks for, in its order, or none.</summary>
    public static async Task BindAsync(TenantTransaction transaction, TenantId tenant, RuleScope scope, CancellationToken ct)
    {
        foreach (var find in scope.Rule.Find)
        {
            if (!await AmongAssociatedAsync(transaction, tenant, scope, find, ct))
                await ByKeyAsync(transaction, tenant, scope, find, ct);
        }

        if (!scope.Rule.CountsDeals)
            return;
        var counts = new Dictionary<Guid, int>();
        await transaction.ReadAsync([RuleRunRows.OpenDealsOf(tenant, counts)], ct);
        scope.Count(counts);
    }

    private static async Task<bool> AmongAssociatedAsync(TenantTransaction transaction, TenantId tenant, RuleScope scope, RuleFind find, CancellationToken ct)
    {
        foreach (var of in find.Of.Select(scope.Find).OfType<RuleRecord>())
        {
            if (find.Choose(scope, await RuleRecords.OfAsync(transaction, tenant, scope.Facts, of, find.Kind, ct)))
                return true;
        }

        scope.Bind(find.Alias, null);
        return false;
    }

    private static async Task ByKeyAsync(TenantTransaction transaction, TenantId tenant, RuleScope scope, RuleFind find, CancellationToken ct)
    {
        if (find.KeyIn(scope) is { } key)
            find.Choose(scope, await RuleRecords.ByKeyAsync(transaction, tenant, scope.Facts, find.Kind, key, ct));
    }
}
