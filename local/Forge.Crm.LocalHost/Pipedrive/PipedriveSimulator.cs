using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>
/// Pipedrive's API and webhooks on this machine, for the demonstration, tests and benchmarks: stateful, in memory, in the documented shapes.
/// Several accounts live in one simulator; the token says which one a request means.
/// </summary>
internal sealed class PipedriveSimulator : IAsyncDisposable
{
    private readonly ConcurrentDictionary<long, PipedriveAccount> accounts = [];
    private readonly PipedriveTokens tokens;
    private readonly WebApplication app;
    private readonly HttpMessageInvoker http;
    private bool disposed;

    private PipedriveSimulator(PipedriveSimulatorOptions options)
    {
        Options = options;
        tokens = new PipedriveTokens(options.Time, options.AccessTokenLifetime);
        http = new HttpMessageInvoker(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        app = Build(options, new PipedriveServer(options, tokens, Ledger));
    }

    public PipedriveSimulatorOptions Options { get; }
    public PipedriveFaults Faults => Options.Faults;
    public PipedriveWebhookSettings Webhooks => Options.Webhooks;
    public PipedriveLimitSettings Limits => Options.Limits;
    public PipedriveRequestLedger Ledger { get; } = new();
    public Uri BaseAddress { get; private set; } = null!;
    public IReadOnlyCollection<PipedriveAccount> Accounts => [.. accounts.Values];

    public static async Task<PipedriveSimulator> StartAsync(PipedriveSimulatorOptions options, CancellationToken ct)
    {
        var simulator = new PipedriveSimulator(options);
        await simulator.app.StartAsync(ct);
        var server = simulator.app.Services.GetRequiredService<IServer>();
        simulator.BaseAddress = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return simulator;
    }

    /// <summary>The token is a user's API token and does not expire; the account's refresh token is made with it.</summary>
    public PipedriveAccount AddAccount(long companyId, string apiToken)
    {
        var account = new PipedriveAccount(companyId, Options, http);
        if (!accounts.TryAdd(companyId, account))
            throw new ArgumentException($"There is an account {companyId} already.", nameof(companyId));
        tokens.Add(apiToken, account);
        return account;
    }

    public PipedriveAccount Account(long companyId) => accounts[companyId];

    /// <summary>A person consents to the app's use of the account.</summary>
    /// <returns>The code that they are sent back with.</returns>
    public string Consent(PipedriveAccount account, Uri redirect) => tokens.NewCode(account, redirect.OriginalString);

    /// <summary>The user takes the app's permission back: no refresh works any more.</summary>
    public void RevokeRefreshToken(PipedriveAccount account) => tokens.Revoke(account.RefreshToken);

    /// <summary>All access tokens of the account end before their time.</summary>
    public void EndAccessTokens(PipedriveAccount account) => tokens.EndAccess(account);

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

    private static WebApplication Build(PipedriveSimulatorOptions options, PipedriveServer server)
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
        PipedriveRoutes.Map(app, server);
        return app;
    }

    /// <summary>Ctrl-C belongs to the process, which disposes the simulator when its turn comes.</summary>
    private sealed class OwnedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
