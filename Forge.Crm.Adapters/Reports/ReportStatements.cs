using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Reports;

/// <summary>Runs the statements that make reports.</summary>
internal sealed class ReportStatements(TenantDatabase database)
{
    // One statement a tenant, so compiling it does not pay. What is hashed is a tenant's deals, at some 150 bytes each: PostgreSQL's usual 4 MB would
    // have 50,000 of them sorted on disk; and what can be hashed need not be sorted to be joined. The plan is the same for every tenant: where the
    // connection prepares (Max Auto Prepare), it is made once, which for a small tenant would take longer than its report.
    private const string Plan = """
        select set_config('jit', 'off', true), set_config('work_mem', '32MB', true), set_config('enable_mergejoin', 'off', true),
               set_config('plan_cache_mode', 'force_generic_plan', true)
        """;

    private const string Lock = "select pg_advisory_xact_lock(hashtextextended('crm report ' || $1 || $2::text, 0))";

    /// <summary>Of a function's five minutes.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);

    /// <summary>Writes a tenant's report; of two at once one waits for the other.</summary>
    /// <returns>Rows that were written; of a statement with several tables those of the last one.</returns>
    public async Task<int> ExecuteAsync(TenantId tenant, string report, NpgsqlBatchCommand statement, CancellationToken ct)
    {
        await using var connection = await database.Source.OpenConnectionAsync(ct);
        await using var batch = Batch(connection, tenant, Sql.Command(Lock, Sql.Text(report), Sql.Value(tenant.Value)), statement);
        await batch.ExecuteNonQueryAsync(ct);
        return statement.RecordsAffected;
    }

    /// <summary>Reads the one text that a statement makes.</summary>
    public async Task<string> ReadAsync(TenantId tenant, NpgsqlBatchCommand statement, CancellationToken ct)
    {
        await using var connection = await database.Source.OpenConnectionAsync(ct);
        await using var batch = Batch(connection, tenant, statement);
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        await reader.NextResultAsync(ct);
        await reader.ReadAsync(ct);
        return reader.GetString(0);
    }

    internal static NpgsqlBatch Batch(NpgsqlConnection connection, TenantId tenant, params ReadOnlySpan<NpgsqlBatchCommand> commands)
    {
        var batch = connection.CreateBatch();
        batch.Timeout = (int)Longest.TotalSeconds;
        batch.BatchCommands.Add(TenantDatabase.ForTenant(tenant));
        batch.BatchCommands.Add(Sql.Command(Plan));
        foreach (var command in commands)
            batch.BatchCommands.Add(command);
        return batch;
    }
}
