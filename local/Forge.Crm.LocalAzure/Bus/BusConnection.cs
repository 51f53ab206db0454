using Azure.Messaging.ServiceBus;
using Npgsql;

namespace Forge.Crm.LocalAzure.Bus;

/// <summary>The database of the bus as one process sees it: its connections, its schema, its errors in Service Bus's words.</summary>
internal sealed class BusConnection : IAsyncDisposable
{
    private const string SizeKey = "Maximum Pool Size";
    private const string PrepareKey = "Max Auto Prepare";

    private readonly SemaphoreSlim opening = new(1, 1);
    private volatile bool isReady;

    public BusConnection(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        // (ContainsKey would say yes to every keyword that Npgsql knows.) Statements are short: few connections do, and PostgreSQL's hundred are for others too.
        if (!settings.ShouldSerialize(SizeKey))
            settings.MaxPoolSize = 16;
        if (!settings.ShouldSerialize(PrepareKey))
            (settings.MaxAutoPrepare, settings.AutoPrepareMinUsages) = (24, 2);
        settings.ApplicationName ??= "local bus";
        Host = settings.Host ?? "";
        Database = NpgsqlDataSource.Create(settings);
        Ringer = new BusRinger(this);
    }

    public string Host { get; }

    public NpgsqlDataSource Database { get; }

    public BusRinger Ringer { get; }

    /// <summary>Runs one statement and reads its rows.</summary>
    /// <exception cref="ServiceBusException">The bus refused it, or cannot be reached (transient).</exception>
    public async Task<List<T>> QueryAsync<T>(
        string entity, string sql, Func<NpgsqlDataReader, T> read, CancellationToken ct, params NpgsqlParameter[] parameters)
    {
        try
        {
            await EnsureReadyAsync(ct);
            await using var command = Database.CreateCommand(sql);
            command.Parameters.AddRange(parameters);
            await using var reader = await command.ExecuteReaderAsync(ct);
            var rows = new List<T>();
            while (await reader.ReadAsync(ct))
                rows.Add(read(reader));
            return rows;
        }
        catch (NpgsqlException e)
        {
            throw BusErrors.Translate(e, entity);
        }
    }

    public async Task EnsureReadyAsync(CancellationToken ct)
    {
        if (isReady)
            return;
        await opening.WaitAsync(ct);
        try
        {
            if (!isReady)
                await BusSchema.EnsureAsync(Database, ct);
            isReady = true;
        }
        finally
        {
            opening.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Ringer.DisposeAsync();
        await Database.DisposeAsync();
        opening.Dispose();
    }
}
