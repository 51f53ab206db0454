using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Apps;
using Forge.Crm.Adapters.Intake;
using Forge.Crm.Adapters.Notices;
using Forge.Crm.Adapters.OAuth;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Reports;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters;

// What the HTTP API asks.
public static partial class AdaptersRegistration
{
    private static IServiceCollection AddApi(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddValidated<SupabaseAuthOptions>(configuration, SupabaseAuthOptions.Section);
        services.AddSingleton<SupabaseKeys>();
        services.AddSingleton(provider => new SupabaseTokens(
            provider.GetRequiredService<IOptions<SupabaseAuthOptions>>(), provider.GetRequiredService<SupabaseKeys>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new EventList(
            provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<Rings>(), provider.GetRequiredService<AppRedrives>()));
        services.AddSingleton(provider => new PushErrors(provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<Rings>()));
        services.AddSingleton(provider => new HeldDeletions(provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<Rings>()));
        services.AddSingleton(provider => new NoticeViews(provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<NoticeRings>()));
        services.AddSingleton(provider => new NoticeSettingsStore(provider.GetRequiredService<TenantDatabase>()));
        services.AddSingleton(provider => new Erasures(provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<PushWakeUps>()));
        services.AddSingleton(provider => new RecordViews(provider.GetRequiredService<TenantDatabase>()));
        services.AddSingleton(provider => new JobViews(provider.GetRequiredService<TenantDatabase>()));
        services.AddSingleton(provider => new ConflictViews(provider.GetRequiredService<TenantDatabase>()));
        services.AddSingleton(provider => new Reviews(
            provider.GetRequiredService<RecordStore>(), provider.GetRequiredService<ConflictViews>(), provider.GetRequiredService<SyncConfigs>(),
            provider.GetRequiredService<PlatformSessions>()));
        services.AddSingleton(provider => new StrategySettings(
            provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<SyncConfigs>(), provider.GetRequiredService<PlatformSessions>()));
        services.AddSingleton(provider => new MappingSettings(
            provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<SyncConfigs>(), provider.GetRequiredService<PlatformSessions>(),
            provider.GetRequiredService<ISecretStore>(), provider.GetServices<IMappingCheck>()));
        services.AddMatchPlans();
        services.AddSingleton(provider => new SyncPlans(provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<PlatformSessions>()));
        services.AddSingleton(provider => new SyncRequests(provider.GetRequiredService<JobStore>(), provider.GetRequiredService<Rings>(), provider.GetRequiredService<SyncConfigs>()));
        services.AddSingleton(provider => new Health(
            provider.GetRequiredService<DataSources>().App, () => provider.GetRequiredKeyedService<ServiceBusClient>(Bus),
            provider.GetRequiredService<ISecretStore>, provider.GetRequiredService<TimeProvider>()));
        services.AddConnections();
        services.AddReports();
        return services;
    }

    private static void AddReports(this IServiceCollection services)
    {
        services.AddSingleton(provider => new Reports.Reports(
            [provider.GetRequiredService<PipelineReport>(), provider.GetRequiredService<ActivityReport>(), provider.GetRequiredService<ForecastReport>()],
            provider.GetRequiredService<ReportRuns>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new ReportViews(provider.GetRequiredService<ReportStatements>(), provider.GetRequiredService<ReportRuns>()));
        services.AddSingleton(provider => new ReportSettingsStore(provider.GetRequiredService<TenantDatabase>()));
    }

    private static void AddMatchPlans(this IServiceCollection services)
    {
        services.AddSingleton(provider => new MatchPlans(
            provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<PlatformSessions>(), provider.GetRequiredService<JobStore>(),
            provider.GetRequiredService<Rings>()));
        services.AddSingleton(provider => new MatchViews(provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<PlatformSessions>()));
        services.AddSingleton(provider => new MatchStages(provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<PlatformSessions>()));
        services.AddSingleton(provider => new MatchResolutions(
            provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<PlatformSessions>(), provider.GetRequiredService<SnapshotApplier>()));
    }

    private static void AddConnections(this IServiceCollection services)
    {
        services.AddSingleton<ConsentStates>();
        services.AddSingleton(provider => new Consents(
            provider.GetServices<IOAuthApp>(), provider.GetRequiredService<ConsentStates>(), provider.GetRequiredService<Connecting>(),
            provider.GetRequiredService<IOptions<IntakeOptions>>(), provider.GetRequiredService<ILogger<Consents>>()));
        services.AddSingleton(provider => new CrmConnections(
            provider.GetRequiredService<Connecting>(), provider.GetRequiredService<ConnectionStore>(), provider.GetRequiredService<ConnectionWebhooks>(),
            provider.GetRequiredService<PlatformSessions>(), provider.GetRequiredService<ISecretStore>(), provider.GetServices<IOAuthApp>(),
            provider.GetRequiredService<OAuthTokens>()));
        services.AddSingleton(provider => new ConnectionSettings(
            provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<SyncConfigs>(), provider.GetRequiredService<PlatformSessions>(),
            provider.GetServices<ICrmConnector>()));
        services.AddSingleton(provider => new ConnectionViews(
            provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<SyncConfigs>(), provider.GetRequiredService<ISecretStore>()));
        services.AddSingleton(provider => new JobControls(provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<Rings>()));
    }
}
