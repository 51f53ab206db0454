using Microsoft.Extensions.Logging;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// Leases of the whole system, in <c>crm_leases</c> under the nil tenant: work that is to be done once however many instances start it.
/// Times are the database's, so instances with different clocks agree.
/// </summary>
internal sealed partial class Leases(RelayDatabase database, TimeProvider clock, ILogger<Leases> logger)
{
    private const string Take = """
        insert into crm_leases as lease (tenant_id, name, holder, fence, expires_at)
        values ('00000000-0000-0000-0000-000000000000', $1, $2, 1, clock_timestamp() + $3)
            on conflict (tenant_id, name) do update
           set holder = excluded.holder, fence = lease.fence + 1, expires_at = excluded.expires_at
         where lease.expires_at <= clock_timestamp()
        returning fence
        """;

    // The fence tells this holder from every later one, also from one of the same name.
    private const string Move = """
        update crm_leases set expires_at = clock_timestamp() + $3
         where tenant_id = '00000000-0000-0000-0000-000000000000' and name = $1 and fence = $2
        returning fence
        """;

    private static readonly string Holder = $"{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>
    /// Does the work if no one else has the lease. The lease is kept for all of <paramref name="hold"/>, also when the work is done sooner:
    /// that is what makes a timer that fires twice do it once. Longer work is renewed; work that fails gives the lease back.
    /// </summary>
    /// <param name="hold">Somewhat shorter than the timer's interval.</param>
    /// <param name="work">Its token is cancelled when the lease is lost.</param>
    /// <returns>False where somebody else has it; the work was not started.</returns>
    public async Task<bool> TryRunAsync(string name, TimeSpan hold, Func<CancellationToken, Task> work, CancellationToken ct)
    {
        if (await TakeAsync(name, hold, ct) is not { } fence)
            return false;
        using var held = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var renewal = RenewAsync(name, fence, hold, held);
        try
        {
            await work(held.Token);
        }
        catch
        {
            await MoveAsync(name, fence, TimeSpan.Zero, CancellationToken.None);
            throw;
        }
        finally
        {
            await held.CancelAsync();
            await renewal;
        }
        return true;
    }

    private async Task<long?> TakeAsync(string name, TimeSpan hold, CancellationToken ct)
    {
        var fences = await database.QueryAsync(
            Sql.Command(Take, Sql.Text(name), Sql.Text(Holder), Sql.Value(hold)), row => row.GetInt64(0), ct);
        return fences is [var fence] ? fence : null;
    }

    private async Task<bool> MoveAsync(string name, long fence, TimeSpan hold, CancellationToken ct)
    {
        var moved = await database.QueryAsync(Sql.Command(Move, Sql.Text(name), Sql.Value(fence), Sql.Value(hold)), row => row.GetInt64(0), ct);
        return moved.Count > 0;
    }

    private async Task RenewAsync(string name, long fence, TimeSpan hold, CancellationTokenSource held)
    {
        try
        {
            using var ticks = new PeriodicTimer(hold / 3, clock);
            while (await ticks.WaitForNextTickAsync(held.Token))
                if (!await MoveAsync(name, fence, hold, held.Token))
                    break;
            Lost(logger, name);
        }
        catch (OperationCanceledException) when (held.IsCancellationRequested)
        {
            return;
        }
        catch (NpgsqlException e)
        {
            // It may run out before the database is back, and then somebody else starts.
            NotRenewed(logger, e, name);
        }
        await held.CancelAsync();
    }

    [LoggerMessage(LogLevel.Warning, "The lease {Name} was lost; its work is stopped.")]
    private static partial void Lost(ILogger logger, string name);

    [LoggerMessage(LogLevel.Warning, "The lease {Name} could not be renewed; its work is stopped.")]
    private static partial void NotRenewed(ILogger logger, Exception e, string name);
}
