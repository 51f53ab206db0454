using System.Collections.Concurrent;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Http;

/// <summary>
/// A budget shared by all workers through <c>crm_rate_budgets</c>. Busy callers take several calls in one round trip and spend them within
/// a second; what is left then lapses, so that no worker hoards what another one could use.
/// </summary>
/// <param name="database">Connects as <c>crm_app</c>.</param>
public sealed class PostgresRateBudget(NpgsqlDataSource database, IEnumerable<BucketLimit> limits, TimeProvider time) : IRateBudget
{
    private const int LargestLease = 10;
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(1);

    private readonly Dictionary<(Platform, string), RateLimit> _limits = limits.ToDictionary(row => (row.Platform, row.Bucket), row => row.Limit);
    private readonly ConcurrentDictionary<(TenantId, Platform, string, CallLane), Lease> _leases = [];
    private readonly ConcurrentDictionary<(TenantId, Platform, string), RateLimit> _learned = [];

    public async ValueTask WaitAsync(TenantId tenant, Platform platform, string bucket, CallLane lane, CancellationToken ct)
    {
        var lease = _leases.GetOrAdd((tenant, platform, bucket, lane), _ => new());
        await lease.Turn.WaitAsync(ct);
        try
        {
            while (!lease.TrySpend(time.GetTimestamp(), time))
            {
                var (taken, wait) = await TakeAsync(tenant, platform, bucket, lane, lease.NextSize, ct);
                if (taken > 0)
                    lease.Fill(taken, time.GetTimestamp());
                else
                    await BudgetWait.ForAsync(wait, platform, time, ct);
            }
        }
        finally
        {
            lease.Turn.Release();
        }
    }

    public async ValueTask BlockAsync(TenantId tenant, Platform platform, string bucket, DateTimeOffset until, CancellationToken ct)
    {
        foreach (var lane in Enum.GetValues<CallLane>())
            _leases.TryRemove((tenant, platform, bucket, lane), out _);
        var limit = _limits[(platform, bucket)];
        await using var batch = Batch(
            tenant, RateBudgetSql.Block, platform.ToName(), bucket, limit.Capacity, limit.RefillPerSecond, until.UtcDateTime);
        await batch.ExecuteNonQueryAsync(ct);
    }

    // Answers tell of the limit every time; only one that differs from the last, or that says it is nearly used up, is worth a statement.
    public async ValueTask LearnAsync(TenantId tenant, Platform platform, string bucket, RateLimit limit, int remaining, CancellationToken ct)
    {
        var key = (tenant, platform, bucket);
        if (remaining >= limit.Capacity / 2 && (_learned.TryGetValue(key, out var known) ? known : _limits[(platform, bucket)]) == limit)
            return;
        _learned[key] = limit;
        await using var batch = Batch(
            tenant, RateBudgetSql.Learn, platform.ToName(), bucket, limit.Capacity, limit.RefillPerSecond, (double)remaining);
        await batch.ExecuteNonQueryAsync(ct);
    }

    private async Task<(int Taken, TimeSpan Wait)> TakeAsync(
        TenantId tenant, Platform platform, string bucket, CallLane lane, int wanted, CancellationToken ct)
    {
        while (true)
        {
            await using (var batch = Batch(tenant, RateBudgetSql.Take, platform.ToName(), bucket, wanted, CallLanes.ReserveOf(lane)))
            await using (var reader = await batch.ExecuteReaderAsync(ct))
            {
                await reader.NextResultAsync(ct);
                if (await reader.ReadAsync(ct))
                    return (reader.GetInt32(0), TimeSpan.FromSeconds(reader.GetDouble(1)));
            }

            var limit = _limits[(platform, bucket)];
            await using var open = Batch(tenant, RateBudgetSql.Open, platform.ToName(), bucket, limit.Capacity, limit.RefillPerSecond);
            await open.ExecuteNonQueryAsync(ct);
        }
    }

    /// <summary>One statement behind the tenant's, in the one transaction that a batch is.</summary>
    private NpgsqlBatch Batch(TenantId tenant, string sql, params object[] values)
    {
        var statement = new NpgsqlBatchCommand(sql) { Parameters = { new() { Value = tenant.Value } } };
        foreach (var value in values)
            statement.Parameters.Add(new() { Value = value });
        var batch = database.CreateBatch();
        batch.BatchCommands.Add(new("select set_config('app.tenant_id', $1, true)") { Parameters = { new() { Value = tenant.ToString() } } });
        batch.BatchCommands.Add(statement);
        return batch;
    }

    /// <summary>Calls taken ahead by one lane of this process. Only the holder of <see cref="Turn"/> touches it.</summary>
    private sealed class Lease
    {
        private int _left;
        private int _spent;
        private long _filledAt;

        public SemaphoreSlim Turn { get; } = new(1, 1);

        /// <summary>Twice what the last lease was good for: a lone caller takes one at a time, a busy one ten.</summary>
        public int NextSize => Math.Clamp(_spent * 2, 1, LargestLease);

        public bool TrySpend(long now, TimeProvider time)
        {
            if (_left == 0 || time.GetElapsedTime(_filledAt, now) > LeaseTime)
            {
                _left = 0;
                return false;
            }

            _left--;
            _spent++;
            return true;
        }

        public void Fill(int taken, long now) => (_left, _spent, _filledAt) = (taken, 0, now);
    }
}
