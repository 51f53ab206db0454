using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>Settings as trigger attributes name them (learn.microsoft.com, "Azure Functions triggers and bindings: binding expressions").</summary>
internal static partial class AppSettings
{
    private const string DefaultConnection = "AzureWebJobsServiceBus";

    /// <summary>Replaces each <c>%Name%</c>.</summary>
    /// <exception cref="InvalidOperationException">A setting is missing.</exception>
    public static string Resolve(this IConfiguration configuration, string text) => Reference().Replace(text, match =>
        configuration[match.Groups[1].Value.Replace("__", ":", StringComparison.Ordinal)]
        ?? throw new InvalidOperationException($"The setting '{match.Groups[1].Value}', which a trigger names, is missing."));

    /// <exception cref="InvalidOperationException">There is none; or it is the identity-based form, which only Azure has.</exception>
    public static string BusConnectionString(this IConfiguration configuration, string? name)
    {
        name ??= DefaultConnection;
        var found = configuration[name] ?? configuration.GetConnectionString(name);
        if (!string.IsNullOrEmpty(found))
            return found;
        throw new InvalidOperationException(configuration[$"{name}:fullyQualifiedNamespace"] is null
            ? $"The setting '{name}', which a queue trigger names, is missing: the PostgreSQL connection string of the local bus."
            : $"The setting '{name}' names a Service Bus namespace. This is the local flavour: it takes a PostgreSQL connection string.");
    }

    [GeneratedRegex("%([^%]+)%")]
    private static partial Regex Reference();
}
