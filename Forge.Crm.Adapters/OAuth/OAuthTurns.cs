using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.OAuth;

/// <summary>
/// One worker at a time, over all of them: a lock of the database that ends with its transaction. A worker that dies gives it back at once, one
/// that hangs after two minutes; and it works behind a transaction pooler.
/// </summary>
internal sealed class OAuthTurns(TenantDatabase database)
{
    private const string Limits = """
        select set_config('lock_timeout', '20s', true), set_config('idle_in_transaction_session_timeout', '120s', true)
        """;

    private const string Take = "select pg_advisory_xact_lock(hashtextextended($1, 0))";

    /// <exception cref="TimeoutException">Somebody else has had it for 20 seconds; the work was not started.</exception>
    public async Task<T> RunAsync<T>(TenantId tenant, string name, Func<Task<T>> work, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenant, ct);
        try
        {
            await transaction.ExecuteAsync([Sql.Command(Limits), Sql.Command(Take, Sql.Text(name))], ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw new TimeoutException($"Another worker has had {name} for too long.");
        }

        return await work();
    }
}
