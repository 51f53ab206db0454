using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// An account's webhooks. Pipedrive deletes one that has failed for three days, and stops one for half an hour that has failed ten times;
/// what happens then is never told (documentation, "Webhooks v2").
/// </summary>
internal sealed class PipedriveWebhooks(IPipedriveApi api, PipedriveTokens tokens) : ICrmWebhooks
{
    private const string Path = "webhooks";
    private const string Any = "*";

    // One for each: a webhook for everything would also tell of products, projects and users. What is told of leads is journaled as ignored until leads are
    // among the connector's kinds (docs/adr/0014): made later, the webhook would be one that was missing.
    private static readonly ImmutableArray<string> Entities = ["activity", "deal", "lead", "note", "organization", "person"];

    public Platform Platform => Platform.Pipedrive;

    public async Task<WebhookCheck> CheckAsync(TenantId tenant, string secret, Uri address, CancellationToken ct)
    {
        var ours = await OursAsync(CallerOf(tenant, secret), address, ct);
        return new([.. Entities.Where(entity => !ours.Any(webhook => webhook.Tells(entity)))], ours.Any(webhook => webhook.IsFailing));
    }

    public async Task MakeAsync(TenantId tenant, string secret, WebhookTarget target, IReadOnlyCollection<string> missing, CancellationToken ct)
    {
        var caller = CallerOf(tenant, secret);
        foreach (var entity in missing)
            await caller.CallAsync((calls, access, call) => calls.CreateFirstAsync(Path, Body(entity, target), access, call, ct), ct, isRepeatable: false);
    }

    public async Task RemoveAsync(TenantId tenant, string secret, Uri address, CancellationToken ct)
    {
        var caller = CallerOf(tenant, secret);
        foreach (var webhook in await OursAsync(caller, address, ct))
            await caller.FindAsync((calls, access, call) => calls.DeleteFirstAsync(Path, webhook.Id, access, call, ct), ct);
    }

    private PipedriveCaller CallerOf(TenantId tenant, string secret) =>
        new(api, tokens, tenant, PipedriveCredential.Parse(secret), CallLane.Reconcile);

    private static async Task<List<Webhook>> OursAsync(PipedriveCaller caller, Uri address, CancellationToken ct)
    {
        var page = await caller.CallAsync((calls, access, call) => calls.WebhooksAsync(access, call, ct), ct);
        return [.. (page.Data ?? throw PipedriveCaller.Unreadable("data", Path))
            .Where(webhook => PipedriveValues.TextOf(webhook, "subscription_url") == address.OriginalString && IsThere(webhook))
            .Select(webhook => new Webhook(
                PipedriveValues.TextOf(webhook, "id") ?? "", PipedriveValues.TextOf(webhook, "event_action"), PipedriveValues.TextOf(webhook, "event_object"),
                int.TryParse(PipedriveValues.TextOf(webhook, "last_http_status"), NumberStyles.None, CultureInfo.InvariantCulture, out var status) ? status : null))];
    }

    // A deleted one may still be listed, with the reason or the time of its end; which of them, is not documented.
    private static bool IsThere(JsonElement webhook) =>
        PipedriveValues.TextOf(webhook, "is_active") is not ("0" or "false")
        && PipedriveValues.TextOf(webhook, "remove_reason") is null && PipedriveValues.TextOf(webhook, "remove_time") is null;

    private static JsonObject Body(string entity, WebhookTarget target) => new()
    {
        ["subscription_url"] = target.Address.OriginalString,
        ["event_action"] = Any,
        ["event_object"] = entity,
        ["name"] = $"Forge CRM Sync: {entity}",
        ["version"] = "2.0",
        ["http_auth_user"] = target.User,
        ["http_auth_password"] = target.Password,
    };

    private sealed record Webhook(string Id, string? Action, string? Entity, int? LastStatus)
    {
        // Where nobody answered there is no status, whatever stands for that; where nothing was delivered yet there is none at all.
        public bool IsFailing => LastStatus is not (null or (>= 200 and < 300));

        public bool Tells(string entity) => Action == Any && (Entity == Any || Entity == entity);
    }
}
