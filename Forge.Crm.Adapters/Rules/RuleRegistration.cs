using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Adapters.Rules;

internal static class RuleRegistration
{
    /// <param name="hasBus">Without the bus what rules make due waits for whoever runs the functions.</param>
    public static IServiceCollection AddRules(this IServiceCollection services, bool hasBus)
    {
        services.AddSingleton<RuleSets>();
        services.AddSingleton<RuleRunner>();
        services.AddSingleton<RuleEventRows>();
        services.AddSingleton(provider => new RuleWork(provider.GetRequiredService<RuleSets>(), provider.GetRequiredService<RuleRunner>())
        {
            Acted = hasBus ? Wake(provider) : _ => { },
        });
        services.AddSingleton<RuleWakeUps>();
        services.AddSingleton<RuleDrain>();
        services.AddSingleton<TimedRules>();
        services.AddSingleton<RuleChecks>();
        services.AddSingleton(provider => new RuleSettings(provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<RuleSets>()));
        services.AddSingleton(provider => new RuleRehearsals(
            provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<RuleSets>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new RulesHandler(
            provider.GetRequiredService<RuleDrain>(), provider.GetRequiredService<Rings>(), provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    // Asked for when it is needed: the engine's rings are made of the engine.
    private static Action<TenantId> Wake(IServiceProvider provider) => tenant => provider.GetRequiredService<RuleWakeUps>().Wake(tenant);
}
