namespace Forge.Crm.LocalHost.Supabase;

/// <summary>What the simulator is started with. The two parts at the end may be changed while it runs.</summary>
internal sealed class SupabaseSimulatorOptions
{
    /// <summary>The project's database, as its owner: a genuine PostgreSQL.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>0 takes a free port.</summary>
    public int Port { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>For webhooks that are lost.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Opens everything. One that begins with <c>ey</c> must also stand in the header Authorization.</summary>
    public string Key { get; init; } = "sb_secret_simulator_000000000000";

    /// <summary>The schemas that are exposed; the first is meant where a request names none.</summary>
    public string[] Schemas { get; init; } = ["public"];

    public SupabaseFaults Faults { get; init; } = new();

    public SupabaseWebhookSettings Webhooks { get; init; } = new();
}

/// <summary>Database webhooks: one attempt each (pg_net), unsigned.</summary>
internal sealed class SupabaseWebhookSettings
{
    /// <summary>The part of them that is lost, 0 to 1.</summary>
    public double Drops { get; set; }

    /// <summary>How long an answer may take (supabase_functions.http_request, the usual fifth argument).</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMilliseconds(1000);
}
