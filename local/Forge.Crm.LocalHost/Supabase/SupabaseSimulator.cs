using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Forge.Crm.LocalHost.Supabase;

/// <summary>
/// A tenant's own Supabase project on this machine: PostgREST's language and database webhooks over a genuine PostgreSQL, for the
/// demonstration and tests. Constraints, triggers, order and error codes are the database's own.
/// </summary>
internal sealed class SupabaseSimulator : IAsyncDisposable
{
    private readonly WebApplication app;

    private SupabaseSimulator(SupabaseSimulatorOptions options)
    {
        Options = options;
        Database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(options.ConnectionString) { IncludeErrorDetail = true });
        Webhooks = new(Database, options);
        app = Build(options, new SupabaseServer(options, Database, Ledger));
    }

    public SupabaseSimulatorOptions Options { get; }
    public SupabaseFaults Faults => Options.Faults;
    public SupabaseRequestLedger Ledger { get; } = new();
    public SupabaseWebhookQueue Webhooks { get; }

    /// <summary>Where people work in the project: by SQL, as its owner.</summary>
    public NpgsqlDataSource Database { get; }

    public Uri BaseAddress { get; private set; } = null!;

    public static async Task<SupabaseSimulator> StartAsync(SupabaseSimulatorOptions options, CancellationToken ct)
    {
        var simulator = new SupabaseSimulator(options);
        await simulator.Webhooks.StartAsync(ct);
        await simulator.app.StartAsync(ct);
        var server = simulator.app.Services.GetRequiredService<IServer>();
        simulator.BaseAddress = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return simulator;
    }

    public async ValueTask DisposeAsync()
    {
        await Webhooks.DisposeAsync();
        await app.DisposeAsync();
        await Database.DisposeAsync();
    }

    private static WebApplication Build(SupabaseSimulatorOptions options, SupabaseServer server)
    {
        // Empty: no configuration files, environment variables or console logs of whoever hosts it.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, options.Port);
        });
        builder.Services.AddRouting();
        builder.Services.AddSingleton<IHostLifetime, OwnedLifetime>();
        var app = builder.Build();
        app.Map("/rest/v1/{table?}", (RequestDelegate)server.AnswerAsync);
        return app;
    }

    /// <summary>Ctrl-C belongs to the process, which disposes the simulator when its turn comes.</summary>
    private sealed class OwnedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
