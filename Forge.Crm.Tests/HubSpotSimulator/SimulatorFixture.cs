using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Forge.Crm.LocalHost.HubSpot;
using Microsoft.Extensions.Time.Testing;

// Not "...HubSpotSimulator": a namespace of that name would hide the class from every other test.
namespace Forge.Crm.Tests.HubSpotSimulation;

/// <summary>A running simulator with one account, and a client that speaks to it as that account's private app.</summary>
internal sealed class SimulatorFixture : IAsyncDisposable
{
    public const long PortalId = 62515;
    public const string Token = "pat-eu1-test";

    private readonly HttpMessageInvoker http = new(new SocketsHttpHandler());

    private SimulatorFixture(HubSpotSimulator simulator, FakeTimeProvider? clock)
    {
        Simulator = simulator;
        Clock = clock;
        Account = simulator.AddAccount(PortalId, Token);
    }

    public HubSpotSimulator Simulator { get; }
    public FakeTimeProvider? Clock { get; }
    public HubSpotAccount Account { get; }

    public static async Task<SimulatorFixture> StartAsync(HubSpotSimulatorOptions? options = null) =>
        new(await HubSpotSimulator.StartAsync(options ?? new(), CancellationToken.None), null);

    /// <summary>With a clock that only moves when told to.</summary>
    public static async Task<SimulatorFixture> StartFrozenAsync(Func<FakeTimeProvider, HubSpotSimulatorOptions>? options = null)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 10, 1, 9, 0, 0, TimeSpan.Zero));
        return new(await HubSpotSimulator.StartAsync(options?.Invoke(clock) ?? new() { Time = clock }, CancellationToken.None), clock);
    }

    public Task<Answer> GetAsync(string path, string token = Token) => SendAsync(HttpMethod.Get, path, null, token);

    public Task<Answer> PostAsync(string path, object body, string token = Token) => SendAsync(HttpMethod.Post, path, body, token);

    public async Task<Answer> SendAsync(HttpMethod method, string path, object? body = null, string token = Token)
    {
        using var request = new HttpRequestMessage(method, new Uri(Simulator.BaseAddress, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null)
            request.Content = new StringContent(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        return await ReadAsync(request);
    }

    public async Task<Answer> FormAsync(string path, params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Simulator.BaseAddress, path))
        {
            Content = new FormUrlEncodedContent(fields.ToDictionary(field => field.Name, field => field.Value)),
        };
        return await ReadAsync(request);
    }

    public string Contact(string email, params (string Name, string Value)[] more) =>
        Account.Create("contacts", more.Append(("email", email)).ToDictionary(pair => pair.Item1, pair => pair.Item2));

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await Simulator.DisposeAsync();
    }

    private async Task<Answer> ReadAsync(HttpRequestMessage request)
    {
        using var response = await http.SendAsync(request, CancellationToken.None);
        var text = await response.Content.ReadAsStringAsync();
        var json = text.Length > 0 ? JsonDocument.Parse(text).RootElement : default;
        return new(response.StatusCode, json, response.Headers);
    }
}

internal sealed record Answer(HttpStatusCode Status, JsonElement Json, HttpResponseHeaders Headers)
{
    public JsonElement this[string name] => Json.GetProperty(name);

    public JsonElement[] Results => [.. Json.GetProperty("results").EnumerateArray()];

    public string? Text(string name) => Json.GetProperty(name).GetString();

    public string? Property(string name) => Json.GetProperty("properties").GetProperty(name).GetString();

    public string? Next => Json.TryGetProperty("paging", out var paging) ? paging.GetProperty("next").GetProperty("after").GetString() : null;

    public string[] Ids => [.. Results.Select(result => result.GetProperty("id").GetString()!)];
}
