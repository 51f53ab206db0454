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

namespace Forge.Crm.Adapters.Pipedrive;

public static class PipedriveRegistration
{
    /// <summary>The name of the HTTP client, for whoever must put another handler under it.</summary>
    public const string ClientName = "pipedrive";

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(2);

    /// <summary>On every plan (Pipedrive documentation, "Rate limiting").</summary>
    private const int SearchesPerTwoSeconds = 10;

    /// <summary>
    /// Adds Pipedrive as an <see cref="ICrmConnector"/>. A budget for all workers is an <see cref="IRateBudget"/> registered before this.
    /// </summary>
    public static IServiceCollection AddPipedrive(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<PipedriveOptions>()
            .Bind(configuration.GetSection(PipedriveOptions.Section))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => Limit(PipedrivePrices.Burst, new(Options(provider).CallsPerTwoSeconds, Window)));
        services.AddSingleton(Limit(PipedrivePrices.Search, new(SearchesPerTwoSeconds, Window)));
        services.AddSingleton(provider => Limit(PipedrivePrices.Day, new(Options(provider).TokensPerDay, RateLimit.Day)));
        services.AddSingleton(Limit(PipedrivePrices.Writes, RateLimit.Unknown));
        services.AddRefitGeneratedClient<IPipedriveApi>(Settings(), ClientName)
            .AddHttpMessageHandler(() => new PipedriveAccessHandler())
            .AddCrmHttp(Http)
            .AddHttpMessageHandler(() => new PipedriveThrottleHandler());
        services.AddOAuthTokens().AddSingleton<PipedriveTokens>();
        services.AddSingleton<IOAuthApp, PipedriveOAuthApp>();
        services.AddSingleton<ICrmWebhooks, PipedriveWebhooks>();
        services.AddSingleton<ICrmConnector, PipedriveConnector>();
        services.AddSingleton<IMappingCheck, PipedriveMappingCheck>();
        return services;
    }

    private static PipedriveOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<PipedriveOptions>>().Value;

    // The pipeline's exceptions already say what there is to say; a wrapper of Refit's would hold the request and its token.
    private static RefitSettings Settings() => new(SystemTextJsonContentSerializer.ForContext(PipedriveJson.Default))
    {
        TransportExceptionFactory = (_, exception, _) => exception,
    };

    private static BucketLimit Limit(string bucket, RateLimit limit) => new(Platform.Pipedrive, bucket, limit);

    private static CrmHttpSettings Http(IServiceProvider provider) => new(
        Platform.Pipedrive, Options(provider).BaseAddress, TimeSpan.FromSeconds(Options(provider).AttemptSeconds))
    {
        IsStandIn = Options(provider).BaseAddress.IsLoopback || Options(provider).OAuthAddress.IsLoopback,
        Headers =
        [
            new(PipedrivePrices.Burst, "x-ratelimit-limit", "x-ratelimit-remaining", null, Window),
            new(PipedrivePrices.Writes, null, "x-daily-requests-left", null, RateLimit.Day),
        ],
        DayBucket = PipedrivePrices.Day,
        Policies = PipedriveThrottleHandler.Buckets,
    };
}
