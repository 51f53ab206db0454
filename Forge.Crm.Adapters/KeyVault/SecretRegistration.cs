using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using Forge.Crm.Domain.Ports;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.KeyVault;

public static class SecretRegistration
{
    /// <summary>Adds the <see cref="ISecretStore"/>: the vault where one is configured (as the managed identity), else the file or the memory.</summary>
    public static IServiceCollection AddSecrets(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<SecretOptions>().Bind(configuration.GetSection(SecretOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ISecretStore>(provider => provider.GetRequiredService<IOptions<SecretOptions>>().Value.VaultUri is { } vault
            ? ActivatorUtilities.CreateInstance<KeyVaultSecretStore>(provider, new SecretClient(vault, new DefaultAzureCredential()))
            : ActivatorUtilities.CreateInstance<FileSecretStore>(provider));
        return services;
    }
}
