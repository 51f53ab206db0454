using Forge.Crm.Adapters.Intake;
using Forge.Crm.Adapters.OAuth;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Functions.Api;

/// <summary>
/// Connecting by consent (OAuth). A browser that comes back shows no access token, so nothing is connected by that: the code goes on to the
/// page of whoever began, and they finish. Where a person ends up is configured; no request can say it.
/// </summary>
public sealed class ConsentFunction(SupabaseTokens tokens, Consents consents, ConnectionViews views, IOptions<IntakeOptions> options)
{
    private const int MaxBodyBytes = 16 * 1024;

    private readonly ApiGate _gate = new(tokens);

    /// <summary>Answers with the address where the administrator consents, within ten minutes and once.</summary>
    [Function("start-consent")]
    public Task<IResult> StartAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/connections/{platform}/oauth/start")] HttpRequest request, string platform,
        CancellationToken ct) =>
        _gate.AdminAsync(
            request,
            async (tenant, person) => Names.TryParse<Platform>(platform, out var known) && await consents.StartAsync(tenant, known, person, ct) is { } address
                ? Answers.Json(new { AuthorizeUrl = address.AbsoluteUri })
                : Answers.Problem(StatusCodes.Status404NotFound),
            ct);

    /// <summary>Where the platform sends the person back to. Keeps nothing, connects nothing, and looks nothing up.</summary>
    [Function("return-from-consent")]
    public IResult Return(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/oauth/callback/{platform}")] HttpRequest request, string platform) =>
        Names.TryParse<Platform>(platform, out var known)
            ? ConsentAnswer.Of(known, One(request, "state"), One(request, "code"), options.Value)
            : Answers.Problem(StatusCodes.Status404NotFound);

    /// <summary><c>{"state": "…", "code": "…"}</c>, as the person was sent back with them: by the administrator who began, for the same tenant.</summary>
    [Function("finish-consent")]
    public Task<IResult> FinishAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/connections/{platform}/oauth/finish")] HttpRequest request, string platform,
        CancellationToken ct) =>
        _gate.AdminAsync(
            request,
            async (tenant, person) =>
            {
                if (!Names.TryParse<Platform>(platform, out var known))
                    return Answers.Problem(StatusCodes.Status404NotFound);
                if (await JsonBody.ReadAsync<FinishBody>(request, MaxBodyBytes, ct) is not { State: { Length: > 0 } state, Code: { Length: > 0 } code })
                    return Answers.Problem(StatusCodes.Status400BadRequest, "The body names state and code, as the platform sent them back, and nothing else.");
                return await consents.FinishAsync(tenant, known, person, state, code, ct) switch
                {
                    ConsentOutcome.Connected => Answers.Json(new { Connection = await views.FindAsync(tenant, known, ct) }),
                    ConsentOutcome.Refused => Answers.Problem(
                        StatusCodes.Status409Conflict, "The platform refuses the code, or its account is another one than the tenant's: begin again with oauth/start."),
                    _ => Answers.Problem(
                        StatusCodes.Status400BadRequest, "The state was used before, is older than ten minutes, or is not of a consent that you began: begin again with oauth/start."),
                };
            },
            ct);

    // No sentence of a stranger's is to stand on our page: neither has a space in it.
    private static string? One(HttpRequest request, string name) =>
        request.Query[name] is [{ Length: > 0 and <= 4_096 } value] && value.All(c => c is > ' ' and < (char)127) ? value : null;

    private sealed record FinishBody(string? State, string? Code)
    {
        /// <summary>Never the code: a record's own text would carry it into a log.</summary>
        public override string ToString() => nameof(FinishBody);
    }
}
