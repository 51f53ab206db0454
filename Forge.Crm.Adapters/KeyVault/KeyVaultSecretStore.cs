using System.Net;
using Azure;
using Azure.Security.KeyVault.Secrets;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.KeyVault;

/// <summary>Azure Key Vault. Every value that is set is a new version there; reading takes the newest one that is enabled.</summary>
/// <remarks>Throws <see cref="RequestFailedException"/> where the vault cannot be reached or refuses us; its message holds no value.</remarks>
internal sealed class KeyVaultSecretStore(SecretClient vault) : ISecretStore
{
    public async Task<string?> GetAsync(string name, CancellationToken ct)
    {
        try
        {
            return (await vault.GetSecretAsync(name, version: null, ct)).Value.Value;
        }
        catch (RequestFailedException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public Task SetAsync(string name, string value, CancellationToken ct) => vault.SetSecretAsync(name, value, ct);
}
