namespace Microsoft.Azure.Functions.Worker.Builder;

/// <summary>Mirrors <c>Microsoft.Azure.Functions.Worker.Builder.FunctionsApplication</c>.</summary>
public class FunctionsApplication
{
    /// <summary>A builder with the configuration of the host: environment, arguments, local.settings.json, host.json.</summary>
    public static FunctionsApplicationBuilder CreateBuilder(string[] args) => new(args);
}
