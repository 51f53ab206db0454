using System.ComponentModel.DataAnnotations;

namespace Forge.Crm.Adapters.KeyVault;

/// <summary>Where the accounts' credentials are: a Key Vault, or on one's own machine a file.</summary>
public sealed class KeyVaultOptions
{
    public const string Section = "KeyVault";

    /// <value>E.g. <c>https://forge-crm.vault.azure.net</c>; null where there is no vault.</value>
    public Uri? Uri { get; set; }

    /// <value>Without a vault: a file that only its owner can read.</value>
    public string? File { get; set; }

    /// <value>Seconds for which a secret is used without asking again. The default is 300.</value>
    [Range(0, 3_600)]
    public int CacheSeconds { get; set; } = 300;

    /// <value>Seconds for which a secret that was read once is used while the vault does not answer. The default is 3,600.</value>
    [Range(0, 86_400)]
    public int OutageSeconds { get; set; } = 3_600;

    /// <value>Seconds for which a vault that did not answer for a secret is not asked for it again. The default is 10.</value>
    [Range(0, 300)]
    public int RetrySeconds { get; set; } = 10;
}
