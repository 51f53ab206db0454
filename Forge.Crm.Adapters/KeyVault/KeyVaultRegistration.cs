using Azure.Identity;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Domain.Ports;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.KeyVault;

public static class KeyVaultRegistration
{
    /// <summary>
    /// Adds the <see cref="ISecretStore"/>, where none is registered before: the vault that is configured (as the managed identity), else the
    /// file. With neither, whoever asks for it first hears which settings there are.
    /// </summary>
    public static IServiceCollection AddKeyVault(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<KeyVaultOptions>().Bind(configuration.GetSection(KeyVaultOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddMetrics();
        services.TryAddSingleton<CrmMetrics>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Open);
        return services;
    }

    private static ISecretStore Open(IServiceProvider provider) => provider.GetRequiredService<IOptions<KeyVaultOptions>>().Value switch
    {
        { Uri: { } vault } => ActivatorUtilities.CreateInstance<KeyVaultSecretStore>(provider, KeyVaultClient.Open(vault, new DefaultAzureCredential())),
        { File: { Length: > 0 } file } => new FileSecretStore(file),
        _ => throw new InvalidOperationException("No vault is set: KeyVault:Uri names an Azure Key Vault, KeyVault:File a file on this machine."),
    };
}
