using Forge.Crm.Adapters.Http;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Refit;

namespace Forge.Crm.Adapters.Supabase;

public static class SupabaseProjectRegistration
{
    /// <summary>The name of the HTTP client, for whoever must put another handler under it.</summary>
    public const string ClientName = "supabase-project";

    /// <summary>
    /// Adds tenants' own Supabase projects as an <see cref="ICrmConnector"/>. A budget for all workers is an <see cref="IRateBudget"/>
    /// registered before this.
    /// </summary>
    public static IServiceCollection AddSupabaseProject(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<SupabaseProjectOptions>()
            .Bind(configuration.GetSection(SupabaseProjectOptions.Section))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new BucketLimit(
            Platform.SupabaseProject, SupabaseProjectCaller.Rest, new(Options(provider).CallsPerSecond, TimeSpan.FromSeconds(1))));
        services.AddRefitGeneratedClient<ISupabaseProjectApi>(Settings(), ClientName)
            .AddHttpMessageHandler(() => new SupabaseProjectAccessHandler())
            .AddCrmHttp(Http)
            .AddHttpMessageHandler(() => new SupabaseProjectErrorHandler());
        services.AddSingleton(provider => new SupabaseProjectConnector(
            provider.GetRequiredService<ISupabaseProjectApi>(), provider.GetRequiredService<IOptions<SupabaseProjectOptions>>(),
            provider.GetRequiredService<TimeProvider>(), SupabaseProjectMapping.None));
        services.AddSingleton<ICrmConnector>(provider => provider.GetRequiredService<SupabaseProjectConnector>());
        services.AddSingleton<IMappingCheck, SupabaseProjectMappingCheck>();
        return services;
    }

    private static SupabaseProjectOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<SupabaseProjectOptions>>().Value;

    // The pipeline's exceptions already say what there is to say; a wrapper of Refit's would hold the request and its key.
    private static RefitSettings Settings() => new(SystemTextJsonContentSerializer.ForContext(SupabaseProjectJson.Default))
    {
        TransportExceptionFactory = (_, exception, _) => exception,
    };

    private static CrmHttpSettings Http(IServiceProvider provider) => new(
        Platform.SupabaseProject, Options(provider).BaseAddress, TimeSpan.FromSeconds(Options(provider).AttemptSeconds));
}
