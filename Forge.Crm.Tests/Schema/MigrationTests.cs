using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Postgres.Model;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace Forge.Crm.Tests.Schema;

public sealed class MigrationTests
{
    [Fact]
    public async Task Migrating_twice_changes_nothing_the_second_time()
    {
        var database = await PostgresFixture.NewDatabaseAsync();
        await SchemaMigrator.MigrateAsync(database, CancellationToken.None);
        await SchemaMigrator.MigrateAsync(database, CancellationToken.None);
        (await ScalarAsync(database, "select count(*) from forge.migrations")).ShouldBe(20L);
    }

    [Fact]
    public async Task Of_two_migrators_at_once_one_does_the_work()
    {
        var database = await PostgresFixture.NewDatabaseAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SchemaMigrator.MigrateAsync(database, CancellationToken.None)));
        (await ScalarAsync(database, "select count(*) from forge.migrations")).ShouldBe(20L);
    }

    [Fact]
    public async Task A_migration_can_be_taken_back_and_made_again()
    {
        var database = await PostgresFixture.NewDatabaseAsync();
        await SchemaMigrator.MigrateAsync(database, CancellationToken.None);
        var before = await SchemaCounts.ReadAsync(database, CancellationToken.None);
        await using (var context = new CrmDbContext(CrmDbContext.OptionsFor(database)))
            await context.GetService<IMigrator>().MigrateAsync("Initial");
        (await ScalarAsync(database, "select prosrc like '%pushed%' from pg_proc where proname = 'crm_erase_record'")).ShouldBe(false);
        (await ScalarAsync(database, "select prosrc like '%pg_notify%' from pg_proc where proname = 'crm_enqueue'")).ShouldBe(false);

        await SchemaMigrator.MigrateAsync(database, CancellationToken.None);

        (await ScalarAsync(database, "select prosrc like '%pushed%' from pg_proc where proname = 'crm_erase_record'")).ShouldBe(true);
        (await ScalarAsync(database, "select prosrc like '%pg_notify%' from pg_proc where proname = 'crm_enqueue'")).ShouldBe(true);
        (await SchemaCounts.ReadAsync(database, CancellationToken.None)).ShouldBe(before);
    }

    [Fact]
    public async Task Forecasts_of_a_month_become_its_history_and_the_newest_of_them_stays()
    {
        var database = await PostgresFixture.NewDatabaseAsync();
        await using (var context = new CrmDbContext(CrmDbContext.OptionsFor(database)))
            await context.GetService<IMigrator>().MigrateAsync("Creations");
        await ExecuteAsync(database, """
            insert into crm_revenue_forecasts (tenant_id, as_of, forecast_month, currency, committed)
            select gen_random_uuid(), date '2026-01-01', date '2026-02-01', 'EUR', 1 union all select tenant, as_of, date '2026-02-01', 'EUR', 2
              from (select gen_random_uuid() as tenant) t, unnest('{2026-01-01,2026-01-02}'::date[]) as_of
            """);

        await SchemaMigrator.MigrateAsync(database, CancellationToken.None);

        (await ScalarAsync(database, "select string_agg(as_of || ' ' || trunc(committed), ', ' order by as_of) from crm_revenue_forecasts")).ShouldBe("2026-01-01 1, 2026-01-02 2");
        (await ScalarAsync(database, "select count(*) from crm_revenue_forecast_history")).ShouldBe(3L);
    }

    [Fact]
    public async Task The_script_runs_twice_on_an_empty_database_and_on_a_migrated_one()
    {
        var script = SchemaScript.Idempotent();
        var scripted = await PostgresFixture.NewDatabaseAsync();
        await ExecuteAsync(scripted, script);
        await ExecuteAsync(scripted, script);
        await SchemaMigrator.MigrateAsync(scripted, CancellationToken.None);

        var migrated = await PostgresFixture.NewDatabaseAsync();
        await SchemaMigrator.MigrateAsync(migrated, CancellationToken.None);
        await ExecuteAsync(migrated, script);
    }

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<object?> ScalarAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
