using System.Globalization;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>One HubSpot account ("portal"): its records, its settings, its webhooks. Thread-safe.</summary>
internal sealed partial class HubSpotAccount
{
    // Different types may have the same ids, as in HubSpot; most of them exceed 32 bits.
    private static readonly Dictionary<HubSpotObjectType, long> FirstIds = new()
    {
        [HubSpotObjectType.Company] = 9_000_000_001,
        [HubSpotObjectType.Deal] = 17_000_000_001,
    };

    private readonly Dictionary<HubSpotObjectType, HubSpotTable> tables = HubSpotObjectType.All
        .ToDictionary(type => type, type => new HubSpotTable(type, FirstIds.GetValueOrDefault(type, 101)));

    private long lastNow;

    internal HubSpotAccount(long portalId, HubSpotSimulatorOptions options, HttpMessageInvoker http)
    {
        PortalId = portalId;
        Options = options;
        Associations = new HubSpotAssociationStore(this);
        Events = new HubSpotEvents(this);
        Webhooks = new HubSpotWebhookQueue(new HubSpotWebhookDelivery(this, http), options, HubSpotNumbers.Seed(options.Seed, portalId));
        Limits = new HubSpotRateLimits(this);
    }

    public long PortalId { get; }
    public HubSpotSimulatorOptions Options { get; }

    /// <summary>An IANA zone. The daily limit resets at its midnight.</summary>
    public string TimeZone { get; set; } = "Europe/Berlin";

    public string CompanyCurrency { get; set; } = "EUR";
    public string[] AdditionalCurrencies { get; set; } = ["USD", "GBP", "CHF"];
    public List<HubSpotOwner> Owners { get; } = [];
    public List<HubSpotPipeline> DealPipelines { get; } = [HubSpotPipeline.Standard()];

    /// <summary>False for an account without the lead object, which HubSpot sells apart.</summary>
    public bool HasLeads { get; set; } = true;

    /// <summary>This account's own webhook target; null: the one of the settings.</summary>
    public string? WebhookTarget { get; set; }

    /// <summary>What a refresh asks with. It belongs to the app, not to the private access token.</summary>
    public string RefreshToken { get; internal set; } = "";

    public HubSpotWebhookCounts WebhookCounts => Webhooks.Counts;

    /// <summary>Held for every read and write of records, so that each request sees and leaves a whole state.</summary>
    internal Lock Gate { get; } = new();

    internal HubSpotAssociationStore Associations { get; }
    internal HubSpotEvents Events { get; }
    internal HubSpotWebhookQueue Webhooks { get; }
    internal HubSpotRateLimits Limits { get; }
    internal string? ResolvedWebhookTarget => Resolve(WebhookTarget ?? Options.Webhooks.Target);
    internal bool HasWebhooks => (WebhookTarget ?? Options.Webhooks.Target) is not null;

    internal HubSpotTable Table(HubSpotObjectType type) => tables[type];

    /// <summary>Epoch milliseconds; never goes back, even if the clock does.</summary>
    internal long Now() => lastNow = Math.Max(lastNow, Options.Time.GetUtcNow().ToUnixTimeMilliseconds());

    internal string? Resolve(string? target) =>
        target?.Replace("{portalId}", PortalId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
