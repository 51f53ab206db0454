using System.ComponentModel.DataAnnotations;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>Section <c>Postgres</c>: one database, and the two roles that the product logs in with.</summary>
public sealed class PostgresOptions
{
    public const string Section = "Postgres";

    /// <value>As <c>crm_app</c>; a transaction pooler will do.</value>
    [Required]
    public string AppConnectionString { get; init; } = "";

    /// <value>As <c>crm_relay</c>, for timers. Null where none run, as in a program that only uses the library.</value>
    public string? RelayConnectionString { get; init; }
}
