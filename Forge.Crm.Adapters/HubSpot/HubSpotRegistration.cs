using Forge.Crm.Adapters.Http;
using Forge.Crm.Adapters.OAuth;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Refit;

namespace Forge.Crm.Adapters.HubSpot;

public static class HubSpotRegistration
{
    /// <summary>The name of the HTTP client, for whoever must put another handler under it.</summary>
    public const string ClientName = "hubspot";

    /// <summary>Adds HubSpot as an <see cref="ICrmConnector"/>. A budget for all workers is an <see cref="IRateBudget"/> registered before this.</summary>
    public static IServiceCollection AddHubSpot(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<HubSpotOptions>()
            .Bind(configuration.GetSection(HubSpotOptions.Section))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => Limit(HubSpotCaller.BurstBucket, new(Options(provider).CallsPerTenSeconds, TimeSpan.FromSeconds(10))));
        services.AddSingleton(provider => Limit(HubSpotCaller.SearchBucket, new(Options(provider).SearchesPerSecond, TimeSpan.FromSeconds(1))));
        // The answers to a private app tell of it; a public app has none.
        services.AddSingleton(Limit(HubSpotCaller.DayBucket, RateLimit.Unknown));
        services.AddRefitGeneratedClient<IHubSpotApi>(Settings(), ClientName).AddCrmHttp(Http);
        services.AddOAuthTokens().AddSingleton<HubSpotTokens>();
        services.AddSingleton<IOAuthApp, HubSpotOAuthApp>();
        services.AddSingleton<ICrmConnector, HubSpotConnector>();
        services.AddSingleton<IMappingCheck, HubSpotMappingCheck>();
        // Made anew for every webhook: a rotation is taken over without a restart where the configuration reloads.
        services.AddTransient(provider => provider.GetRequiredService<IOptionsMonitor<HubSpotOptions>>().CurrentValue.Secrets());
        return services;
    }

    private static HubSpotOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<HubSpotOptions>>().Value;

    private static BucketLimit Limit(string bucket, RateLimit limit) => new(Platform.HubSpot, bucket, limit);

    // The pipeline's exceptions already say what there is to say; a wrapper of Refit's would hold the request and its token.
    private static RefitSettings Settings() => new(SystemTextJsonContentSerializer.ForContext(HubSpotJson.Default))
    {
        TransportExceptionFactory = (_, exception, _) => exception,
    };

    private static CrmHttpSettings Http(IServiceProvider provider) => new(
        Platform.HubSpot, Options(provider).BaseAddress, TimeSpan.FromSeconds(Options(provider).AttemptSeconds))
    {
        Headers =
        [
            new(HubSpotCaller.BurstBucket, "X-HubSpot-RateLimit-Max", "X-HubSpot-RateLimit-Remaining", "X-HubSpot-RateLimit-Interval-Milliseconds"),
            new(HubSpotCaller.DayBucket, "X-HubSpot-RateLimit-Daily", "X-HubSpot-RateLimit-Daily-Remaining", null, RateLimit.Day),
        ],
        DayBucket = HubSpotCaller.DayBucket,
        Policies = new Dictionary<string, string> { ["DAILY"] = HubSpotCaller.DayBucket },
    };
}
