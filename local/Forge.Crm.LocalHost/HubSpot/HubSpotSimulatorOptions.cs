namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>What the simulator is started with. The three parts at the end may be changed while it runs.</summary>
internal sealed class HubSpotSimulatorOptions
{
    /// <summary>0 takes a free port.</summary>
    public int Port { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>For everything random: faults, retries.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The app whose webhooks are sent and whose OAuth tokens are issued.</summary>
    public long AppId { get; init; } = 54321;

    public string ClientId { get; init; } = "forge-simulator-client";

    /// <summary>Signs the webhooks, and is asked for by OAuth.</summary>
    public string ClientSecret { get; init; } = "forge-simulator-client-secret-000";

    /// <summary>How long an access token lives that OAuth issued.</summary>
    public TimeSpan AccessTokenLifetime { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// The associations API shows ids as JSON numbers, as the guide's samples do. The API description says strings, which is the default.
    /// </summary>
    public bool NumericAssociationIds { get; init; }

    public HubSpotWebhookSettings Webhooks { get; init; } = new();
    public HubSpotLimitSettings Limits { get; init; } = new();
    public HubSpotFaults Faults { get; init; } = new();
}

/// <summary>HubSpot's rate limits ("Usage guidelines", Professional). Off by default.</summary>
internal sealed class HubSpotLimitSettings
{
    public bool Enabled { get; set; }

    /// <summary>Requests of one account's private app in any ten seconds.</summary>
    public int PrivateAppPerTenSeconds { get; set; } = 190;

    /// <summary>Requests of one account through OAuth in any ten seconds; search is not counted.</summary>
    public int OAuthPerTenSeconds { get; set; } = 110;

    /// <summary>Requests of one account a day, which ends at midnight in the account's zone.</summary>
    public int Daily { get; set; } = 625_000;

    public int SearchesPerSecond { get; set; } = 5;
}
