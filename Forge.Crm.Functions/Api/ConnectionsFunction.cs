using System.Text.Json.Serialization;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>A tenant's connections: how they are, how they sync, and the credentials that they are made with, which are never shown.</summary>
public sealed class ConnectionsFunction(SupabaseTokens tokens, CrmConnections connections, ConnectionSettings settings, ConnectionViews views)
{
    private const int MaxBodyBytes = 16 * 1024;

    private readonly ApiGate _gate = new(tokens);

    [Function("list-connections")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/connections")] HttpRequest request, CancellationToken ct) =>
        _gate.ReadAsync(request, async tenant => Answers.Json(new { Connections = await views.ListAsync(tenant, ct) }), ct);

    [Function("get-connection")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/connections/{platform}")] HttpRequest request, string platform, CancellationToken ct) =>
        _gate.ReadAsync(request, tenant => Names.TryParse<Platform>(platform, out var known) ? ShowAsync(tenant, known, ct) : NotFoundAsync(), ct);

    /// <summary>
    /// By token: <c>{"token": "pat-eu1-…", "webhook_secret": "…"}</c>. The webhook secret is the client secret of a HubSpot private app; Pipedrive's
    /// is made by us where it is left out. A project of the tenant's own is named too: <c>"url": "https://….supabase.co"</c>. Anew with other credentials of the same account, it changes nothing else. Where the account's own
    /// webhook secret was given, the answer, and no other, has the address that its webhooks are to be sent to.
    /// </summary>
    [Function("connect")]
    public Task<IResult> ConnectAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/connections/{platform}")] HttpRequest request, string platform, CancellationToken ct) =>
        _gate.AdminAsync(
            request,
            async (tenant, person) =>
            {
                if (!Names.TryParse<Platform>(platform, out var known) || !TokenForms.IsKnown(known))
                    return Answers.Problem(StatusCodes.Status404NotFound);
                if (await JsonBody.ReadAsync<TokenForm>(request, MaxBodyBytes, ct) is not { } form || TokenForms.Read(known, form) is not { } credentials)
                    return Answers.Problem(StatusCodes.Status400BadRequest, TokenForms.Remedy);
                try
                {
                    var address = await connections.ConnectAsync(tenant, known, credentials, person, ct);
                    return Answers.Json(new { Connection = await views.FindAsync(tenant, known, ct), WebhookAddress = address?.OriginalString });
                }
                catch (CrmConnectException e)
                {
                    return Answers.Problem(StatusCodes.Status409Conflict, e.Message);
                }
            },
            ct);

    /// <summary>
    /// <c>{"direction": "two_way", "kinds": ["company", "contact", "deal"], "delete_policy": "archive", "interval_minutes": 15}</c>, all of it; also
    /// <c>"delete_limit": 25, "delete_percent": 2</c>, which stay as they are where they are left out.
    /// </summary>
    [Function("set-connection")]
    public Task<IResult> SetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v1/connections/{platform}")] HttpRequest request, string platform, CancellationToken ct) =>
        _gate.AdminAsync(
            request,
            async (tenant, person) =>
            {
                if (!Names.TryParse<Platform>(platform, out var known))
                    return Answers.Problem(StatusCodes.Status404NotFound);
                if (await JsonBody.ReadAsync<SettingsBody>(request, MaxBodyBytes, ct)
                        is not { Direction: { } direction, Kinds: { } kinds, DeletePolicy: { } policy, IntervalMinutes: { } minutes } body
                    || kinds.Contains(null!))
                    return Answers.Problem(StatusCodes.Status400BadRequest, "The body names direction, kinds, delete_policy and interval_minutes, all four, may name delete_limit and delete_percent, and nothing else.");
                try
                {
                    return await settings.SetAsync(tenant, known, new(direction, kinds, policy, minutes, body.DeleteLimit, body.DeletePercent), person, ct)
                        ? await ShowAsync(tenant, known, ct)
                        : Answers.Problem(StatusCodes.Status404NotFound);
                }
                catch (FormatException e)
                {
                    return Answers.Problem(StatusCodes.Status400BadRequest, e.Message);
                }
            },
            ct);

    [Function("test-connection")]
    public Task<IResult> TestAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/connections/{platform}/test")] HttpRequest request, string platform,
        CancellationToken ct) =>
        _gate.WriteAsync(
            request,
            async (tenant, _) => Names.TryParse<Platform>(platform, out var known) && await connections.TestAsync(tenant, known, ct) is { } test
                ? Answers.Json(test)
                : Answers.Problem(StatusCodes.Status404NotFound),
            ct);

    [Function("pause-connection")]
    public Task<IResult> PauseAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/connections/{platform}/pause")] HttpRequest request, string platform,
        CancellationToken ct) =>
        _gate.WriteAsync(request, (tenant, person) => ChangeAsync(tenant, platform, known => connections.PauseAsync(tenant, known, person, ct), ct), ct);

    [Function("resume-connection")]
    public Task<IResult> ResumeAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/connections/{platform}/resume")] HttpRequest request, string platform,
        CancellationToken ct) =>
        _gate.WriteAsync(request, (tenant, person) => ChangeAsync(tenant, platform, known => connections.ResumeAsync(tenant, known, person, ct), ct), ct);

    [Function("disconnect")]
    public Task<IResult> DisconnectAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v1/connections/{platform}")] HttpRequest request, string platform,
        CancellationToken ct) =>
        _gate.AdminAsync(request, (tenant, person) => ChangeAsync(tenant, platform, known => connections.DisconnectAsync(tenant, known, person, ct), ct), ct);

    private async Task<IResult> ChangeAsync(TenantId tenant, string platform, Func<Platform, Task<ConnectionChange>> change, CancellationToken ct) =>
        !Names.TryParse<Platform>(platform, out var known) ? Answers.Problem(StatusCodes.Status404NotFound) : await change(known) switch
        {
            ConnectionChange.Done => await ShowAsync(tenant, known, ct),
            ConnectionChange.NotPossible => Answers.Problem(StatusCodes.Status409Conflict, "The connection waits for new credentials: connect it again."),
            _ => Answers.Problem(StatusCodes.Status404NotFound),
        };

    private async Task<IResult> ShowAsync(TenantId tenant, Platform platform, CancellationToken ct) =>
        await views.FindAsync(tenant, platform, ct) is { } view ? Answers.Json(view) : Answers.Problem(StatusCodes.Status404NotFound);

    private static Task<IResult> NotFoundAsync() => Task.FromResult(Answers.Problem(StatusCodes.Status404NotFound));

    private sealed record SettingsBody(
        string? Direction, IReadOnlyList<string>? Kinds, [property: JsonPropertyName("delete_policy")] string? DeletePolicy,
        [property: JsonPropertyName("interval_minutes")] int? IntervalMinutes, [property: JsonPropertyName("delete_limit")] int? DeleteLimit,
        [property: JsonPropertyName("delete_percent")] int? DeletePercent);
}
