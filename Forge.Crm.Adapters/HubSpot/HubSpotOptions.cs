using System.ComponentModel.DataAnnotations;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>Our HubSpot app and how its API is called. A wrong setting stops the host.</summary>
public sealed class HubSpotOptions : IValidatableObject
{
    public const string Section = "HubSpot";

    /// <value>A host of hubapi.com or hubspot.com, or a stand-in on this machine. The default is <c>https://api.hubapi.com</c>.</value>
    [Required]
    public Uri BaseAddress { get; set; } = new("https://api.hubapi.com");

    /// <value><c>v3</c> (the default), or a date version such as <c>2026-03</c>, which has paths of its own.</value>
    [Required, RegularExpression(@"^(v3|20\d{2}-\d{2}(-beta)?)$")]
    public string ApiVersion { get; set; } = "v3";

    /// <value>The app's client secret: signs every webhook. Null where only polling is used: then every webhook is refused.</value>
    [MinLength(24)]
    public string? ClientSecret { get; set; }

    /// <value>The client secret before a rotation, valid until <see cref="PreviousClientSecretUntil"/>.</value>
    [MinLength(24)]
    public string? PreviousClientSecret { get; set; }

    public DateTimeOffset? PreviousClientSecretUntil { get; set; }

    /// <value>The app's client id; needed only for accounts connected by OAuth.</value>
    public string? OAuthClientId { get; set; }

    /// <value>The client secret for OAuth; null where it is <see cref="ClientSecret"/>, as it is for every app of today.</value>
    public string? OAuthClientSecret { get; set; }

    /// <value>Where a person consents to our app's use of an account. The default is <c>https://app.hubspot.com/oauth/authorize</c>.</value>
    [Required]
    public Uri ConsentAddress { get; set; } = new("https://app.hubspot.com/oauth/authorize");

    /// <value>Where tokens are refreshed. The default is <c>oauth/v3/token</c>; <c>oauth/v1/token</c> still exists.</value>
    [Required, RegularExpression("^[a-z0-9/-]+$")]
    public string TokenPath { get; set; } = "oauth/v3/token";

    /// <value>Calls of an account in ten seconds, until its answers say otherwise: 100 to 250 by plan; 110 for a public app. The default is 190.</value>
    [Range(10, 1_000)]
    public int CallsPerTenSeconds { get; set; } = 190;

    /// <value>Searches of an account in a second; no answer tells of it. The default is 5, HubSpot's limit.</value>
    [Range(1, 50)]
    public int SearchesPerSecond { get; set; } = 5;

    /// <value>Seconds until an attempt is given up. The default is 20.</value>
    [Range(1, 120)]
    public int AttemptSeconds { get; set; } = 20;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        const string rule = "The address must be https at hubapi.com or hubspot.com, without port, user or query, or http on this machine.";
        if (!HubSpotHosts.IsAllowed(BaseAddress))
            yield return new(rule, [nameof(BaseAddress)]);
        if (!HubSpotHosts.IsAllowed(ConsentAddress))
            yield return new(rule, [nameof(ConsentAddress)]);
        if (PreviousClientSecret is not null && PreviousClientSecretUntil is null)
            yield return new("A previous secret needs the time when it expires.", [nameof(PreviousClientSecretUntil)]);
    }

    internal HubSpotSecrets Secrets() => new(ClientSecret, PreviousClientSecret, PreviousClientSecretUntil);
}
