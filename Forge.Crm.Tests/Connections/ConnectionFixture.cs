using System.Text.Json;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.LocalHost.Pipedrive;
using Forge.Crm.Tests.Functions;
using Forge.Crm.Tests.PostgreSql;
using Forge.Crm.Tests.SupabaseProject;

namespace Forge.Crm.Tests.Connections;

/// <summary>The functions with all simulators behind them; each test has a tenant and accounts of its own.</summary>
public sealed class ConnectionFixture : IAsyncLifetime
{
    public const string Person = "5f0c1f3e-0000-4000-8000-000000000001";
    public const string ReturnUrl = "https://console.example.com/settings?tab=crm";

    private long _account = 70_000;

    internal HubDatabase Hub { get; private set; } = null!;

    internal FunctionsServer Server { get; private set; } = null!;

    internal HubSpotSimulator HubSpot { get; private set; } = null!;

    internal PipedriveSimulator Pipedrive { get; private set; } = null!;

    internal ProjectBed Project { get; private set; } = null!;

    internal ISecretStore Secrets => Server.Get<ISecretStore>();

    public async Task InitializeAsync()
    {
        Hub = await HubDatabase.CreateAsync();
        HubSpot = await HubSpotSimulator.StartAsync(new(), CancellationToken.None);
        Pipedrive = await PipedriveSimulator.StartAsync(new(), CancellationToken.None);
        Project = await ProjectBed.StartAsync();
        Server = await StartServerAsync();
    }

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        await HubSpot.DisposeAsync();
        await Pipedrive.DisposeAsync();
        await Project.DisposeAsync();
        await Hub.DisposeAsync();
    }

    internal Task<FunctionsServer> StartServerAsync(params (string Key, string? Value)[] more) => FunctionsServer.StartAsync(
        Hub,
        [
            ("HubSpot:BaseAddress", HubSpot.BaseAddress.ToString()), ("HubSpot:OAuthClientId", HubSpot.Options.ClientId),
            ("HubSpot:OAuthClientSecret", HubSpot.Options.ClientSecret), ("HubSpot:CallsPerTenSeconds", "1000"),
            ("Pipedrive:BaseAddress", Pipedrive.BaseAddress.ToString()), ("Pipedrive:OAuthAddress", Pipedrive.BaseAddress.ToString()),
            ("Pipedrive:OAuthClientId", Pipedrive.Options.ClientId), ("Pipedrive:OAuthClientSecret", Pipedrive.Options.ClientSecret),
            ("Pipedrive:CallsPerTwoSeconds", "1000"), ("SupabaseProject:BaseAddress", Project.Simulator.BaseAddress.ToString()), .. more,
        ]);

    /// <summary>An account that nobody else uses, and its token.</summary>
    internal (long Id, string Token) NewAccount(Platform platform)
    {
        var id = Interlocked.Increment(ref _account);
        var token = platform == Platform.SupabaseProject ? ProjectBed.Key : $"token-of-{id}-canary";
        if (platform == Platform.HubSpot)
            HubSpot.AddAccount(id, token);
        else if (platform == Platform.Pipedrive)
            Pipedrive.AddAccount(id, token);
        return (id, token);
    }

    /// <summary>What connects it; projects have addresses of their own, and in these tests one key.</summary>
    internal static string BodyOf(Platform platform, long account, string token) =>
        platform == Platform.SupabaseProject ? $$"""{"token":"{{token}}","url":"https://{{account}}.supabase.co"}""" : $$"""{"token":"{{token}}"}""";

    internal Task<(int Status, string Body)> SendAsync(TenantId tenant, string method, string path, string? body = null, string role = "admin", string person = Person) =>
        SendAsync(Server, tenant, method, path, body, role, person);

    internal static async Task<(int Status, string Body)> SendAsync(
        FunctionsServer server, TenantId tenant, string method, string path, string? body = null, string role = "admin", string person = Person)
    {
        using var request = ApiTokenTests.Request(new(method), $"/api/v1/{path}", Token.For(tenant, role, person), body);
        using var response = await server.Client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>A tenant whose connection was made by token.</summary>
    internal async Task<(TenantId Tenant, long Account, string Token)> ConnectedAsync(Platform platform)
    {
        var tenant = await Hub.AddTenantAsync();
        var (account, token) = NewAccount(platform);
        (await SendAsync(tenant, "POST", $"connections/{platform.ToName()}", BodyOf(platform, account, token))).Status.ShouldBe(200);
        return (tenant, account, token);
    }

    /// <summary>How it is listed to people.</summary>
    internal async Task<JsonElement> ShownAsync(TenantId tenant, Platform platform)
    {
        var (status, body) = await SendAsync(tenant, "GET", $"connections/{platform.ToName()}", role: "viewer");
        status.ShouldBe(200);
        return JsonDocument.Parse(body).RootElement;
    }

    internal Task<string?> SecretRefAsync(TenantId tenant, Platform platform) =>
        Hub.ScalarAsync<string>($"select secret_ref from crm_sync_configs where tenant_id = '{tenant}' and platform = '{platform.ToName()}'");
}
