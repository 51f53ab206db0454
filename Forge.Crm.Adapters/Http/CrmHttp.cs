using System.Net;
using System.Threading.RateLimiting;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.RateLimiting;
using Polly.Retry;
using Polly.Timeout;

namespace Forge.Crm.Adapters.Http;

/// <summary>
/// How every platform is called: one pipeline, in this order: errors become <see cref="Domain.Ports.CrmCallException"/>; retry; wait for
/// the account's budget; circuit breaker of the account; time limit of an attempt; the answer read whole and checked.
/// </summary>
public static partial class CrmHttp
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    public static IHttpClientBuilder AddCrmHttp(this IHttpClientBuilder client, Func<IServiceProvider, CrmHttpSettings> settingsOf)
    {
        client.Services.TryAddSingleton(TimeProvider.System);
        client.Services.TryAddSingleton<IRateBudget, InMemoryRateBudget>();
        client
            .ConfigureHttpClient((services, http) =>
            {
                http.BaseAddress = settingsOf(services).BaseAddress;
                // Attempts have a limit of their own; the whole is limited by the caller's token.
                http.Timeout = Timeout.InfiniteTimeSpan;
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .UseSocketsHttpHandler((handler, services) =>
            {
                handler.AllowAutoRedirect = false;
                handler.AutomaticDecompression = DecompressionMethods.All;
                handler.ConnectTimeout = ConnectTimeout;
                handler.PooledConnectionLifetime = ConnectionLifetime;
                handler.UseCookies = false;
                // Names of hosts are checked before; what a name leads to is known only here.
                PublicAddresses.Guard(handler, settingsOf(services).IsStandIn);
            })
            .AddHttpMessageHandler(services => new CallErrorHandler(settingsOf(services).Platform))
            .AddResilienceHandler("crm", (pipeline, context) => Build(pipeline, context.ServiceProvider, settingsOf(context.ServiceProvider)))
            .SelectPipelineBy(_ => request => CrmCall.AccountOf(request));
        return client.AddHttpMessageHandler(services => new AnswerHandler(
            settingsOf(services), services.GetRequiredService<IRateBudget>(), services.GetRequiredService<TimeProvider>()));
    }

    private static void Build(ResiliencePipelineBuilder<HttpResponseMessage> pipeline, IServiceProvider services, CrmHttpSettings settings)
    {
        var log = services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(CrmHttp));
        var budget = services.GetRequiredService<IRateBudget>();
        pipeline.TimeProvider = services.GetRequiredService<TimeProvider>();
        pipeline
            .AddRetry(Retry(settings.Platform, log))
            .AddRateLimiter(new RateLimiterStrategyOptions { RateLimiter = args => PayAsync(budget, args.Context) })
            .AddCircuitBreaker(Breaker(settings.Platform, log))
            .AddTimeout(new TimeoutStrategyOptions { Timeout = settings.AttemptTimeout });
    }

    private static RetryStrategyOptions<HttpResponseMessage> Retry(Platform platform, ILogger log) => new()
    {
        MaxRetryAttempts = RetryRule.MaxRetries,
        ShouldHandle = args => ValueTask.FromResult(Delay(args.Outcome.Exception, args.AttemptNumber, args.Context) is not null),
        DelayGenerator = args => ValueTask.FromResult(Jittered(Delay(args.Outcome.Exception, args.AttemptNumber, args.Context))),
        OnRetry = args =>
        {
            var fault = CallFault.Of(args.Outcome.Exception);
            Log.Retrying(log, platform, (int?)fault?.Status, fault?.Detail, args.RetryDelay, args.AttemptNumber + 1);
            return default;
        },
    };

    // A platform that is down is not asked again for a while; one that throttles is up.
    private static CircuitBreakerStrategyOptions<HttpResponseMessage> Breaker(Platform platform, ILogger log) => new()
    {
        FailureRatio = 0.5,
        MinimumThroughput = 10,
        SamplingDuration = TimeSpan.FromSeconds(30),
        BreakDuration = TimeSpan.FromSeconds(15),
        ShouldHandle = args => ValueTask.FromResult(
            CallFault.Of(args.Outcome.Exception) is { } fault
            && (fault.Outcome is CallOutcome.NotSent or CallOutcome.NoAnswer || (int?)fault.Status is >= 500 and <= 599)),
        OnOpened = args =>
        {
            Log.CircuitOpened(log, platform, args.BreakDuration);
            return default;
        },
    };

    private static TimeSpan? Delay(Exception? exception, int attempt, ResilienceContext context) =>
        CallFault.Of(exception) is { Outcome: not CallOutcome.NotTried } fault && context.GetRequestMessage() is { } request
            ? RetryRule.DelayOf(fault, attempt + 1, CrmCall.Of(request).IsRepeatable)
            : null;

    // Never earlier than asked for, and not all callers at once.
    private static TimeSpan? Jittered(TimeSpan? delay) => delay * (1 + (Random.Shared.NextDouble() * 0.25));

    private static async ValueTask<RateLimitLease> PayAsync(IRateBudget budget, ResilienceContext context)
    {
        if (context.GetRequestMessage() is { } request && CrmCall.Of(request) is { Price.Count: > 0 } call)
            await budget.WaitAsync(call.Tenant, call.Platform, call.Price, call.Lane, context.CancellationToken);
        return Paid.Lease;
    }

    /// <summary>The budget does not refuse; it lets the call wait.</summary>
    private sealed class Paid : RateLimitLease
    {
        public static readonly Paid Lease = new();

        public override bool IsAcquired => true;

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = null;
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Platform} failed ({Status}, {Detail}); attempt {Attempt} is repeated in {Delay}")]
        public static partial void Retrying(ILogger logger, Platform platform, int? status, string? detail, TimeSpan delay, int attempt);

        [LoggerMessage(2, LogLevel.Error, "{Platform} keeps failing: the account is not called for {Duration}")]
        public static partial void CircuitOpened(ILogger logger, Platform platform, TimeSpan duration);
    }
}
