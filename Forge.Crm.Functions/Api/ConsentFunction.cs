using Forge.Crm.Adapters.Intake;
using Forge.Crm.Adapters.OAuth;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Functions.Api;

/// <summary>Connecting by consent (OAuth). Where a person ends up afterwards is configured; no request can say it.</summary>
public sealed class ConsentFunction(SupabaseTokens tokens, Consents consents, IOptions<IntakeOptions> options)
{
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

    /// <summary>Where the platform sends the person back to. Nobody is logged in: the state says for whom it is, and counts once.</summary>
    [Function("finish-consent")]
    public async Task<IResult> FinishAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/oauth/callback/{platform}")] HttpRequest request, string platform,
        CancellationToken ct)
    {
        if (!Names.TryParse<Platform>(platform, out var known))
            return Answers.Problem(StatusCodes.Status404NotFound);
        try
        {
            var result = await consents.FinishAsync(known, One(request, "state"), One(request, "code"), ct);
            return ConsentAnswer.Of(known, result, options.Value.ConsentReturnUrl);
        }
        catch (Exception e) when (e is CrmCallException or SecretUnavailableException or Npgsql.NpgsqlException { IsTransient: true })
        {
            return ConsentAnswer.Of(known, null, options.Value.ConsentReturnUrl);
        }
    }

    private static string? One(HttpRequest request, string name) => request.Query[name] is [{ Length: > 0 and <= 4_096 } value] ? value : null;
}
