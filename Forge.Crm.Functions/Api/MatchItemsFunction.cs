using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>What a match plan says record by record, and what a person decides of those that it cannot tell, one by one or many at once.</summary>
public sealed class MatchItemsFunction(SupabaseTokens tokens, MatchViews views, MatchResolutions resolutions)
{
    private const int MaxBodyBytes = 32 * 1024;
    private const int MostAtOnce = 100;
    private const string FormOfOne = "'decision' is join, new or out; 'with' names the other side's record and goes with join.";
    private const string Route = "api/v1/connections/{platform}/match-plan/items";

    private readonly ApiGate _gate = new(tokens);

    [Function("list-match-items")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Route)] HttpRequest request, string platform, CancellationToken ct) =>
        _gate.ReadAsync(
            request,
            async tenant =>
            {
                string? @class = request.Query["class"], after = request.Query["after"];
                if (!Names.TryParse<Platform>(platform, out var known))
                    return Answers.Problem(StatusCodes.Status404NotFound);
                if (!Names.TryParse<RecordKind>(request.Query["kind"], out var kind))
                    return Answers.Problem(StatusCodes.Status400BadRequest, "'kind' is no kind of record.");
                if (!Names.TryParse<MatchClass>(@class, out var only) && @class is not null)
                    return Answers.Problem(StatusCodes.Status400BadRequest, "'class' is matched, ambiguous, only_here or only_there.");
                if (!Guid.TryParseExact(after, "D", out var last) && after is not null)
                    return Answers.Problem(StatusCodes.Status400BadRequest, "'after' is no id.");
                return Answers.RawJson(await views.ItemsAsync(tenant, known, kind, @class is null ? null : only, after is null ? null : last, ct));
            },
            ct);

    /// <summary><c>{"decision": "join", "with": "…"}</c>, <c>{"decision": "new"}</c> or <c>{"decision": "out"}</c>.</summary>
    [Function("resolve-match-item")]
    public Task<IResult> ResolveAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Route + "/{id}/resolve")] HttpRequest request, string platform, string id, CancellationToken ct) =>
        _gate.WriteAsync(
            request,
            async (tenant, person) =>
            {
                if (!Names.TryParse<Platform>(platform, out var known) || !Guid.TryParseExact(id, "D", out var item))
                    return Answers.Problem(StatusCodes.Status404NotFound);
                if (await JsonBody.ReadAsync<ResolveBody>(request, MaxBodyBytes, ct) is not { } body || DecidedOf(item, body.Decision, body.With) is not { } decided)
                    return Answers.Problem(StatusCodes.Status400BadRequest, FormOfOne);
                var answer = (await resolutions.ResolveAsync(tenant, known, [decided], person, ct))[0];
                return answer.State == MatchAnswerState.Done && await views.ItemAsync(tenant, known, item, ct) is { } json
                    ? Answers.RawJson(json)
                    : MatchPlanFunction.Answer(answer);
            },
            ct);

    /// <summary>
    /// <c>{"resolutions": [{"item": "…", "decision": "join", "with": "…"}, …]}</c>, up to a hundred; each has a result of its own, in their order:
    /// <c>{"results": [{"item": "…", "state": "done"}, {"item": "…", "state": "closed", "reason": "…"}]}</c>.
    /// </summary>
    [Function("resolve-match-items")]
    public Task<IResult> ResolveManyAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Route + "/resolve")] HttpRequest request, string platform, CancellationToken ct) =>
        _gate.WriteAsync(
            request,
            async (tenant, person) =>
            {
                if (!Names.TryParse<Platform>(platform, out var known))
                    return Answers.Problem(StatusCodes.Status404NotFound);
                if (await JsonBody.ReadAsync<ResolveManyBody>(request, MaxBodyBytes, ct) is not { Resolutions: { Count: > 0 and <= MostAtOnce } all } || all.Contains(null!))
                    return Answers.Problem(StatusCodes.Status400BadRequest, $"The body is {{\"resolutions\": [{{\"item\": ..., \"decision\": ...}}]}}, of 1 to {MostAtOnce}.");
                var decided = all.Select(one => one.Item is { } item ? DecidedOf(item, one.Decision, one.With) : null).ToList();
                var answers = new Queue<MatchAnswer>(await resolutions.ResolveAsync(tenant, known, [.. decided.OfType<DecidedItem>()], person, ct));
                var results = all.Zip(decided, (one, item) => (one.Item, Answer: item is null ? MatchAnswer.Refused(one.Item is null ? "'item' is missing." : FormOfOne) : answers.Dequeue()));
                return Answers.Json(new { Results = results.Select(result => new { result.Item, State = result.Answer.State.ToName(), result.Answer.Reason }) });
            },
            ct);

    private static DecidedItem? DecidedOf(Guid item, string? decision, Guid? with) =>
        Names.TryParse<MatchDecision>(decision, out var known) && known == MatchDecision.Join == with.HasValue ? new(item, known, with) : null;

    private sealed record ResolveBody(string? Decision, Guid? With);

    private sealed record ResolveManyBody(IReadOnlyList<ResolveOneBody>? Resolutions);

    private sealed record ResolveOneBody(Guid? Item, string? Decision, Guid? With);
}
