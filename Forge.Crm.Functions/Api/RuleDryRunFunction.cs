using System.Text.Json;
using Forge.Crm.Adapters.Rules;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>
/// What a rule would have done of past events, and would do of times that have come, changing nothing: <c>{"document": {...}}</c> or <c>{"rule": "id"}</c>, and
/// <c>"since": "2026-11-01T00:00:00Z"</c> (a week ago), <c>"limit": 200</c> (of the events looked at).
/// </summary>
public sealed class RuleDryRunFunction(SupabaseTokens tokens, RuleSettings rules, RuleRehearsals rehearsals, TimeProvider clock)
{
    private const int MaxBodyBytes = 128 * 1024;
    private const int DefaultLimit = 200;

    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    private readonly ApiGate _gate = new(tokens);

    [Function("dry-run-rule")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/rules/dry-run")] HttpRequest request, CancellationToken ct) =>
        _gate.WriteAsync(
            request,
            async (tenant, _) =>
            {
                if (await JsonBody.ReadAsync<DryRunBody>(request, MaxBodyBytes, ct) is not { } body || body.Document.ValueKind == JsonValueKind.Object == (body.Rule is not null))
                    return Answers.Problem(StatusCodes.Status400BadRequest, "The body names either a 'document' or a 'rule'; 'since' and 'limit' may stand beside it.");
                if (body.Limit is < 1 or > RuleRehearsals.MostEvents)
                    return Answers.Problem(StatusCodes.Status400BadRequest, $"'limit' is from 1 to {RuleRehearsals.MostEvents}.");
                var document = body.Rule is { } id ? (await rules.FindAsync(tenant, id, ct))?.Document.GetRawText() : body.Document.GetRawText();
                if (document is null)
                    return Answers.Problem(StatusCodes.Status404NotFound);
                try
                {
                    return Answers.Json(Shown(await rehearsals.RunAsync(tenant, document, body.Since ?? clock.GetUtcNow() - Week, body.Limit ?? DefaultLimit, ct, body.Rule)));
                }
                catch (RuleFault e)
                {
                    return Answers.Problem(StatusCodes.Status400BadRequest, $"{(e.Path.Length == 0 ? "document" : e.Path)}: {e.Reason}");
                }
            },
            ct);

    private static object Shown(Rehearsal rehearsal) => new
    {
        rehearsal.Events,
        rehearsal.Through,
        rehearsal.Warning,
        Runs = rehearsal.Runs.Select(run => new
        {
            run.At,
            run.Event,
            Kind = run.Kind?.ToName(),
            run.RecordId,
            run.Notes,
            run.Problem,
            Actions = run.Effects.Select(Shown),
        }),
    };

    private static object Shown(RuleEffect effect) => effect switch
    {
        RuleEffect.Create create => new { Do = "create", Kind = create.Kind.ToName(), Fields = create.Values, Link = create.Links.Select(link => new { Kind = link.Kind.ToName(), link.Id }) },
        RuleEffect.Set set => new { Do = "set", Kind = set.Kind.ToName(), set.Id, Fields = set.Values },
        RuleEffect.HubSpotLead lead => new { Do = "hubspot_lead", Id = lead.Contact, lead.Name },
        RuleEffect.Alert alert => new { Do = "alert", alert.To, alert.Owner, alert.Subject, alert.Text },
        RuleEffect.Webhook webhook => new { Do = "webhook", webhook.Url, Body = JsonSerializer.Deserialize<JsonElement>(webhook.Body) },
        _ => throw new InvalidOperationException($"{effect.GetType().Name} is no effect that is shown."),
    };

    private sealed record DryRunBody(JsonElement Document, Guid? Rule, DateTimeOffset? Since, int? Limit);
}
