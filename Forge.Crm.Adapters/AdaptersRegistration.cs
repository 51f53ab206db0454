using Azure.Identity;
using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Apps;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Adapters.Intake;
using Forge.Crm.Adapters.KeyVault;
using Forge.Crm.Adapters.Leads;
using Forge.Crm.Adapters.Notices;
using Forge.Crm.Adapters.OAuth;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Reports;
using Forge.Crm.Adapters.Rules;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Adapters.Timers;
using Forge.Crm.Domain.Ports;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters;

/// <summary>The whole wiring, in the order in which data flows.</summary>
public static partial class AdaptersRegistration
{
    private const string Bus = "forge-crm";

    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Adds Forge CRM Sync. A wrong setting stops the host when it starts. A vault (<see cref="ISecretStore"/>) that is registered before takes the
    /// place of ours. What needs the bus or the relay's database is only made where it is asked for: a program that uses the library
    /// alone needs neither.
    /// </summary>
    public static IServiceCollection AddForgeCrm(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddLogging().AddMetrics().AddHttpClient();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<CrmMetrics>();
        return services
            .AddDatabase(configuration)
            .AddBus(configuration)
            .AddPlatforms(configuration)
            .AddIntake(configuration)
            .AddNotices(configuration, HasBus(configuration))
            .AddEngine(configuration)
            .AddTimedWork()
            .AddApi(configuration);
    }

    private static IServiceCollection AddDatabase(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddValidated<PostgresOptions>(configuration, PostgresOptions.Section);
        services.AddSingleton<DataSources>();
        services.AddSingleton(provider => new TenantDatabase(provider.GetRequiredService<DataSources>().App));
        services.AddSingleton(provider => new RelayDatabase(provider.GetRequiredService<DataSources>().Relay));
        return services;
    }

    private static IServiceCollection AddBus(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddKeyedSingleton(Bus, (_, _) => OpenBus(configuration));
        services.AddSingleton(provider => new Rings(
            provider.GetRequiredKeyedService<ServiceBusClient>(Bus), provider.GetRequiredService<ILogger<Rings>>()));
        return services;
    }

    private static IServiceCollection AddPlatforms(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<IRateBudget>(provider => new PostgresRateBudget(
            provider.GetRequiredService<DataSources>().App, provider.GetServices<BucketLimit>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<OAuthTurns>();
        return services.AddKeyVault(configuration).AddHubSpot(configuration).AddPipedrive(configuration).AddSupabaseProject(configuration);
    }

    private static IServiceCollection AddIntake(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddValidated<IntakeOptions>(configuration, IntakeOptions.Section).Validate(
            options => options.PublicBaseUrl is not null || !HasBus(configuration),
            $"{IntakeOptions.Section}:{nameof(IntakeOptions.PublicBaseUrl)} is not set; signatures of webhooks cover it.");
        services.AddSingleton(provider => new TenantRoutes(
            provider.GetRequiredService<DataSources>().App, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ConnectionSecrets>();
        services.AddSingleton<IntakeLimits>();
        services.AddSingleton<IntakeJournal>();
        services.AddSingleton(provider => new HubSpotIntake(
            provider.GetRequiredService<IOptions<IntakeOptions>>(), provider.GetRequiredService<HubSpotSecrets>,
            provider.GetRequiredService<TenantRoutes>(), provider.GetRequiredService<ConnectionSecrets>(),
            provider.GetRequiredService<IntakeLimits>(), provider.GetRequiredService<IntakeJournal>(),
            provider.GetRequiredService<CrmMetrics>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<HubSpotIntake>>()));
        services.AddSingleton(provider => new PipedriveIntake(
            provider.GetRequiredService<TenantRoutes>(), provider.GetRequiredService<ConnectionSecrets>(),
            provider.GetRequiredService<IntakeLimits>(), provider.GetRequiredService<IntakeJournal>(),
            provider.GetRequiredService<CrmMetrics>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<PipedriveIntake>>()));
        services.AddSingleton(provider => new PushWakeUps(provider.GetRequiredService<Outbox>(), provider.GetRequiredService<Rings>()));
        services.AddSingleton(provider => new SupabaseIntake(
            provider.GetRequiredService<TenantRoutes>(), provider.GetRequiredService<ConnectionSecrets>(),
            provider.GetRequiredService<IntakeLimits>(), provider.GetRequiredService<PushWakeUps>(),
            provider.GetRequiredService<CrmMetrics>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SupabaseIntake>>()));
        services.AddSingleton(provider => new SupabaseProjectIntake(
            provider.GetRequiredService<TenantRoutes>(), provider.GetRequiredService<ConnectionSecrets>(), provider.GetRequiredService<SyncConfigs>(),
            provider.GetRequiredService<IntakeLimits>(), provider.GetRequiredService<IntakeJournal>(),
            provider.GetRequiredService<CrmMetrics>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SupabaseProjectIntake>>()));
        return services;
    }

    private static IServiceCollection AddEngine(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<Journal>();
        services.AddSingleton<PushRings>();
        services.AddRules(HasBus(configuration));
        services.AddApps(Bus);
        services.AddLeads();
        services.AddSingleton(provider => new RecordStore(provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<TimeProvider>())
        {
            Rules = provider.GetRequiredService<RuleWork>(),
            PushesDue = HasBus(configuration) ? provider.GetRequiredService<PushRings>().Ring : (_, _) => { },
        });
        services.AddSingleton<SyncConfigs>();
        services.AddSingleton<SyncStates>();
        services.AddSingleton<LookupStore>();
        services.AddSingleton<PlatformSessions>();
        services.AddSingleton<SnapshotApplier>();
        services.AddSingleton<ChangeDrain>();
        services.AddPushes();
        services.AddSingleton<JobStore>();
        services.AddSingleton<SyncSteps>();
        services.AddSingleton<SyncLinks>();
        services.AddSingleton<AccountStep>();
        services.AddSingleton<PageReader>();
        services.AddSingleton<OnlyHere>();
        services.AddSingleton<PlanStore>();
        services.AddSingleton<DryRuns>();
        services.AddSingleton<MatchStore>();
        services.AddSingleton<MatchSteps>();
        services.AddSingleton<ConnectionStore>();
        services.AddSingleton<ConnectionWebhooks>();
        services.AddSingleton<Connecting>();
        services.AddSingleton<ICrmSync, CrmSync>();
        services.AddSingleton(provider => new ChangesHandler(provider.GetRequiredService<ChangeDrain>()));
        services.AddSingleton(provider => new SyncStepsHandler(
            provider.GetRequiredService<SyncSteps>(), provider.GetRequiredService<Rings>()));
        services.AddSingleton(provider => new DeadLetterHandler(
            provider.GetRequiredService<Rings>(), provider.GetRequiredService<CrmMetrics>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<DeadLetterHandler>>(), provider.GetRequiredService<NoticeRings>()));
        return services;
    }

    private static IServiceCollection AddPushes(this IServiceCollection services)
    {
        services.AddSingleton(provider => new Outbox(provider.GetRequiredService<TenantDatabase>(), Quiet));
        services.AddSingleton<DriftCheck>();
        services.AddSingleton<PushCalls>();
        services.AddSingleton<PushLinks>();
        services.AddSingleton<Deletions>();
        services.AddSingleton<DeleteGuard>();
        services.AddSingleton<PushErasures>();
        services.AddSingleton<PushDrain>();
        services.AddSingleton(provider => new PushesHandler(
            provider.GetRequiredService<PushDrain>(), provider.GetRequiredService<Rings>(), provider.GetRequiredService<CrmMetrics>(),
            provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    private static IServiceCollection AddTimedWork(this IServiceCollection services)
    {
        services.AddSingleton<Leases>();
        services.AddSingleton<RelayQueries>();
        services.AddSingleton<Relay>();
        services.AddSingleton<Reconciliation>();
        services.AddSingleton<ReportStatements>();
        services.AddSingleton<ReportRuns>();
        services.AddSingleton<PipelineReport>();
        services.AddSingleton<ActivityReport>();
        services.AddSingleton<ForecastReport>();
        services.AddSingleton<DueReports>();
        services.AddSingleton<TimedReports>();
        services.AddSingleton<Pruning>();
        services.AddSingleton<WebhookChecks>();
        services.AddSingleton(provider => new TimedWork(
            provider.GetRequiredService<Leases>(), provider.GetRequiredService<Relay>(), provider.GetRequiredService<Reconciliation>(),
            provider.GetRequiredService<TimedReports>(), provider.GetRequiredService<Pruning>(), provider.GetRequiredService<WebhookChecks>(),
            provider.GetRequiredService<RuleChecks>(), provider.GetRequiredService<TimedRules>(), provider.GetRequiredService<LeadDrain>()));
        return services;
    }

    private static OptionsBuilder<T> AddValidated<T>(this IServiceCollection services, IConfiguration configuration, string section)
        where T : class => services.AddOptions<T>().Bind(configuration.GetSection(section)).ValidateDataAnnotations().ValidateOnStart();

    private static bool HasBus(IConfiguration configuration) =>
        configuration[Queues.Connection] is { Length: > 0 } || configuration[$"{Queues.Connection}:fullyQualifiedNamespace"] is { Length: > 0 };

    // The same two settings that the functions' triggers read.
    private static ServiceBusClient OpenBus(IConfiguration configuration)
    {
        if (configuration[Queues.Connection] is { Length: > 0 } connectionString)
            return new(connectionString);
        return configuration[$"{Queues.Connection}:fullyQualifiedNamespace"] is { Length: > 0 } name
            ? new(name, new DefaultAzureCredential())
            : throw new InvalidOperationException($"{Queues.Connection} is not set: neither a connection string nor a namespace.");
    }
}
