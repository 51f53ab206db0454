using System.Security.Cryptography;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.LocalHost.PostgreSql;
using Npgsql;

namespace Forge.Crm.LocalHost.Stack;

/// <summary>The hub's database as each role opens it; the owner's also carries the local bus.</summary>
internal sealed record HubConnections(string Owner, string App, string Relay);

/// <summary>The hub's database on a PostgreSQL of ours or of yours: made, migrated, and opened as each of its roles.</summary>
internal sealed class LocalHub : IAsyncDisposable
{
    private readonly LocalPostgres _server;

    private LocalHub(LocalPostgres server, string owner, string password)
    {
        _server = server;
        OwnerConnectionString = owner;
        AppConnectionString = As("crm_app", password);
        RelayConnectionString = As("crm_relay", password);
        Owner = NpgsqlDataSource.Create(owner);
    }

    public string OwnerConnectionString { get; }

    public string AppConnectionString { get; }

    public string RelayConnectionString { get; }

    public HubConnections Connections => new(OwnerConnectionString, AppConnectionString, RelayConnectionString);

    /// <summary>Past row-level security: only for looking, never for the functions.</summary>
    public NpgsqlDataSource Owner { get; }

    public string Server => $"PostgreSQL {_server.ServerVersion} ({_server.FoundBy})";

    /// <summary>A program that comes with the server, e.g. <c>pgbench</c>; null where it is not there.</summary>
    public string? Tool(string name) =>
        _server.BinFolder is { } folder && File.Exists(Path.Combine(folder, name)) ? Path.Combine(folder, name) : null;

    /// <param name="configured">A connection string to use instead of a server of our own.</param>
    /// <param name="database">The database to make on that server; null to use the configured one as it is.</param>
    public static async Task<LocalHub> StartAsync(string? configured, string? database, bool reset, IProgress<string> progress, CancellationToken ct)
    {
        var server = await LocalPostgres.StartAsync(new LocalPostgresOptions { ConnectionString = configured, Progress = progress }, ct);
        try
        {
            var owner = database is null ? server.ConnectionString : await CreateAsync(server.ConnectionString, database, reset, ct);
            if (database is null && reset)
                throw new LocalHostException("--reset drops a database, and this one is yours (ConnectionStrings__Postgres): empty it yourself, or unset the variable.");
            await SchemaMigrator.MigrateAsync(owner, ct);
            // The roles belong to the whole server; a new password each run is one less to keep.
            var password = Convert.ToHexString(RandomNumberGenerator.GetBytes(24));
            await ExecuteAsync(owner, $"alter role crm_app password '{password}'; alter role crm_relay password '{password}'", ct);
            return new(server, owner, password);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Owner.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
        await _server.DisposeAsync();
    }

    private static async Task<string> CreateAsync(string server, string database, bool reset, CancellationToken ct)
    {
        if (reset)
            await ExecuteAsync(server, $"drop database if exists {database} with (force)", ct);
        await using var source = NpgsqlDataSource.Create(server);
        await using var exists = source.CreateCommand("select exists (select from pg_database where datname = $1)");
        exists.Parameters.AddWithValue(database);
        if (await exists.ExecuteScalarAsync(ct) is not true)
            await ExecuteAsync(server, $"create database {database} template template0 encoding 'UTF8'", ct);
        return new NpgsqlConnectionStringBuilder(server) { Database = database }.ConnectionString;
    }

    private static async Task ExecuteAsync(string connectionString, string sql, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    private string As(string role, string password) =>
        new NpgsqlConnectionStringBuilder(OwnerConnectionString) { Username = role, Password = password, MaxPoolSize = 40, MaxAutoPrepare = 60, NoResetOnClose = true }.ConnectionString;
}
