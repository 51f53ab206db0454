using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>
/// HubSpot's API and webhooks on this machine, for the demonstration, tests and benchmarks: stateful, in memory, in the documented shapes.
/// Several accounts live in one simulator; the bearer token says which one a request means.
/// </summary>
internal sealed class HubSpotSimulator : IAsyncDisposable
{
    private readonly ConcurrentDictionary<long, HubSpotAccount> accounts = [];
    private readonly HubSpotTokens tokens;
    private readonly WebApplication app;
    private readonly HttpMessageInvoker http;
    private bool disposed;

    private HubSpotSimulator(HubSpotSimulatorOptions options)
    {
        Options = options;
        tokens = new HubSpotTokens(options.Time, options.AccessTokenLifetime);
        http = new HttpMessageInvoker(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        app = Build(options, new HubSpotServer(options, tokens, Ledger));
    }

    public HubSpotSimulatorOptions Options { get; }
    public HubSpotFaults Faults => Options.Faults;
    public HubSpotWebhookSettings Webhooks => Options.Webhooks;
    public HubSpotLimitSettings Limits => Options.Limits;
    public HubSpotRequestLedger Ledger { get; } = new();
    public Uri BaseAddress { get; private set; } = null!;
    public IReadOnlyCollection<HubSpotAccount> Accounts => [.. accounts.Values];

    public static async Task<HubSpotSimulator> StartAsync(HubSpotSimulatorOptions options, CancellationToken ct)
    {
        var simulator = new HubSpotSimulator(options);
        await simulator.app.StartAsync(ct);
        var server = simulator.app.Services.GetRequiredService<IServer>();
        simulator.BaseAddress = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return simulator;
    }

    /// <summary>The token is a private app's and does not expire; without a list of scopes it may do everything.</summary>
    public HubSpotAccount AddAccount(long portalId, string accessToken, string[]? scopes = null)
    {
        var account = new HubSpotAccount(portalId, Options, http);
        if (!accounts.TryAdd(portalId, account))
            throw new ArgumentException($"There is an account {portalId} already.", nameof(portalId));
        tokens.AddPrivate(accessToken, account, scopes);
        return account;
    }

    public HubSpotAccount Account(long portalId) => accounts[portalId];

    /// <summary>A person consents to the app's use of the account.</summary>
    /// <returns>The code that they are sent back with.</returns>
    public string Consent(HubSpotAccount account, Uri redirect) => tokens.NewCode(account, redirect.OriginalString);

    /// <summary>The user takes the app's permission back: no refresh works any more.</summary>
    public void RevokeRefreshToken(HubSpotAccount account) => tokens.RevokeRefresh(account.RefreshToken);

    /// <summary>Completes when no account has an event queued, under way or waiting for its next try.</summary>
    public Task WebhooksIdleAsync(CancellationToken ct) => Task.WhenAll(accounts.Values.Select(account => account.Webhooks.IdleAsync(ct)));

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, true))
            return;
        foreach (var account in accounts.Values)
            await account.Webhooks.DisposeAsync();
        await app.DisposeAsync();
        http.Dispose();
    }

    private static WebApplication Build(HubSpotSimulatorOptions options, HubSpotServer server)
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
        HubSpotRoutes.Map(app, server);
        return app;
    }

    /// <summary>Ctrl-C belongs to the process, which disposes the simulator when its turn comes.</summary>
    private sealed class OwnedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
