using Microsoft.EntityFrameworkCore.Migrations;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>The SQL files that belong to a migration, embedded in this assembly.</summary>
internal static class SchemaResources
{
    /// <summary>Runs these files of one migration's folder, in this order.</summary>
    internal static void Run(this MigrationBuilder migration, string folder, params string[] files)
    {
        foreach (var file in files)
        {
            migration.Sql(Read($"{folder}/{file}"));
        }
    }

    /// <summary>The text of one file.</summary>
    /// <exception cref="FileNotFoundException">No such file was embedded.</exception>
    internal static string Read(string path)
    {
        using var stream = typeof(SchemaResources).Assembly.GetManifestResourceStream($"Migrations/{path}")
            ?? throw new FileNotFoundException("No such embedded SQL file.", path);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
