using Forge.Crm.Adapters.Postgres.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>The schema as text, for those who apply SQL files themselves (<c>supabase db push</c>, psql).</summary>
public static class SchemaScript
{
    /// <summary>Everything from an empty database on; what a database has already is skipped. Opens no connection.</summary>
    public static string Idempotent()
    {
        using var context = new CrmDbContextFactory().CreateDbContext([]);
        return context.GetService<IMigrator>().GenerateScript(options: MigrationsSqlGenerationOptions.Idempotent);
    }
}
