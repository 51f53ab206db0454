using System.Reflection;
using Microsoft.Azure.Functions.Worker.Builder;

namespace Forge.Crm.LocalAzure;

/// <summary>What an embedding program may say to the builder. Without a genuine counterpart: not for the source that is deployed.</summary>
public static class LocalFunctionsExtensions
{
    /// <summary>Hosts the functions of this assembly too; those of the entry assembly are hosted anyway.</summary>
    public static FunctionsApplicationBuilder AddFunctionsFrom(this FunctionsApplicationBuilder builder, Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(assembly);
        builder.FunctionTypes.AddRange(assembly.GetTypes());
        return builder;
    }
}
