using Azure.Core;
using Azure.Security.KeyVault.Secrets;

namespace Forge.Crm.Adapters.KeyVault;

/// <summary>How the vault is called: callers wait for it, so it is given up after seconds and what was read before goes on.</summary>
internal static class KeyVaultClient
{
    /// <param name="settings">Whose transport and retries are to be used; null for ours.</param>
    public static SecretClient Open(Uri vault, TokenCredential credential, SecretClientOptions? settings = null) => new(vault, credential, settings ?? Options());

    public static SecretClientOptions Options()
    {
        var options = new SecretClientOptions();
        options.Retry.MaxRetries = 2;
        options.Retry.Delay = TimeSpan.FromMilliseconds(300);
        options.Retry.MaxDelay = TimeSpan.FromSeconds(2);
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(5);
        return options;
    }
}
