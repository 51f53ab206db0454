using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Forge.Crm.LocalHost.Pipedrive;
using Forge.Crm.Tests.HubSpot;

// Not "...PipedriveSimulator": a namespace of that name would hide the class from every other test.
namespace Forge.Crm.Tests.PipedriveSimulation;

/// <summary>A running simulator with one account, a client that speaks to it with its API token, and a clock that moves only when somebody waits.</summary>
internal sealed class PipedriveFixture : IAsyncDisposable
{
    public const long CompanyId = 8_000_001;
    public const string Token = "token-1";
    public static readonly TimeSpan DeliveryLimit = TimeSpan.FromSeconds(10);
    public static readonly DateTimeOffset Start = new(2026, 10, 1, 9, 0, 0, TimeSpan.Zero);

    private readonly HttpMessageInvoker http = new(new SocketsHttpHandler());

    private PipedriveFixture(PipedriveSimulator simulator, WaitedClock clock)
    {
        (Simulator, Clock) = (simulator, clock);
        Account = simulator.AddAccount(CompanyId, Token);
    }

    public PipedriveSimulator Simulator { get; }
    public WaitedClock Clock { get; }
    public PipedriveAccount Account { get; }

    public static async Task<PipedriveFixture> StartAsync()
    {
        var clock = new WaitedClock(Start, DeliveryLimit);
        // On a busy machine the moving clock would let a delivery run into its limit; the test of the limit sets it.
        var webhooks = new PipedriveWebhookSettings { Timeout = Timeout.InfiniteTimeSpan };
        return new(await PipedriveSimulator.StartAsync(new() { Time = clock, Webhooks = webhooks }, CancellationToken.None), clock);
    }

    public Task<PipedriveAnswer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<PipedriveAnswer> PostAsync(string path, object body) => SendAsync(HttpMethod.Post, path, body);

    public Task<PipedriveAnswer> PatchAsync(string path, object body) => SendAsync(HttpMethod.Patch, path, body);

    public Task<PipedriveAnswer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    public async Task<PipedriveAnswer> SendAsync(HttpMethod method, string path, object? body = null, string? token = Token)
    {
        using var request = new HttpRequestMessage(method, new Uri(Simulator.BaseAddress, path));
        if (token is not null)
            request.Headers.Add("x-api-token", token);
        if (body is not null)
            request.Content = new StringContent(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        return await ReadAsync(request);
    }

    public async Task<PipedriveAnswer> RefreshAsync(string refreshToken, string client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Simulator.BaseAddress, "/oauth/token"))
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken }),
        };
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(client)));
        return await ReadAsync(request);
    }

    public string Person(string name, string? email = null) => Account.Create("persons", new()
    {
        ["name"] = name,
        ["emails"] = email is null ? [] : new JsonArray(new JsonObject { ["value"] = email }),
    });

    /// <summary>Lets the clock run until no webhook is under way or waiting.</summary>
    public Task WebhooksAsync() => Clock.RunAsync(IdleAsync());

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await Simulator.DisposeAsync();
    }

    private async Task<bool> IdleAsync()
    {
        await Simulator.WebhooksIdleAsync(CancellationToken.None);
        return true;
    }

    private async Task<PipedriveAnswer> ReadAsync(HttpRequestMessage request)
    {
        using var response = await http.SendAsync(request, CancellationToken.None);
        var text = await response.Content.ReadAsStringAsync();
        return new(response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text) : null, response.Headers, response.Content.Headers.ContentType?.MediaType);
    }
}

internal sealed record PipedriveAnswer(HttpStatusCode Status, JsonNode? Json, HttpResponseHeaders Headers, string? MediaType)
{
    public JsonNode? Data => Json!["data"];

    public string[] Ids => [.. Data!.AsArray().Select(record => record!["id"]!.ToString())];

    public string? Next => Json!["additional_data"]!["next_cursor"]?.GetValue<string>();

    public string Error => Json!["error"]!.GetValue<string>();

    public string Header(string name) => Headers.GetValues(name).Single();
}
