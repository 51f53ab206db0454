using Forge.Crm.Adapters.Intake;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Webhooks;

/// <summary>Webhooks of HubSpot: those of our app for all accounts, and those of a private app on a path of its own.</summary>
public sealed class HubSpotWebhookFunction(HubSpotIntake intake)
{
    [Function("hubspot-webhook")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "webhooks/hubspot")] HttpRequest request, CancellationToken ct) =>
        ReceiveAsync(request, null, ct);

    [Function("hubspot-connection-webhook")]
    public Task<IResult> RunForConnectionAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "webhooks/hubspot/{connection}")] HttpRequest request,
        string connection, CancellationToken ct) =>
        ReceiveAsync(request, connection, ct);

    private async Task<IResult> ReceiveAsync(HttpRequest request, string? connection, CancellationToken ct)
    {
        var (delivery, refused) = await WebhookRequest.ReadAsync(request, connection, ct);
        return delivery is null ? Answers.Problem(refused) : ToResult(await intake.ReceiveAsync(delivery, ct));
    }

    private static IResult ToResult(IntakeAnswer answer) => answer.Outcome switch
    {
        IntakeOutcome.Accepted => Answers.Json(new { answer.Accepted, answer.Duplicates }, StatusCodes.Status202Accepted),
        IntakeOutcome.Unauthorized => Answers.Status(StatusCodes.Status401Unauthorized),
        IntakeOutcome.Malformed => Answers.Problem(StatusCodes.Status400BadRequest, answer.Error),
        IntakeOutcome.Busy => Answers.Problem(StatusCodes.Status429TooManyRequests, retryAfter: answer.RetryAfter),
        _ => Answers.Problem(StatusCodes.Status503ServiceUnavailable, retryAfter: answer.RetryAfter),
    };
}
