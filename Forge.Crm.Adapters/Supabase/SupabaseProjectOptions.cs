using System.ComponentModel.DataAnnotations;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>How tenants' own Supabase projects are called. A wrong setting stops the host.</summary>
public sealed class SupabaseProjectOptions : IValidatableObject
{
    public const string Section = "SupabaseProject";

    /// <value>The default is <c>https://supabase.co</c>: each project has a host of its own below it. A stand-in on this machine serves every project.</value>
    [Required]
    public Uri BaseAddress { get; set; } = new(SupabaseProjectHosts.Domain);

    /// <value>Calls a second to one project. Supabase names no limit; a small project answers some hundreds. The default is 50.</value>
    [Range(1, 10_000)]
    public int CallsPerSecond { get; set; } = 50;

    /// <value>Seconds until an attempt is given up. The default is 20; the project's own limit for a statement is 8.</value>
    [Range(1, 120)]
    public int AttemptSeconds { get; set; } = 20;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (BaseAddress != new Uri(SupabaseProjectHosts.Domain) && !SupabaseProjectHosts.IsStandIn(BaseAddress))
            yield return new($"The address must be {SupabaseProjectHosts.Domain}, or http on this machine without a path.", [nameof(BaseAddress)]);
    }
}
