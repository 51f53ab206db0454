using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Tests.PostgreSql;
using Npgsql;

namespace Forge.Crm.Tests.Schema;

/// <summary>A migrated database, and statements on it as any caller, each in a transaction that is committed.</summary>
internal sealed class CrmDatabase(string ownerConnectionString)
{
    private const string Password = "for-tests-only";

    private static readonly Lazy<Task<CrmDatabase>> OneForAll = new(CreateAsync);

    /// <summary>A superuser's, who owns the tables here.</summary>
    public string ConnectionString => ownerConnectionString;

    /// <summary>A database of the caller's own.</summary>
    public static async Task<CrmDatabase> CreateAsync() => new(await PostgresFixture.FromTemplateAsync("schema", MigrateAsync));

    /// <summary>One for all tests that write only rows of tenants of their own: row-level security keeps them apart.</summary>
    public static Task<CrmDatabase> SharedAsync() => OneForAll.Value;

    /// <summary>Runs a statement and says how many rows it changed.</summary>
    public Task<int> ExecuteAsync(Caller caller, string sql, params object[] values) =>
        RunAsync(caller, sql, values, command => command.ExecuteNonQueryAsync());

    /// <summary>The rows of a query, each an array of its columns (null for a null).</summary>
    public Task<List<object?[]>> QueryAsync(Caller caller, string sql, params object[] values) => RunAsync(caller, sql, values, ReadAsync);

    /// <summary>The first column of the only row.</summary>
    public async Task<T> ScalarAsync<T>(Caller caller, string sql, params object[] values) =>
        (T)(await QueryAsync(caller, sql, values)).ShouldHaveSingleItem()[0]!;

    /// <summary>The first column of every row, as text.</summary>
    public async Task<string[]> ColumnAsync(Caller caller, string sql, params object[] values) =>
        [.. (await QueryAsync(caller, sql, values)).Select(row => $"{row[0]}")];

    /// <summary>The SQLSTATE that a statement is refused with; null when it is not.</summary>
    public async Task<string?> RefusalAsync(Caller caller, string sql, params object[] values)
    {
        try
        {
            await ExecuteAsync(caller, sql, values);
            return null;
        }
        catch (PostgresException refusal)
        {
            return refusal.SqlState;
        }
    }

    /// <summary>Logged in as the caller, in a transaction that has its role and settings.</summary>
    public async Task<NpgsqlConnection> OpenAsync(Caller caller)
    {
        var connection = new NpgsqlConnection(ConnectionStringOf(caller.Login));
        await connection.OpenAsync();
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new("begin") } };
        if (caller.Role is not null)
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"set local role {caller.Role}"));
        foreach (var (name, value) in caller.Settings)
            batch.BatchCommands.Add(new("select set_config($1, $2, true)") { Parameters = { new() { Value = name }, new() { Value = value } } });
        await batch.ExecuteNonQueryAsync();
        return connection;
    }

    private string ConnectionStringOf(string login) => login == ""
        ? ownerConnectionString
        : new NpgsqlConnectionStringBuilder(ownerConnectionString) { Username = login, Password = Password }.ConnectionString;

    private async Task<T> RunAsync<T>(Caller caller, string sql, object[] values, Func<NpgsqlCommand, Task<T>> run)
    {
        await using var connection = await OpenAsync(caller);
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        var result = await run(command);
        await using var commit = new NpgsqlCommand("commit", connection);
        await commit.ExecuteNonQueryAsync();
        return result;
    }

    private static async Task<List<object?[]>> ReadAsync(NpgsqlCommand command)
    {
        await using var reader = await command.ExecuteReaderAsync();
        List<object?[]> rows = [];
        while (await reader.ReadAsync())
        {
            var row = new object?[reader.FieldCount];
            reader.GetValues(row!);
            rows.Add([.. row.Select(value => value is DBNull ? null : value)]);
        }
        return rows;
    }

    private static async Task MigrateAsync(string connectionString)
    {
        await SchemaMigrator.MigrateAsync(connectionString, CancellationToken.None);
        // Roles belong to the server, which other test processes may be setting up too: one at a time, by a lock in a database of all.
        await using var source = NpgsqlDataSource.Create(await PostgresFixture.ServerAsync());
        await using var command = source.CreateCommand($"""
            do $$
            begin
                perform pg_advisory_xact_lock(7412);
                if not exists (select from pg_roles where rolname = '{Caller.Authenticator}') then
                    create role {Caller.Authenticator} login noinherit;
                    grant authenticated, anon to {Caller.Authenticator};
                end if;
                alter role {Caller.Authenticator} password '{Password}';
                alter role crm_app password '{Password}';
                alter role crm_relay password '{Password}';
            end
            $$
            """);
        await command.ExecuteNonQueryAsync();
    }
}
