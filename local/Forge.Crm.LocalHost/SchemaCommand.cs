using Forge.Crm.Adapters.Postgres;

namespace Forge.Crm.LocalHost;

/// <summary>
/// <c>schema</c> prints the whole schema as SQL that can be run again and again; <c>schema --counts [connection string]</c> counts what a
/// database has of it; <c>schema --migrate [connection string]</c> brings a database to it.
/// </summary>
internal static class SchemaCommand
{
    /// <summary>Prints the schema.</summary>
    /// <returns>The exit code of the process.</returns>
    public static async Task<int> RunAsync(TextWriter output)
    {
        await output.WriteAsync(SchemaScript.Idempotent());
        return 0;
    }
}
