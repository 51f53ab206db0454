using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Conventions;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>
/// The schema, and reads of it. Migrations are made from this model; what a model cannot say (roles, policies, functions, triggers)
/// stands in the SQL resources beside the migration. Every connection obeys row-level security, so nothing is visible before
/// <c>app.tenant_id</c> is set for the transaction.
/// </summary>
internal sealed class CrmDbContext(DbContextOptions<CrmDbContext> options) : DbContext(options)
{
    /// <summary>The schema of the migration history: out of public, so that no API that publishes public shows it.</summary>
    internal const string HistorySchema = "forge";

    /// <summary>The table of the migration history.</summary>
    internal const string HistoryTable = "migrations";

    /// <summary>The options that every context of this model has, for one connection string.</summary>
    internal static DbContextOptions<CrmDbContext> OptionsFor(string connectionString) =>
        new DbContextOptionsBuilder<CrmDbContext>()
            .UseNpgsql(connectionString, npgsql => npgsql.MigrationsHistoryTable(HistoryTable, HistorySchema))
            .UseSnakeCaseNamingConvention()
            .Options;

    /// <inheritdoc />
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        // An index is there for a named query; a foreign key alone is none.
        configurationBuilder.Conventions.Remove<ForeignKeyIndexConvention>();

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema("public");
        modelBuilder.ApplyConfigurationsFromAssembly(
            typeof(CrmDbContext).Assembly, type => type.Namespace == typeof(CrmDbContext).Namespace);
    }
}
