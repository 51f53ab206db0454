using Forge.Crm.Adapters.Intake;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Webhooks;

/// <summary>Database webhooks of tenants' own Supabase projects: each connection has a path of its own.</summary>
public sealed class SupabaseProjectWebhookFunction(SupabaseProjectIntake intake)
{
    [Function("supabase-project-webhook")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "webhooks/supabase-project/{connection}")] HttpRequest request,
        string connection, CancellationToken ct)
    {
        var (delivery, refused) = await WebhookRequest.ReadAsync(request, connection, ct);
        return delivery is null ? Answers.Problem(refused) : WebhookAnswer.Of(await intake.ReceiveAsync(delivery, ct));
    }
}
