using System.Text.Json;
using Forge.Crm.Adapters.Rules;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Rules;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>The tenant's automation rules: <c>{"document": {...}, "enabled": true, "position": 5}</c>; see <c>GET /api/v1/rules/schema</c> for documents.</summary>
public sealed class RulesFunction(SupabaseTokens tokens, RuleSettings rules)
{
    private const int MaxBodyBytes = 128 * 1024;

    private readonly ApiGate _gate = new(tokens);

    [Function("list-rules")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/rules")] HttpRequest request, CancellationToken ct) =>
        _gate.ReadAsync(request, async tenant => Answers.Json(new { Rules = await rules.ListAsync(tenant, ct) }), ct);

    [Function("get-rule-schema")]
    public Task<IResult> SchemaAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/rules/schema")] HttpRequest request, CancellationToken ct) =>
        _gate.ReadAsync(request, _ => Task.FromResult(Answers.RawJson(RuleSchema.Text)), ct);

    [Function("get-rule")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/rules/{id}")] HttpRequest request, string id, CancellationToken ct) =>
        _gate.ReadAsync(
            request,
            async tenant => Guid.TryParseExact(id, "D", out var rule) && await rules.FindAsync(tenant, rule, ct) is { } stored ? Answers.Json(stored) : Answers.Problem(StatusCodes.Status404NotFound),
            ct);

    [Function("add-rule")]
    public Task<IResult> AddAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/rules")] HttpRequest request, CancellationToken ct) => SaveAsync(request, null, ct);

    [Function("set-rule")]
    public Task<IResult> SetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v1/rules/{id}")] HttpRequest request, string id, CancellationToken ct) => SaveAsync(request, id, ct);

    [Function("delete-rule")]
    public Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v1/rules/{id}")] HttpRequest request, string id, CancellationToken ct) =>
        _gate.AdminAsync(
            request,
            async (tenant, person) => Guid.TryParseExact(id, "D", out var rule) && await rules.DeleteAsync(tenant, rule, person, ct)
                ? Answers.Json(new { Status = "deleted" })
                : Answers.Problem(StatusCodes.Status404NotFound),
            ct);

    /// <summary>What the rule did of late, the newest first; <c>before</c> is the event that the page before ended with.</summary>
    [Function("list-rule-runs")]
    public Task<IResult> RunsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/rules/{id}/runs")] HttpRequest request, string id, CancellationToken ct) =>
        _gate.ReadAsync(
            request,
            async tenant =>
            {
                string? before = request.Query["before"];
                if (before is not null && !long.TryParse(before, System.Globalization.NumberStyles.None, null, out _))
                    return Answers.Problem(StatusCodes.Status400BadRequest, "'before' is no id of an event.");
                if (!Guid.TryParseExact(id, "D", out var rule) || await rules.FindAsync(tenant, rule, ct) is null)
                    return Answers.Problem(StatusCodes.Status404NotFound);
                return Answers.Json(new { Runs = await rules.RunsAsync(tenant, rule, before is null ? null : long.Parse(before, System.Globalization.CultureInfo.InvariantCulture), ct) });
            },
            ct);

    private Task<IResult> SaveAsync(HttpRequest request, string? id, CancellationToken ct) => _gate.AdminAsync(
        request,
        async (tenant, person) =>
        {
            Guid? rule = null;
            if (id is not null)
            {
                if (!Guid.TryParseExact(id, "D", out var known))
                    return Answers.Problem(StatusCodes.Status404NotFound);
                rule = known;
            }

            if (await JsonBody.ReadAsync<RuleBody>(request, MaxBodyBytes, ct) is not { Document.ValueKind: JsonValueKind.Object } body)
                return Answers.Problem(StatusCodes.Status400BadRequest, "The body is {\"document\": {...}}; 'enabled' and 'position' are all that may stand beside it.");
            try
            {
                var stored = await rules.SaveAsync(tenant, rule, body.Document.GetRawText(), body.Enabled ?? true, body.Position, person, ct);
                return stored is null ? Answers.Problem(StatusCodes.Status404NotFound) : Answers.Json(stored);
            }
            catch (RuleFault e)
            {
                return Answers.Problem(StatusCodes.Status400BadRequest, $"{(e.Path.Length == 0 ? "document" : e.Path)}: {e.Reason}");
            }
        },
        ct);

    private sealed record RuleBody(JsonElement Document, bool? Enabled, int? Position);
}
