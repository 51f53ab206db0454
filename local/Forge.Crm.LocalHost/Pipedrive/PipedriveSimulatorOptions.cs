namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>What the simulator is started with. The three parts at the end may be changed while it runs.</summary>
internal sealed class PipedriveSimulatorOptions
{
    /// <summary>0 takes a free port.</summary>
    public int Port { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>For everything random: faults, webhooks that come twice or not at all.</summary>
    public int Seed { get; init; } = 1;

    public string ClientId { get; init; } = "forge-simulator-client";

    public string ClientSecret { get; init; } = "forge-simulator-client-secret-000";

    /// <summary>How long an access token lives that OAuth issued.</summary>
    public TimeSpan AccessTokenLifetime { get; init; } = TimeSpan.FromMinutes(60);

    public PipedriveWebhookSettings Webhooks { get; init; } = new();
    public PipedriveLimitSettings Limits { get; init; } = new();
    public PipedriveFaults Faults { get; init; } = new();
}

/// <summary>Pipedrive's limits (documentation, "Rate limiting"; the smallest plan with one seat). Off by default.</summary>
internal sealed class PipedriveLimitSettings
{
    public bool Enabled { get; set; }

    /// <summary>Requests with one API token in any two seconds.</summary>
    public int ApiTokenPerTwoSeconds { get; set; } = 20;

    /// <summary>Requests with one access token of OAuth in any two seconds.</summary>
    public int OAuthPerTwoSeconds { get; set; } = 80;

    /// <summary>Searches in any two seconds, on every plan.</summary>
    public int SearchesPerTwoSeconds { get; set; } = 10;

    /// <summary>Tokens (the cost of requests) of one company a day, which ends at midnight in UTC.</summary>
    public int DailyTokens { get; set; } = 30_000;
}
