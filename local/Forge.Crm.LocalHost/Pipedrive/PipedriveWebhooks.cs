using System.Globalization;
using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>Making, listing and deleting webhooks (version 1).</summary>
internal static class PipedriveWebhooks
{
    private const int MostPerUser = 40;
    private static readonly string[] Actions = ["create", "change", "delete", "*"];
    private static readonly string[] Entities =
        ["activity", "deal", "lead", "note", "organization", "person", "pipeline", "product", "stage", "user", "*"];

    public static JsonObject List(PipedriveCall call) =>
        PipedriveCall.Success(new JsonArray([.. call.Account.Webhooks.All.Where(webhook => webhook.RemovedFor is null).Select(webhook => webhook.ToJson(call.Account.CompanyId))]));

    public static JsonObject Create(PipedriveCall call)
    {
        var (account, body) = (call.Account, call.Body);
        if (account.Webhooks.All.Count(known => known.RemovedFor is null) >= MostPerUser)
            throw new PipedriveProblem(403, $"A user can have at most {MostPerUser} webhooks", PipedriveProblem.ReferTo);
        var webhook = new PipedriveWebhook
        {
            Id = 4_710_001 + account.Webhooks.All.Count,
            Url = Uri.TryCreate(PipedriveRecord.TextOf(body["subscription_url"]), UriKind.Absolute, out var url) ? url : throw Missing("subscription_url"),
            Action = OneOf(body, "event_action", Actions),
            Entity = OneOf(body, "event_object", Entities),
            Name = PipedriveRecord.TextOf(body["name"]) ?? throw Missing("name"),
            Version = body["version"] is null ? "2.0" : OneOf(body, "version", ["1.0", "2.0"]),
            UserId = long.TryParse(PipedriveRecord.TextOf(body["user_id"]), NumberStyles.None, CultureInfo.InvariantCulture, out var user) ? user : account.Users[0].Id,
            AuthUser = PipedriveRecord.TextOf(body["http_auth_user"]),
            AuthPassword = PipedriveRecord.TextOf(body["http_auth_password"]),
            MadeAt = account.Now(),
        };
        account.Webhooks.Add(webhook);
        call.Status = 201;
        return PipedriveCall.Success(webhook.ToJson(account.CompanyId));
    }

    public static JsonObject Delete(PipedriveCall call) =>
        long.TryParse(call.Route("id"), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && call.Account.Webhooks.Remove(id)
            ? PipedriveCall.Success(null)
            : throw PipedriveProblem.NotFound("webhook");

    private static string OneOf(JsonObject body, string name, string[] allowed) =>
        PipedriveRecord.TextOf(body[name]) is { } value && allowed.Contains(value) ? value : throw Missing(name);

    private static PipedriveProblem Missing(string name) => PipedriveProblem.Invalid($"\"{name}\" is missing or not valid");
}
