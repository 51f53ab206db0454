using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>The first connection of two filled CRMs: what belongs together, looked at and approved before anything is joined, created or pushed.</summary>
public sealed class MatchPlanFunction(SupabaseTokens tokens, MatchPlans plans, MatchViews views, MatchStages stages)
{
    private const int MaxBodyBytes = 256 * 1024;
    private const string Route = "api/v1/connections/{platform}/match-plan";

    private readonly ApiGate _gate = new(tokens);

    /// <summary>Makes the plan, or makes it anew.</summary>
    [Function("make-match-plan")]
    public Task<IResult> MakeAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Route)] HttpRequest request, string platform, CancellationToken ct) =>
        _gate.WriteAsync(request, (tenant, person) => OnAsync(platform, async known => Answer(await plans.StartAsync(tenant, known, person, ct))), ct);

    [Function("get-match-plan")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Route)] HttpRequest request, string platform, CancellationToken ct) =>
        _gate.ReadAsync(
            request,
            tenant => OnAsync(platform, async known => await views.FindAsync(tenant, known, ct) is { } view ? Answers.Json(view) : Answers.Problem(StatusCodes.Status404NotFound)),
            ct);

    /// <summary><c>{"fields": ["name", "company", "amount"]}</c>: by what deals match; none for never.</summary>
    [Function("set-deal-rule")]
    public Task<IResult> SetDealRuleAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = Route + "/deal-rule")] HttpRequest request, string platform, CancellationToken ct) =>
        _gate.WriteAsync(
            request,
            (tenant, person) => OnAsync(platform, async known =>
            {
                if (await JsonBody.ReadAsync<RuleBody>(request, MaxBodyBytes, ct) is not { Fields: { } fields } || fields.Contains(null!))
                    return Answers.Problem(StatusCodes.Status400BadRequest, "The body is {\"fields\": [...]}.");
                try
                {
                    return await plans.SetDealRuleAsync(tenant, known, fields, person, ct)
                        ? Answers.Json(new { Fields = fields })
                        : Answers.Problem(StatusCodes.Status404NotFound);
                }
                catch (FormatException e)
                {
                    return Answers.Problem(StatusCodes.Status400BadRequest, e.Message);
                }
            }),
            ct);

    /// <summary><c>{"stages": [{"pipeline": "default", "stage": "won", "as": "…"}]}</c>: which stages are stages that the hub knows.</summary>
    [Function("confirm-stages")]
    public Task<IResult> ConfirmStagesAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = Route + "/stages")] HttpRequest request, string platform, CancellationToken ct) =>
        _gate.AdminAsync(
            request,
            (tenant, person) => OnAsync(platform, async known =>
                await JsonBody.ReadAsync<StagesBody>(request, MaxBodyBytes, ct) is { Stages: { } chosen } && chosen.All(stage => stage is { Pipeline: not null, Stage: not null })
                    ? Answer(await stages.ConfirmAsync(tenant, known, chosen, person, ct))
                    : Answers.Problem(StatusCodes.Status400BadRequest, "The body is {\"stages\": [{\"pipeline\": ..., \"stage\": ..., \"as\": ...}]}.")),
            ct);

    /// <summary><c>{"plan": "…", "choices": {"company": "create_missing", "contact": "create_here", "deal": "link_only"}}</c>.</summary>
    [Function("approve-match-plan")]
    public Task<IResult> ApproveAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Route + "/approve")] HttpRequest request, string platform, CancellationToken ct) =>
        _gate.AdminAsync(
            request,
            (tenant, person) => OnAsync(platform, async known =>
            {
                if (await JsonBody.ReadAsync<ApproveBody>(request, MaxBodyBytes, ct) is not { Plan: { } plan, Choices: { } named })
                    return Answers.Problem(StatusCodes.Status400BadRequest, "The body names the plan that was looked at, and choices.");
                var choices = new Dictionary<RecordKind, MatchChoice>();
                foreach (var (name, text) in named)
                {
                    if (!Names.TryParse<RecordKind>(name, out var kind) || !Names.TryParse<MatchChoice>(text, out var choice))
                        return Answers.Problem(StatusCodes.Status400BadRequest, "A choice is link_only, create_here, create_there, create_missing or ignore, for a kind of record.");
                    choices[kind] = choice;
                }

                return Answer(await plans.ApproveAsync(tenant, known, plan, choices, person, ct));
            }),
            ct);

    private static Task<IResult> OnAsync(string platform, Func<Platform, Task<IResult>> work) =>
        Names.TryParse<Platform>(platform, out var known) ? work(known) : Task.FromResult(Answers.Problem(StatusCodes.Status404NotFound));

    internal static IResult Answer(MatchAnswer answer) => answer.State switch
    {
        MatchAnswerState.Done => Answers.Json(new { answer.Job }, StatusCodes.Status202Accepted),
        MatchAnswerState.Closed => Answers.Problem(StatusCodes.Status409Conflict, answer.Reason),
        MatchAnswerState.Refused => Answers.Problem(StatusCodes.Status400BadRequest, answer.Reason),
        _ => Answers.Problem(StatusCodes.Status404NotFound),
    };

    private sealed record RuleBody(IReadOnlyList<string>? Fields);

    private sealed record StagesBody(IReadOnlyList<StageChoice>? Stages);

    private sealed record ApproveBody(Guid? Plan, Dictionary<string, string>? Choices);
}
