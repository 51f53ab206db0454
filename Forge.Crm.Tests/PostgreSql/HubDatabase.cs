using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Tests.PostgreSql;

/// <summary>A migrated hub of a test's own, with one tenant in it, as the functions see it (crm_app) and as its owner.</summary>
internal sealed class HubDatabase : IAsyncDisposable
{
    /// <summary>Of crm_app and crm_relay.</summary>
    public const string Password = "for-tests-only";

    private HubDatabase(string ownerConnectionString)
    {
        ConnectionString = ownerConnectionString;
        Owner = NpgsqlDataSource.Create(ownerConnectionString);
        AppConnectionString = As("crm_app");
        RelayConnectionString = As("crm_relay");
        App = NpgsqlDataSource.Create(AppConnectionString);
        Tenant = new TenantDatabase(App);
    }

    /// <summary>A superuser's.</summary>
    public string ConnectionString { get; }

    public string AppConnectionString { get; }

    public string RelayConnectionString { get; }

    public NpgsqlDataSource Owner { get; }

    public NpgsqlDataSource App { get; }

    public TenantDatabase Tenant { get; }

    public TenantId Id { get; private set; }

    /// <summary>The owner's connection string to a migrated database without a tenant.</summary>
    public static Task<string> MigratedAsync() => PostgresFixture.FromTemplateAsync("hub", MigrateAsync);

    public static async Task<HubDatabase> CreateAsync()
    {
        var hub = new HubDatabase(await MigratedAsync());
        hub.Id = await hub.AddTenantAsync();
        return hub;
    }

    public async Task<TenantId> AddTenantAsync(string timeZone = "UTC")
    {
        var id = Guid.CreateVersion7();
        await ExecuteAsync($"insert into crm_tenants (tenant_id, name, time_zone) values ('{id}', 'Test', '{timeZone}')");
        return new(id);
    }

    public Task AddConfigAsync(TenantId tenant, string platform, string direction = "read", int lanes = 1) => ExecuteAsync(
        $"insert into crm_sync_configs (tenant_id, platform, direction, secret_ref, lanes) values ('{tenant}', '{platform}', '{direction}', 'secret-{platform}', {lanes})");

    /// <summary>Nothing is due for the timer of a running host, which at some second of each minute starts the jobs that are.</summary>
    public Task ReconciledAsync() => ExecuteAsync("update crm_sync_configs set reconciled_at = now()");

    /// <summary>As the owner, past row-level security.</summary>
    public async Task<int> ExecuteAsync(string sql)
    {
        await using var command = Owner.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first column of the first row, as the owner.</summary>
    public async Task<T?> ScalarAsync<T>(string sql)
    {
        await using var command = Owner.CreateCommand(sql);
        return await command.ExecuteScalarAsync() is { } value and not DBNull ? (T)value : default;
    }

    /// <summary>All rows, columns joined by a bar: easy to compare with what is expected.</summary>
    public async Task<List<string>> RowsAsync(string sql)
    {
        await using var command = Owner.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "" : Convert.ToString(reader.GetValue(i), System.Globalization.CultureInfo.InvariantCulture))));
        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Owner.DisposeAsync();
    }

    private static async Task MigrateAsync(string connectionString)
    {
        await SchemaMigrator.MigrateAsync(connectionString, CancellationToken.None);
        // Roles belong to the server, which other tests may be setting up too: one at a time, by a lock in a database of all.
        await using var server = NpgsqlDataSource.Create(await PostgresFixture.ServerAsync());
        await using var command = server.CreateCommand($"""
            do $$
            begin
                perform pg_advisory_xact_lock(7412);
                alter role crm_app password '{Password}';
                alter role crm_relay password '{Password}';
            end
            $$
            """);
        await command.ExecuteNonQueryAsync();
    }

    private string As(string role) => new NpgsqlConnectionStringBuilder(ConnectionString) { Username = role, Password = Password }.ConnectionString;
}
