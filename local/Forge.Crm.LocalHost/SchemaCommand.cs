using Forge.Crm.Adapters.Postgres;

namespace Forge.Crm.LocalHost;

/// <summary>The verb <c>schema</c>: the database's schema, for those who look after one.</summary>
internal static class SchemaCommand
{
    private const string Usage = """
        schema                                print the whole schema as SQL that can be run again and again
        schema --migrate "<connection>"       bring a database to it, as its owner
        schema --counts "<connection>"        count the tables, indexes, triggers, policies and functions of a database
        """;

    /// <summary>Runs the verb.</summary>
    /// <param name="arguments">What follows the verb.</param>
    /// <param name="output">Where the SQL or the counts go.</param>
    /// <param name="ct">Stops a migration, which is then rolled back.</param>
    /// <returns>The exit code of the process: 0, or 2 when the arguments make no sense.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, CancellationToken ct)
    {
        switch (arguments)
        {
            case []:
                await output.WriteAsync(SchemaScript.Idempotent());
                return 0;
            case ["--migrate", string connection]:
                await SchemaMigrator.MigrateAsync(connection, ct);
                await WriteCountsAsync(connection, output, ct);
                return 0;
            case ["--counts", string connection]:
                await WriteCountsAsync(connection, output, ct);
                return 0;
            default:
                await output.WriteLineAsync(Usage);
                return 2;
        }
    }

    private static async Task WriteCountsAsync(string connection, TextWriter output, CancellationToken ct)
    {
        var counts = await SchemaCounts.ReadAsync(connection, ct);
        await output.WriteLineAsync(
            $"{counts.Tables} tables, {counts.Indexes} indexes, {counts.Triggers} triggers, {counts.Policies} policies, {counts.Functions} functions");
    }
}
