using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// Clears the journal of what is finished and older than any sender's retries and any duplicate. What failed stays three times as long: a
/// person may still want to redrive it. What is pending stays.
/// </summary>
internal sealed class Pruning(TenantDatabase database, RelayQueries relay)
{
    // Small enough that nobody waits for its locks, and that a crash loses little.
    private const int Chunk = 5_000;

    private const string Delete = """
        delete from crm_webhook_events
         where tenant_id = $1
           and id = any(array(select id from crm_webhook_events
                               where tenant_id = $1 and received_at < clock_timestamp() - $2 and status = any($3)
                               limit $4))
        """;

    // Counted by the hour.
    private const string DeleteDeletions = "delete from crm_deletions where tenant_id = $1 and sent_at < clock_timestamp() - interval '1 day'";

    private static readonly (TimeSpan Age, string[] Statuses)[] Rules =
    [
        (TimeSpan.FromDays(30), ["applied", "unchanged", "ignored"]),
        (TimeSpan.FromDays(90), ["failed"]),
    ];

    /// <returns>How many rows went.</returns>
    public async Task<long> RunAsync(CancellationToken ct)
    {
        var deleted = 0L;
        foreach (var (tenant, _) in await relay.TenantsAsync(ct))
        {
            foreach (var (age, statuses) in Rules)
                deleted += await DeleteAsync(tenant, age, statuses, ct);
            await database.ExecuteAsync(tenant, [Sql.Command(DeleteDeletions, Sql.Value(tenant.Value))], ct);
        }
        return deleted;
    }

    private async Task<long> DeleteAsync(TenantId tenant, TimeSpan age, string[] statuses, CancellationToken ct)
    {
        for (var deleted = 0L; ;)
        {
            var rows = await database.ExecuteAsync(
                tenant, [Sql.Command(Delete, Sql.Value(tenant.Value), Sql.Value(age), Sql.Value(statuses), Sql.Value(Chunk))], ct);
            deleted += rows;
            if (rows < Chunk)
                return deleted;
        }
    }
}
