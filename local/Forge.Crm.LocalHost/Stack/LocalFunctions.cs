using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Forge.Crm.Adapters;
using Forge.Crm.Adapters.Notices;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Functions.Webhooks;
using Forge.Crm.LocalAzure;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.LocalHost.Stack;

/// <summary>The functions as they are deployed, in this process: their own wiring, triggers and host.json, on the local bus.</summary>
internal sealed class LocalFunctions : IAsyncDisposable
{
    private const int PreferredPort = 7071;

    private readonly IHost _host;
    private readonly OutboxListener _listener;

    private LocalFunctions(IHost host, OutboxListener listener, string jwtSecret) => (_host, _listener, JwtSecret) = (host, listener, jwtSecret);

    // Two that start at once in one process would both find it free.
    private static int _isPreferredGiven;

    public Uri Address => _host.Services.GetRequiredService<LocalFunctionsHost>().Address;

    public IServiceProvider Services => _host.Services;

    public ICrmSync Sync => _host.Services.GetRequiredService<ICrmSync>();

    /// <summary>Signs the API tokens of this run.</summary>
    public string JwtSecret { get; }

    public static async Task<LocalFunctions> StartAsync(HubConnections hub, string secretsFile, IReadOnlyDictionary<string, string?> settings, CancellationToken ct)
    {
        var address = $"http://127.0.0.1:{FreePort(Interlocked.Exchange(ref _isPreferredGiven, 1) == 0 ? PreferredPort : 0)}";
        var jwtSecret = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
        var builder = FunctionsApplication.CreateBuilder([]);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = address,
            ["Forge:PublicBaseUrl"] = address,
            ["Postgres:AppConnectionString"] = hub.App,
            ["Postgres:RelayConnectionString"] = hub.Relay,
            ["ServiceBus"] = hub.Owner,
            ["Supabase:JwtSecret"] = jwtSecret,
            ["KeyVault:File"] = secretsFile,
            ["Logging:LogLevel:Default"] = "Warning",
            ["Logging:LogLevel:Microsoft.AspNetCore.DataProtection"] = "Error", // its keys protect nothing of ours
        });
        builder.Configuration.AddInMemoryCollection(LocalMail.Settings(builder.Configuration, secretsFile));
        builder.Configuration.AddInMemoryCollection(settings);
        builder.ConfigureFunctionsWebApplication();
        builder.AddFunctionsFrom(typeof(HubSpotWebhookFunction).Assembly);
        builder.Services.AddSingleton<IProgress<WrittenMail>>(new LocalMail());
        builder.Services.AddForgeCrm(builder.Configuration);
        var host = builder.Build();
        await host.StartAsync(ct);
        var listener = await OutboxListener.StartAsync(
            hub.App, host.Services.GetRequiredService<PushWakeUps>(), host.Services.GetRequiredService<ILogger<OutboxListener>>(), ct);
        return new(host, listener, jwtSecret);
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        await _host.StopAsync();
        if (_host is IAsyncDisposable host)
            await host.DisposeAsync();
    }

    /// <summary>The port that README names, where it is free; two runs at once must not collide.</summary>
    internal static int FreePort(int preferred)
    {
        foreach (var port in new[] { preferred, 0 })
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // taken: any other will do
            }
        }

        throw new LocalHostException("No TCP port is free on 127.0.0.1.");
    }
}
