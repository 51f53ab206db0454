using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>Fields that wait for a person, and what the person decides.</summary>
public sealed class ConflictsFunction(SupabaseTokens tokens, ConflictViews conflicts, Reviews reviews)
{
    private const int MaxBodyBytes = 256 * 1024;

    private readonly ApiGate _gate = new(tokens);

    [Function("list-conflicts")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/conflicts")] HttpRequest request, CancellationToken ct) =>
        _gate.ReadAsync(
            request,
            async tenant =>
            {
                string? state = request.Query["state"], kind = request.Query["kind"], record = request.Query["record"], after = request.Query["after"];
                if (state is not null && !ConflictViews.IsState(state))
                    return Answers.Problem(StatusCodes.Status400BadRequest, "'state' is none that a conflict can have.");
                if (!TryParse<RecordKind>(kind, out var known))
                    return Answers.Problem(StatusCodes.Status400BadRequest, "'kind' is no kind of record.");
                if (!TryParse(record, out var recordId) || !TryParse(after, out var last))
                    return Answers.Problem(StatusCodes.Status400BadRequest, "'record' or 'after' is no id.");
                return Answers.RawJson(await conflicts.ListAsync(tenant, new(state, known, recordId), last, ct));
            },
            ct);

    [Function("get-conflict")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/conflicts/{id}")] HttpRequest request, string id, CancellationToken ct) =>
        _gate.ReadAsync(
            request,
            async tenant => Guid.TryParseExact(id, "D", out var conflict) && await conflicts.FindAsync(tenant, conflict, ct) is { } json
                ? Answers.RawJson(json)
                : Answers.Problem(StatusCodes.Status404NotFound),
            ct);

    /// <summary><c>{"pick": "hub"}</c>, <c>{"pick": "remote", "always": true}</c> or <c>{"pick": "value", "value": "+15550100"}</c>.</summary>
    [Function("resolve-conflict")]
    public Task<IResult> ResolveAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/conflicts/{id}/resolve")] HttpRequest request, string id, CancellationToken ct) =>
        _gate.WriteAsync(
            request,
            async (tenant, person) =>
            {
                if (!Guid.TryParseExact(id, "D", out var conflict))
                    return Answers.Problem(StatusCodes.Status404NotFound);
                if (await JsonBody.ReadAsync<ResolveBody>(request, MaxBodyBytes, ct) is not { } body || !Names.TryParse<ReviewPick>(body.Pick, out var pick))
                    return Answers.Problem(StatusCodes.Status400BadRequest, "'pick' is hub, remote or value; 'value' and 'always' are all that may stand beside it.");
                if (body.Value.ValueKind != JsonValueKind.Undefined != (pick == ReviewPick.Value) || !TryRead(body.Value, out var value))
                    return Answers.Problem(StatusCodes.Status400BadRequest, "'value' is a text, a number, true, false, or null to clear the field, and goes with the pick 'value'.");
                if (body.Always && pick == ReviewPick.Value)
                    return Answers.Problem(StatusCodes.Status400BadRequest, "'always' goes with the picks hub and remote.");
                return Answer(await reviews.ResolveAsync(tenant, conflict, new(pick, value), body.Always, person, ct));
            },
            ct);

    // What has become of it in the meantime is what the caller needs to see.
    private static IResult Answer(ReviewResult result) => (result.State, result.Conflict) switch
    {
        (ReviewState.Resolved, { } json) => Answers.RawJson(json),
        (ReviewState.Closed, { } json) => Answers.RawJson(json, StatusCodes.Status409Conflict),
        (ReviewState.Refused, _) => Answers.Problem(StatusCodes.Status400BadRequest, result.Reason),
        _ => Answers.Problem(StatusCodes.Status404NotFound),
    };

    private static bool TryParse<T>(string? name, out T? value)
        where T : struct, Enum
    {
        var isKnown = Names.TryParse<T>(name, out var known);
        value = isKnown ? known : null;
        return isKnown || name is null;
    }

    private static bool TryParse(string? text, out Guid? id)
    {
        var isId = Guid.TryParseExact(text, "D", out var parsed);
        id = isId ? parsed : null;
        return isId || text is null;
    }

    private static bool TryRead(JsonElement value, out string? text)
    {
        text = null;
        if (value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
            return false;
        try
        {
            text = value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Undefined or JsonValueKind.Null => null,
                _ => value.GetRawText(),
            };
            return true;
        }
        catch (InvalidOperationException)
        {
            return false; // half a surrogate pair
        }
    }

    private sealed record ResolveBody(string? Pick, JsonElement Value, bool Always);
}
