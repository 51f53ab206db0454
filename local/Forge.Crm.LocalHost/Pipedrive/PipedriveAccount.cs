namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>One Pipedrive company: its records, its settings, its webhooks. Thread-safe.</summary>
internal sealed partial class PipedriveAccount
{
    private readonly Dictionary<PipedriveEntity, PipedriveTable> tables = PipedriveEntity.All.ToDictionary(entity => entity, entity => new PipedriveTable(entity));
    private DateTimeOffset lastNow;

    internal PipedriveAccount(long companyId, PipedriveSimulatorOptions options, HttpMessageInvoker http)
    {
        CompanyId = companyId;
        Options = options;
        Webhooks = new PipedriveWebhookQueue(this, http);
        Events = new PipedriveEvents(this);
        Limits = new PipedriveRateLimits(this);
    }

    public long CompanyId { get; }
    public PipedriveSimulatorOptions Options { get; }
    public string Domain { get; init; } = "example-sandbox";

    /// <summary>An IANA zone, of the user whose token it is.</summary>
    public string TimeZone { get; set; } = "Europe/Tallinn";

    public string Currency { get; set; } = "EUR";

    /// <summary>The first one is an administrator, and the owner of the API token.</summary>
    public List<PipedriveUser> Users { get; } = [new(9001, "Mia Mägi", "mia@vendor.example")];

    public List<PipedrivePipeline> Pipelines { get; } = [new(1, "Pipeline")];

    public List<PipedriveStage> Stages { get; } =
    [
        new(1, "Qualified", 1, 1, 20), new(2, "Contact Made", 1, 2, 40), new(3, "Demo Scheduled", 1, 3, 60), new(4, "Proposal Made", 1, 4, 80),
        new(5, "Negotiations Started", 1, 5, 90),
    ];

    public List<PipedriveActivityType> ActivityTypes { get; } =
    [
        new(1, "call", "Call"), new(2, "meeting", "Meeting"), new(3, "task", "Task"), new(4, "deadline", "Deadline"), new(5, "email", "Email"),
        new(6, "lunch", "Lunch"),
    ];

    /// <summary>What a refresh asks with.</summary>
    public string RefreshToken { get; internal set; } = "";

    public PipedriveWebhookCounts WebhookCounts => Webhooks.Counts;

    /// <summary>Tokens of the daily budget that were used since midnight (UTC).</summary>
    public int TokensUsedToday => Limits.UsedToday;

    /// <summary>Held for every read and write of records, so that each request sees and leaves a whole state.</summary>
    internal Lock Gate { get; } = new();

    internal PipedriveTable Persons => Table(PipedriveEntity.Person);
    internal PipedriveTable Organizations => Table(PipedriveEntity.Organization);
    internal PipedriveTable Deals => Table(PipedriveEntity.Deal);
    internal PipedriveTable Activities => Table(PipedriveEntity.Activity);
    internal PipedriveLeadStore Leads { get; } = new();
    internal PipedriveNoteStore Notes { get; } = new();
    internal PipedriveEvents Events { get; }
    internal PipedriveWebhookQueue Webhooks { get; }
    internal PipedriveRateLimits Limits { get; }

    internal PipedriveTable Table(PipedriveEntity entity) => tables[entity];

    /// <summary>Never goes back, even if the clock does.</summary>
    internal DateTimeOffset Now() => lastNow = Options.Time.GetUtcNow() is var now && now > lastNow ? now : lastNow;
}
