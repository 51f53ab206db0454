using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>The database across tenants, as <c>crm_relay</c>: it sees where work waits, never what it is.</summary>
internal sealed class RelayDatabase(NpgsqlDataSource relay)
{
    /// <summary>Reads the rows of one command, outside of any tenant.</summary>
    public async Task<List<T>> QueryAsync<T>(NpgsqlBatchCommand command, Func<NpgsqlDataReader, T> row, CancellationToken ct)
    {
        await using var batch = relay.CreateBatch();
        batch.BatchCommands.Add(command);
        await using var reader = await batch.ExecuteReaderAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct))
            rows.Add(row(reader));
        return rows;
    }
}
