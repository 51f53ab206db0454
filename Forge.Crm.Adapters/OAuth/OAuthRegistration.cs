using Forge.Crm.Domain.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Adapters.OAuth;

internal static class OAuthRegistration
{
    /// <summary>Adds what the platforms share. Without a vault, or without a database, tokens and turns are this process's own.</summary>
    public static IServiceCollection AddOAuthTokens(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => new OAuthTokens(
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<OAuthTokens>>(), provider.GetService<ISecretStore>(),
            provider.GetService<OAuthTurns>()));
        return services;
    }
}
