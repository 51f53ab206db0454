using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// The database as one tenant sees it. The tenant is set inside each transaction (never on the session, so it works behind a transaction
/// pooler), in the same round trip as the first command.
/// </summary>
/// <param name="app">Connects as <c>crm_app</c>, which has no way past row-level security.</param>
internal sealed class TenantDatabase(NpgsqlDataSource app)
{
    private const string SetTenant = "select set_config('app.tenant_id', $1, true)";

    public NpgsqlDataSource Source { get; } = app;

    public async Task<TenantTransaction> BeginAsync(TenantId tenant, CancellationToken ct)
    {
        var connection = await Source.OpenConnectionAsync(ct);
        return new(connection, await connection.BeginTransactionAsync(ct), tenant);
    }

    /// <summary>Runs commands in one round trip and one transaction.</summary>
    /// <returns>Rows affected, all commands together.</returns>
    public async Task<int> ExecuteAsync(TenantId tenant, IEnumerable<NpgsqlBatchCommand> commands, CancellationToken ct)
    {
        await using var connection = await Source.OpenConnectionAsync(ct);
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(ForTenant(tenant));
        foreach (var command in commands)
            batch.BatchCommands.Add(command);
        await batch.ExecuteNonQueryAsync(ct);
        return batch.BatchCommands.Cast<NpgsqlBatchCommand>().Skip(1).Sum(command => (int)command.Rows);
    }

    /// <summary>Reads the rows of one command in one round trip.</summary>
    public async Task<List<T>> QueryAsync<T>(TenantId tenant, NpgsqlBatchCommand command, Func<NpgsqlDataReader, T> row, CancellationToken ct)
    {
        await using var connection = await Source.OpenConnectionAsync(ct);
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(ForTenant(tenant));
        batch.BatchCommands.Add(command);
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct))
            rows.Add(row(reader));
        return rows;
    }

    internal static NpgsqlBatchCommand ForTenant(TenantId tenant) => Sql.Command(SetTenant, Sql.Text(tenant.ToString()));
}

/// <summary>A transaction of one tenant. Disposing without <see cref="CommitAsync"/> rolls back.</summary>
internal sealed class TenantTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction, TenantId tenant) : IAsyncDisposable
{
    private bool _isTenantSet;

    /// <summary>Reads a batch; <paramref name="results"/> gets one call a command, in order.</summary>
    public async Task ReadAsync(
        IReadOnlyList<(NpgsqlBatchCommand Command, Action<NpgsqlDataReader> Row)> results, CancellationToken ct)
    {
        await using var batch = Batch(results.Select(result => result.Command), out var skip);
        await using var reader = await batch.ExecuteReaderAsync(ct);
        if (skip)
            await reader.NextResultAsync(ct);
        foreach (var (_, row) in results)
        {
            while (await reader.ReadAsync(ct))
                row(reader);
            await reader.NextResultAsync(ct);
        }
    }

    /// <summary>Runs a batch in one round trip.</summary>
    /// <exception cref="StaleStepException">A command that must affect a row did not.</exception>
    public async Task ExecuteAsync(IReadOnlyCollection<NpgsqlBatchCommand> commands, CancellationToken ct)
    {
        if (commands.Count == 0)
            return;
        await using var batch = Batch(commands, out _);
        await batch.ExecuteNonQueryAsync(ct);
        if (commands.Any(command => Sql.RequiresRow(command) && command.RecordsAffected == 0))
            throw new StaleStepException();
    }

    public Task CommitAsync(CancellationToken ct) => transaction.CommitAsync(ct);

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }

    private NpgsqlBatch Batch(IEnumerable<NpgsqlBatchCommand> commands, out bool setsTenant)
    {
        var batch = new NpgsqlBatch(connection, transaction);
        setsTenant = !_isTenantSet;
        if (setsTenant)
            batch.BatchCommands.Add(TenantDatabase.ForTenant(tenant));
        _isTenantSet = true;
        foreach (var command in commands)
            batch.BatchCommands.Add(command);
        return batch;
    }
}
