using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>
/// Our app as HubSpot's developer platform takes it: a project of JSON files (documentation, "App configuration" and "Webhooks"). Apps of
/// that kind declare their webhooks here and nowhere else; a property that has no subscription of its own is not told of.
/// </summary>
public static class HubSpotProject
{
    private const string Platform = "2025.2";
    private const int Concurrency = 10;

    /// <summary>Of every kind; a merge where there is one.</summary>
    private static readonly string[] Lifecycle = ["object.creation", "object.deletion", "object.restore", "object.associationChange"];

    // HubSpot offers no subscription to them ("Create generic webhook subscriptions"); a change of one comes with the e-mail's others, or with the next sync.
    private static readonly string[] Untold = ["hs_email_subject", "hs_email_html"];

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="address">Where the functions are.</param>
    /// <param name="own">Properties of tenants' own that are to be told of as well: one app serves all accounts, and one that has no such property is told nothing.</param>
    /// <returns>The files by their paths inside the project.</returns>
    public static IReadOnlyDictionary<string, string> Files(Uri address, IReadOnlyCollection<(RemoteKind Kind, string Property)>? own = null) => new Dictionary<string, JsonObject>
    {
        ["hsproject.json"] = new() { ["name"] = "forge-crm-sync", ["srcDir"] = "src", ["platformVersion"] = Platform },
        ["src/app/app-hsmeta.json"] = App(address),
        ["src/app/webhooks/webhooks-hsmeta.json"] = Webhooks(address, own ?? []),
    }.ToDictionary(file => file.Key, file => file.Value.ToJsonString(Json) + "\n");

    private static JsonObject App(Uri address) => new()
    {
        ["uid"] = "forge_crm_sync_app",
        ["type"] = "app",
        ["config"] = new JsonObject
        {
            ["name"] = "Forge CRM Sync",
            ["description"] = "Keeps HubSpot, Pipedrive and your own CRM level.",
            ["distribution"] = "marketplace",
            ["auth"] = new JsonObject
            {
                ["type"] = "oauth",
                ["redirectUrls"] = Strings([At(address, "api/v1/oauth/callback/hubspot")]),
                ["requiredScopes"] = Strings(HubSpotOAuthApp.Scopes),
                ["optionalScopes"] = Strings(HubSpotOAuthApp.OptionalScopes),
                ["conditionallyRequiredScopes"] = new JsonArray(),
            },
            ["permittedUrls"] = new JsonObject { ["fetch"] = new JsonArray(), ["iframe"] = new JsonArray(), ["img"] = new JsonArray() },
        },
    };

    private static JsonObject Webhooks(Uri address, IReadOnlyCollection<(RemoteKind Kind, string Property)> own) => new()
    {
        ["uid"] = "forge_crm_sync_webhooks",
        ["type"] = "webhooks",
        ["config"] = new JsonObject
        {
            ["settings"] = new JsonObject { ["targetUrl"] = At(address, "webhooks/hubspot"), ["maxConcurrentRequests"] = Concurrency },
            ["subscriptions"] = new JsonObject
            {
                ["crmObjects"] = new JsonArray([.. HubSpotFields.Kinds.Order().SelectMany(kind => SubscriptionsOf(kind, own.Where(row => row.Kind == kind).Select(row => row.Property)))]),
                ["legacyCrmObjects"] = new JsonArray(),
                ["hubEvents"] = new JsonArray(new JsonObject { ["subscriptionType"] = "contact.privacyDeletion", ["active"] = true }),
            },
        },
    };

    private static IEnumerable<JsonObject> SubscriptionsOf(RemoteKind kind, IEnumerable<string> own)
    {
        foreach (var type in HubSpotObjects.CanMerge(kind) ? Lifecycle.Append("object.merge") : Lifecycle)
            yield return Subscription(kind, type);
        foreach (var property in HubSpotFields.MappedOf(kind).Union(own).Except(Untold).Order(StringComparer.Ordinal))
        {
            var subscription = Subscription(kind, "object.propertyChange");
            subscription.Insert(2, "propertyName", property);
            yield return subscription;
        }
    }

    private static JsonObject Subscription(RemoteKind kind, string type) =>
        new() { ["subscriptionType"] = type, ["objectType"] = kind.ToName(), ["active"] = true };

    private static JsonArray Strings(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);

    private static string At(Uri address, string path) => $"{address.OriginalString.TrimEnd('/')}/{path}";
}
