using System.Collections.Concurrent;
using System.Globalization;
using Forge.Crm.LocalHost.PostgreSql;
using Npgsql;

namespace Forge.Crm.Tests.PostgreSql;

/// <summary>
/// PostgreSQL for tests: one throw-away cluster a test process, started at the first call, and a database for whoever asks. The variable
/// FORGE_TEST_POSTGRES (a superuser's connection string) names a server to use instead. No server at all fails the test that asks.
/// </summary>
internal static class PostgresFixture
{
    private static readonly Lazy<Task<LocalPostgres>> Server = new(StartAsync);
    private static readonly ConcurrentDictionary<string, Lazy<Task<string>>> Templates = new();
    private static readonly ConcurrentBag<string> Created = [];

    // Databases of several test processes may stand on one configured server.
    private static readonly string Run = "t" + Guid.NewGuid().ToString("n", CultureInfo.InvariantCulture)[..8];
    private static int _count;

    /// <summary>A superuser's connection string to the database "postgres" of the tests' server.</summary>
    public static async Task<string> ServerAsync() => (await Server.Value).ConnectionString;

    /// <summary>A fresh database, empty or a copy of <paramref name="template"/>, and a superuser's connection string to it.</summary>
    public static async Task<string> NewDatabaseAsync(string? template = null)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Run}_{Interlocked.Increment(ref _count)}");
        // Said in full for an empty one, since a configured server may have other defaults. A copy is made file by file: page by page costs a third more.
        var source = template is null ? "template0 encoding 'UTF8' locale_provider libc locale 'C'" : $"{template} strategy file_copy";
        await ExecuteAsync($"create database {name} template {source}");
        Created.Add(name);
        return await ConnectionStringAsync(name);
    }

    /// <summary>
    /// A fresh copy of the database that <paramref name="initialise"/> filled, given its connection string, once a test process for each
    /// <paramref name="name"/>. A failed initialisation fails every caller.
    /// </summary>
    public static async Task<string> FromTemplateAsync(string name, Func<string, Task> initialise) =>
        await NewDatabaseAsync(await Templates.GetOrAdd(name, _ => new Lazy<Task<string>>(() => MakeTemplateAsync(initialise))).Value);

    /// <summary>Stops the server, or drops what was made on a configured one. Called once, after the last test.</summary>
    public static async Task StopAsync()
    {
        if (!Server.IsValueCreated || !Server.Value.IsCompletedSuccessfully)
            return;
        var server = await Server.Value;
        if (server.BinFolder is null)
        {
            foreach (var database in Created)
                await ExecuteAsync($"drop database if exists {database} with (force)");
        }
        await server.DisposeAsync();
    }

    private static async Task<string> MakeTemplateAsync(Func<string, Task> initialise)
    {
        var connectionString = await NewDatabaseAsync();
        await initialise(connectionString);
        var name = new NpgsqlConnectionStringBuilder(connectionString).Database!;
        // A database can be copied only while nobody is connected to it, and the initialiser's pools may still be.
        await ExecuteAsync($"alter database {name} allow_connections false");
        await ExecuteAsync($"select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '{name}'");
        return name;
    }

    private static async Task<string> ConnectionStringAsync(string database) =>
        // Each database has a pool of its own: idle connections must go soon, or a few hundred tests use them all up.
        new NpgsqlConnectionStringBuilder(await ServerAsync())
        {
            Database = database,
            ConnectionIdleLifetime = 5,
            ConnectionPruningInterval = 2,
        }.ConnectionString;

    private static async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(await ServerAsync());
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<LocalPostgres> StartAsync()
    {
        var options = new LocalPostgresOptions
        {
            ConnectionString = Environment.GetEnvironmentVariable("FORGE_TEST_POSTGRES"),
            ThrowAway = true,
            Durable = false,
            MaxConnections = 500,
        };
        return await LocalPostgres.StartAsync(options, CancellationToken.None);
    }
}
