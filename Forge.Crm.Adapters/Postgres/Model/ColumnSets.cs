namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>The closed sets of values that a text column may hold, as its check names them.</summary>
internal static class ColumnSets
{
    internal const string OwnProject = "supabase_project";

    /// <summary>Those that every tenant's ranks name; <see cref="OwnProject"/> may stand among them.</summary>
    internal static readonly string[] RankedPlatforms = ["supabase", "hubspot", "pipedrive"];

    internal static readonly string[] Platforms = [.. RankedPlatforms, OwnProject];

    /// <summary>Our own apps that send events.</summary>
    internal static readonly string[] Apps = ["bidflow", "folio", "hephaitos"];

    internal static readonly string[] Kinds = ["contact", "company", "deal", "activity", "task"];
    internal static readonly string[] RemoteKinds = ["contact", "company", "deal", "lead", "call", "email", "meeting", "note", "task"];
    internal static readonly string[] DealStatuses = ["open", "won", "lost"];
}
