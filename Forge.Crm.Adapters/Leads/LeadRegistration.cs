using Forge.Crm.Adapters.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Adapters.Leads;

internal static class LeadRegistration
{
    public static IServiceCollection AddLeads(this IServiceCollection services)
    {
        services.AddSingleton<LeadRows>();
        services.AddSingleton<LeadErasures>();
        services.AddSingleton<LeadDrain>();
        services.AddSingleton(provider => new LeadViews(provider.GetRequiredService<TenantDatabase>()));
        return services;
    }
}
