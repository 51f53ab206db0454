using System.Collections.Concurrent;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Npgsql;
using NpgsqlTypes;

namespace Forge.Crm.Adapters.Http;

/// <summary>
/// A budget shared by all workers through <c>crm_rate_budgets</c>. A call costs one round trip, however many buckets it is paid from and
/// however long it waits: it is told its turn and goes by itself.
/// </summary>
/// <param name="database">Connects as <c>crm_app</c>.</param>
public sealed class PostgresRateBudget(NpgsqlDataSource database, IEnumerable<BucketLimit> limits, TimeProvider time) : IRateBudget
{
    private readonly Dictionary<(Platform, string), RateLimit> _limits = limits.ToDictionary(row => (row.Platform, row.Bucket), row => row.Limit);
    private readonly ConcurrentDictionary<(TenantId, Platform, string), (RateLimit? Limit, long At)> _learned = [];
    private readonly ConcurrentDictionary<(TenantId, Platform, string), string> _zones = [];

    // How often what is left of a day is taken over: others may use the same day.
    private static readonly TimeSpan DayInterval = TimeSpan.FromMinutes(1);

    public async ValueTask WaitAsync(TenantId tenant, Platform platform, IReadOnlyList<BucketPrice> price, CallLane lane, CancellationToken ct)
    {
        BudgetAnswer answer;
        do
        {
            answer = await TakeAsync(tenant, platform, price, lane, ct);
            await BudgetWait.ForAsync(answer, platform, time, ct);
        }
        while (!answer.IsGranted);
    }

    public async ValueTask<DateTimeOffset> BlockAsync(TenantId tenant, Platform platform, string bucket, DateTimeOffset? until, CancellationToken ct)
    {
        var value = new NpgsqlParameter { Value = (object?)until?.UtcDateTime ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };
        await using var batch = Batch(tenant, Open(tenant, platform, [bucket]), Command(RateBudgetSql.Block, tenant, platform, bucket, value));
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct); // the tenant's; that of opening has no rows
        await reader.ReadAsync(ct);
        return reader.GetFieldValue<DateTimeOffset>(0);
    }

    // Answers tell of the limit every time; only one that differs is worth a statement, and now and then what is left.
    public async ValueTask LearnAsync(TenantId tenant, Platform platform, string bucket, RateLimit? limit, int remaining, CancellationToken ct)
    {
        var key = (tenant, platform, bucket);
        var held = _limits[(platform, bucket)];
        var last = _learned.GetOrAdd(key, _ => (held, 0));
        var isDue = last.At == 0 || time.GetElapsedTime(last.At) >= (held.IsDay ? DayInterval : held.Per);
        if (last.Limit == limit && !(isDue && (held.IsDay || remaining < held.Capacity)))
            return;
        _learned[key] = (limit, time.GetTimestamp());
        var statement = held.IsDay
            ? Command(RateBudgetSql.LearnDay, tenant, platform, bucket, Number(limit?.Capacity), Number(RateLimit.Unknown.Capacity), Number(remaining))
            : Command(RateBudgetSql.Learn, tenant, platform, bucket, Number(limit!.Capacity), Number(limit.RefillPerSecond), Number(remaining));
        await using var batch = Batch(tenant, statement);
        await batch.ExecuteNonQueryAsync(ct);
    }

    public async ValueTask LearnZoneAsync(TenantId tenant, Platform platform, string bucket, string zone, CancellationToken ct)
    {
        var key = (tenant, platform, bucket);
        if (_zones.TryGetValue(key, out var known) && known == zone)
            return;
        await using var batch = Batch(tenant, Open(tenant, platform, [bucket]), Command(RateBudgetSql.LearnZone, tenant, platform, bucket, Text(zone)));
        try
        {
            await batch.ExecuteNonQueryAsync(ct);
            _zones[key] = zone;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidParameterValue)
        {
            // A name that the database does not know: the days stay those of UTC.
        }
    }

    private async Task<BudgetAnswer> TakeAsync(TenantId tenant, Platform platform, IReadOnlyList<BucketPrice> price, CallLane lane, CancellationToken ct)
    {
        string[] buckets = [.. price.Select(part => part.Bucket)];
        while (true)
        {
            await using (var batch = Batch(tenant, new NpgsqlBatchCommand(RateBudgetSql.Take)
            {
                Parameters =
                {
                    new() { Value = tenant.Value }, Text(platform.ToName()), new() { Value = buckets }, new() { Value = price.Select(part => part.Tokens).ToArray() },
                    Number(CallLanes.SecondsAheadOf(lane)), Number(CallLanes.DayReserveOf(lane)),
                },
            }))
            await using (var reader = await batch.ExecuteReaderAsync(ct))
            {
                await reader.NextResultAsync(ct);
                if (await reader.ReadAsync(ct))
                    return new(reader.GetBoolean(0), TimeSpan.FromSeconds(reader.GetDouble(1)), reader.GetBoolean(2));
            }

            await using var open = Batch(tenant, Open(tenant, platform, buckets));
            await open.ExecuteNonQueryAsync(ct);
        }
    }

    private NpgsqlBatchCommand Open(TenantId tenant, Platform platform, string[] buckets)
    {
        var limits = buckets.Select(bucket => _limits[(platform, bucket)]).ToList();
        return new(RateBudgetSql.Open)
        {
            Parameters =
            {
                new() { Value = tenant.Value }, Text(platform.ToName()), new() { Value = buckets },
                new() { Value = limits.Select(limit => limit.Capacity).ToArray() }, new() { Value = limits.Select(limit => limit.RefillPerSecond).ToArray() },
            },
        };
    }

    private static NpgsqlBatchCommand Command(string sql, TenantId tenant, Platform platform, string bucket, params NpgsqlParameter[] values)
    {
        var command = new NpgsqlBatchCommand(sql) { Parameters = { new() { Value = tenant.Value }, Text(platform.ToName()), Text(bucket) } };
        foreach (var value in values)
            command.Parameters.Add(value);
        return command;
    }

    private static NpgsqlParameter Text(string text) => new() { Value = text };

    private static NpgsqlParameter Number(double? number) => new() { Value = (object?)number ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Double };

    /// <summary>Statements behind the tenant's, in the one transaction that a batch is.</summary>
    private NpgsqlBatch Batch(TenantId tenant, params NpgsqlBatchCommand[] statements)
    {
        var batch = database.CreateBatch();
        batch.BatchCommands.Add(new("select set_config('app.tenant_id', $1, true)") { Parameters = { new() { Value = tenant.ToString() } } });
        foreach (var statement in statements)
            batch.BatchCommands.Add(statement);
        return batch;
    }
}
