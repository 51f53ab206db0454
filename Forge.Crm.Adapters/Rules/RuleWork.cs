using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Rules;

/// <summary>Rules in the engine's transactions.</summary>
internal sealed class RuleWork(RuleSets sets, RuleRunner runner)
{
    /// <summary>Told after each commit in which a rule did something. Neither throws nor waits.</summary>
    public Action<TenantId> Acted { get; init; } = _ => { };

    /// <returns>Null where the tenant has no rule that is on.</returns>
    public async Task<RulesOfTenant?> OfAsync(TenantId tenant, CancellationToken ct) =>
        await sets.OfAsync(tenant, ct) is { Rules.IsEmpty: false } set ? new(runner, tenant, set) : null;
}

/// <summary>A tenant's rules, ready for a batch.</summary>
internal sealed record RulesOfTenant(RuleRunner Runner, TenantId Tenant, RuleSet Set)
{
    /// <returns>What they are to do in the batch's transaction; null where nothing happened.</returns>
    public Func<TenantTransaction, CancellationToken, Task<bool>>? On(WorkingSet working, BatchPlan plan) => plan.History.IsEmpty
        ? null
        : (transaction, ct) => Runner.RunChangesAsync(transaction, Tenant, Set, working, plan, ct);
}
