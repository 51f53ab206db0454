using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Rules;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Adapters.Apps;

internal static class AppRegistration
{
    /// <param name="bus">The key of the bus's client.</param>
    public static IServiceCollection AddApps(this IServiceCollection services, string bus)
    {
        services.AddSingleton<AppIntake>();
        services.AddSingleton<AppRedrives>();
        services.AddSingleton(provider => new AppSettings(provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<RuleSets>()));
        services.AddSingleton(provider => new AppEventsHandler(provider.GetRequiredService<AppIntake>()));
        services.AddSingleton(provider => new AppDeadLetterHandler(
            provider.GetRequiredKeyedService<ServiceBusClient>(bus), provider.GetRequiredService<CrmMetrics>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<AppDeadLetterHandler>>()));
        return services;
    }
}
