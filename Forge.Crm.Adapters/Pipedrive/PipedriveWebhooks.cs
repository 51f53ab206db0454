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
    private const int Redirects = 300;

    // One for each: a webhook for everything would also tell of products, projects and users.
    private static readonly ImmutableArray<string> Entities = ["activity", "deal", "lead", "note", "organization", "person"];

    public Platform Platform => Platform.Pipedrive;

    public async Task<WebhookCheck> EnsureAsync(TenantId tenant, string secret, WebhookTarget target, CancellationToken ct)
    {
        var caller = CallerOf(tenant, secret);
        var ours = await OursAsync(caller, target.Address, ct);
        var missing = Entities.Where(entity => !ours.Any(webhook => webhook.Tells(entity))).ToList();
        foreach (var entity in missing)
            await caller.CallAsync((calls, access, call) => calls.CreateFirstAsync(Path, Body(entity, target), access, call, ct), ct, isRepeatable: false);
        return new(missing.Count, ours.Any(webhook => webhook.LastStatus >= Redirects));
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
        public bool Tells(string entity) => Action == Any && (Entity == Any || Entity == entity);
    }
}
