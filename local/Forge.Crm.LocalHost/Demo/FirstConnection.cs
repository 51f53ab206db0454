using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Stack;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.LocalHost.Demo;

/// <summary>
/// What a person does over the API when a second CRM is connected: has the match plan made, looks at it, approves it. Everything that is missing
/// on either side is to be created.
/// </summary>
internal sealed class FirstConnection(LocalFunctions functions, TenantId tenant, Platform platform) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http = functions.Services.GetRequiredService<IHttpClientFactory>().CreateClient();
    private readonly AuthenticationHeaderValue _token = new("Bearer", DemoToken.For(tenant, functions.JwtSecret));

    /// <summary>Both ways, what was connected for reading alone.</summary>
    public async Task OpenBothWaysAsync(CancellationToken ct) => await AskAsync(HttpMethod.Put, "", new JsonObject
    {
        ["direction"] = "two_way",
        ["kinds"] = new JsonArray("company", "contact", "deal"),
        ["delete_policy"] = "propagate",
        ["interval_minutes"] = 15,
    }, ct);

    /// <returns>The plan, as it was made and approved.</returns>
    public async Task<JsonNode> ApproveAsync(CancellationToken ct)
    {
        await AskAsync(HttpMethod.Post, "/match-plan", new JsonObject(), ct);
        var plan = await PlanAsync("ready", ct);
        await AskAsync(HttpMethod.Post, "/match-plan/approve", new JsonObject
        {
            ["plan"] = plan["plan"]!.GetValue<string>(),
            ["choices"] = new JsonObject { ["company"] = "create_missing", ["contact"] = "create_missing", ["deal"] = "create_missing" },
        }, ct);
        await PlanAsync("settled", ct);
        return plan;
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode> PlanAsync(string state, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        while (true)
        {
            var plan = await AskAsync(HttpMethod.Get, "/match-plan", null, patience.Token);
            if (plan["state"]!.GetValue<string>() == state)
                return plan;
            await Task.Delay(50, patience.Token);
        }
    }

    private async Task<JsonNode> AskAsync(HttpMethod method, string path, JsonObject? body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, new Uri(functions.Address, $"api/v1/connections/{platform.ToName()}{path}"))
        {
            Headers = { Authorization = _token },
            Content = body is null ? null : JsonContent.Create(body),
        };
        using var answer = await _http.SendAsync(request, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        return answer.IsSuccessStatusCode
            ? JsonNode.Parse(text)!
            : throw new LocalHostException($"{method} {request.RequestUri} was answered {(int)answer.StatusCode}: {text}");
    }
}
