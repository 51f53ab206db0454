using System.ComponentModel.DataAnnotations;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>How Pipedrive's API is called. A wrong setting stops the host.</summary>
public sealed class PipedriveOptions : IValidatableObject
{
    public const string Section = "Pipedrive";

    /// <value>A host of pipedrive.com, or a stand-in on this machine. The default serves every account: <c>https://api.pipedrive.com</c>.</value>
    [Required]
    public Uri BaseAddress { get; set; } = new("https://api.pipedrive.com");

    /// <value>Where tokens are refreshed. The default is <c>https://oauth.pipedrive.com</c>.</value>
    [Required]
    public Uri OAuthAddress { get; set; } = new("https://oauth.pipedrive.com");

    /// <value>The Marketplace app's client id; needed only for accounts connected by OAuth.</value>
    public string? OAuthClientId { get; set; }

    public string? OAuthClientSecret { get; set; }

    /// <value>
    /// Calls with one token in two seconds, until its answers say otherwise: 20 to 120 by plan for an API token, four times that for OAuth.
    /// The default is 20, the smallest plan's.
    /// </value>
    [Range(10, 1_000)]
    public int CallsPerTwoSeconds { get; set; } = 20;

    /// <value>
    /// Tokens of a company a day, shared by all who call its API: 30,000 for each seat, times 1 (Lite), 2 (Growth), 5 (Premium) or 7 (Ultimate),
    /// and what was bought in addition; no answer tells of it. The default is 30,000.
    /// </value>
    [Range(1_000, 1_000_000_000)]
    public int TokensPerDay { get; set; } = 30_000;

    /// <value>Seconds until an attempt is given up. The default is 20.</value>
    [Range(1, 120)]
    public int AttemptSeconds { get; set; } = 20;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        const string rule = "The address must be https://<name>.pipedrive.com without path, port or user, or http on this machine.";
        if (!PipedriveHosts.IsAllowed(BaseAddress, isLocal: true))
            yield return new(rule, [nameof(BaseAddress)]);
        if (!PipedriveHosts.IsAllowed(OAuthAddress, isLocal: true))
            yield return new(rule, [nameof(OAuthAddress)]);
    }
}
