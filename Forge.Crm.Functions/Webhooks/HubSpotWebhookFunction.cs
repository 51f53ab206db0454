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
        return delivery is null ? Answers.Problem(refused) : WebhookAnswer.Of(await intake.ReceiveAsync(delivery, ct));
    }
}
