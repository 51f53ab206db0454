using Npgsql;

namespace Forge.Crm.Tests.PostgreSql;

public sealed class PostgresFixtureTests
{
    [Fact]
    public async Task Every_call_gives_a_database_of_its_own()
    {
        var first = await PostgresFixture.NewDatabaseAsync();
        var second = await PostgresFixture.NewDatabaseAsync();
        await ExecuteAsync(first, "create table only_here (id int)");
        (await ScalarAsync(first, "select count(*) from pg_tables where tablename = 'only_here'")).ShouldBe(1L);
        (await ScalarAsync(second, "select count(*) from pg_tables where tablename = 'only_here'")).ShouldBe(0L);
    }

    [Fact]
    public async Task A_template_is_filled_once_however_many_ask_at_once()
    {
        var filled = 0;
        var databases = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PostgresFixture.FromTemplateAsync("fixture tests", FillAsync)));
        filled.ShouldBe(1);
        databases.Distinct().Count().ShouldBe(8);
        foreach (var database in databases)
            (await ScalarAsync(database, "select sum(id) from numbers")).ShouldBe(10L);

        async Task FillAsync(string database)
        {
            Interlocked.Increment(ref filled);
            await ExecuteAsync(database, "create table numbers as select id from generate_series(1, 4) as id");
        }
    }

    [Fact]
    public async Task Databases_are_in_UTF8_with_byte_order()
    {
        var database = await PostgresFixture.NewDatabaseAsync();
        (await ScalarAsync(database, "select pg_encoding_to_char(encoding) || ' ' || datcollate from pg_database where datname = current_database()"))
            .ShouldBe("UTF8 C");
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
