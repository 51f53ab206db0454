using Forge.Crm.Adapters;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Functions.Webhooks;
using Forge.Crm.LocalAzure;
using Forge.Crm.LocalAzure.Host;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Forge.Crm.Tests.Functions;

/// <summary>Our HTTP functions on a real Kestrel, wired as in production, on a hub of a test's own. Queues and timers do not run.</summary>
internal sealed class FunctionsServer : IAsyncDisposable
{
    public const string PublicBaseUrl = "https://sync.example.com/in";
    public const string AppSecret = "the-app's-own-secret-for-tests";
    public const string PreviousSecret = "the-secret-before-the-rotation";
    public const string JwtSecret = "a-jwt-secret-for-tests-of-32-characters-or-more";

    private static readonly string[] QueueNames = [Queues.Changes, Queues.SyncSteps, Queues.Pushes, Queues.Notices, Queues.Rules];

    private readonly WebApplication _application;

    private FunctionsServer(WebApplication application, HubDatabase hub)
    {
        (_application, Hub) = (application, hub);
        Client = application.Services.GetRequiredService<IHttpClientFactory>().CreateClient();
        Client.BaseAddress = new(application.Urls.Single());
    }

    public HubDatabase Hub { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _application.Services;

    public static async Task<FunctionsServer> StartAsync(HubDatabase hub, params (string Key, string? Value)[] settings)
    {
        foreach (var queue in QueueNames)
            await LocalBus.DeclareQueueAsync(hub.ConnectionString, queue, requiresSession: true);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Forge:PublicBaseUrl"] = PublicBaseUrl,
            ["Postgres:AppConnectionString"] = hub.AppConnectionString,
            ["Postgres:RelayConnectionString"] = hub.RelayConnectionString,
            ["ServiceBus"] = hub.ConnectionString,
            ["HubSpot:ClientSecret"] = AppSecret,
            ["HubSpot:PreviousClientSecret"] = PreviousSecret,
            ["HubSpot:PreviousClientSecretUntil"] = "2100-01-01T00:00:00Z",
            ["Supabase:JwtSecret"] = JwtSecret,
        }).AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value)));
        builder.Services.AddSingleton<ISecretStore, FakeSecretStore>();
        builder.Services.AddRouting();
        builder.Services.AddForgeCrm(builder.Configuration);
        var application = builder.Build();
        new HttpFunctions(
            FunctionMethod.FindIn(typeof(HubSpotWebhookFunction).Assembly.GetTypes()), new HostJson { RoutePrefix = "" },
            new FunctionKey(builder.Configuration), new DrainToken(), NullLogger<HttpFunctions>.Instance).MapTo(application);
        await application.StartAsync();
        return new(application, hub);
    }

    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    public Task SetSecretAsync(string name, string value) => Get<ISecretStore>().SetAsync(name, value, CancellationToken.None);

    /// <summary>Waiting messages of a queue; those that are scheduled are not among them.</summary>
    public async Task<long> WaitingAsync(string queue) =>
        (await LocalBus.CountAsync(Hub.ConnectionString)).Single(counted => counted.Name == queue).Active;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _application.DisposeAsync();
    }
}
