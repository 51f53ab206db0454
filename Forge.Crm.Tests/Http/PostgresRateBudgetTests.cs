using Forge.Crm.Adapters.Http;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.HubSpot;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Forge.Crm.Tests.Http;

/// <summary>The budget that workers share, as the functions' own role.</summary>
public sealed class PostgresRateBudgetTests : RateBudgetContract
{
    private static readonly BucketPrice[] Burst = [new("burst", 1)];

    private protected override async Task<BudgetBed> OpenAsync() => await Bed.CreateAsync();

    [Fact]
    public async Task Two_workers_together_keep_to_the_plan_and_use_it()
    {
        await using var bed = await Bed.CreateAsync();
        // Two at once, then 97 a second. Not sooner is the promise; how much later says what the machine has to do besides.
        var limit = new BucketLimit(Platform.HubSpot, "burst", new(100, TimeSpan.FromSeconds(1)));
        IRateBudget[] workers = [new PostgresRateBudget(bed.Hub.App, [limit], TimeProvider.System), new PostgresRateBudget(bed.Hub.App, [limit], TimeProvider.System)];
        var started = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 99).Select(i => workers[i % 2].WaitAsync(bed.Tenant, Platform.HubSpot, Burst, CallLane.Interactive, CancellationToken.None).AsTask()));
        TimeProvider.System.GetElapsedTime(started).ShouldBeInRange(TimeSpan.FromSeconds(0.97), TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task A_call_costs_one_round_trip_however_many_buckets_pay_for_it_and_however_long_it_waits()
    {
        await using var bed = await Bed.CreateAsync();
        BucketPrice[] price = [new("burst", 1), new("search", 1), new("daily", 20)];
        await bed.SpendAsync(CallLane.Interactive, 1, price);
        var before = bed.RoundTrips;
        await bed.SpendAsync(CallLane.Interactive, 20, price);
        (bed.RoundTrips - before).ShouldBe(20);
    }

    [Fact]
    public async Task What_an_answer_tells_of_the_plan_counts_for_every_worker_and_is_written_once()
    {
        await using var bed = await Bed.CreateAsync();
        await bed.SpendAsync(CallLane.Interactive, 1, Burst);
        var before = bed.RoundTrips;
        for (var i = 0; i < 5; i++)
            await bed.LearnAsync("burst", new(80, TimeSpan.FromSeconds(2)), 70);
        (await bed.Hub.RowsAsync("select capacity, round(refill_per_second::numeric, 2) from crm_rate_budgets")).ShouldBe(["1.6|38.17"]);
        (bed.RoundTrips - before).ShouldBe(1);
    }

    [Fact]
    public async Task What_is_left_of_a_day_is_written_once_a_minute()
    {
        await using var bed = await Bed.CreateAsync();
        await bed.SpendAsync(CallLane.Interactive, 1, new BucketPrice("unknown", 1));
        var limit = new RateLimit(625_000, RateLimit.Day);
        var before = bed.RoundTrips;
        for (var i = 0; i < 100; i++)
            await bed.LearnAsync("unknown", limit, 600_000 - i);
        bed.Clock.Advance(TimeSpan.FromSeconds(61));
        for (var i = 100; i < 200; i++)
            await bed.LearnAsync("unknown", limit, 600_000 - i);
        (bed.RoundTrips - before).ShouldBe(2);
        (await bed.Hub.RowsAsync("select capacity, tokens from crm_rate_budgets")).ShouldBe(["625000|599900"]);
    }

    [Fact]
    public async Task Tenants_have_budgets_of_their_own()
    {
        await using var bed = await Bed.CreateAsync();
        var other = await bed.Hub.AddTenantAsync();
        await bed.Budget.BlockAsync(other, Platform.Pipedrive, "burst", DateTimeOffset.Parse("2100-01-01T00:00:00Z", null), CancellationToken.None);
        await bed.SpendAsync(CallLane.Interactive, 3, Burst);
        await Should.ThrowAsync<CrmCallException>(() => bed.Budget.WaitAsync(other, Platform.Pipedrive, Burst, CallLane.Interactive, CancellationToken.None).AsTask());
    }

    /// <summary>The database has a clock of its own: where ours jumps, the rows are made older by as much.</summary>
    private sealed class Bed : BudgetBed, ILoggerFactory, ILogger
    {
        private readonly long _started = TimeProvider.System.GetTimestamp();
        private readonly NpgsqlDataSource _database;
        private int _roundTrips;

        private Bed(HubDatabase hub)
        {
            Hub = hub;
            Clock = new(TimeProvider.System.GetUtcNow(), TimeSpan.MaxValue) { Jumped = Age };
            _database = new NpgsqlDataSourceBuilder(hub.AppConnectionString).UseLoggerFactory(this).Build();
            Budget = new PostgresRateBudget(_database, Limits, Clock);
        }

        public HubDatabase Hub { get; }

        public int RoundTrips => _roundTrips;

        public override IRateBudget Budget { get; }

        public override TenantId Tenant => Hub.Id;

        public override WaitedClock Clock { get; }

        public override DateTimeOffset Now => Clock.GetUtcNow() + TimeProvider.System.GetElapsedTime(_started);

        public override TimeSpan Noise => TimeSpan.FromMilliseconds(600);

        public static async Task<Bed> CreateAsync() => new(await HubDatabase.CreateAsync());

        public override ValueTask AdvanceAsync(TimeSpan time)
        {
            Clock.Jump(time);
            return default;
        }

        public override async ValueTask DisposeAsync()
        {
            await _database.DisposeAsync();
            await Hub.DisposeAsync();
            await base.DisposeAsync();
        }

        private void Age(TimeSpan time)
        {
            using var command = Hub.Owner.CreateCommand(
                "update crm_rate_budgets set filled_at = filled_at - $1, blocked_until = blocked_until - $1, resets_at = resets_at - $1");
            command.Parameters.Add(new() { Value = time });
            command.ExecuteNonQuery();
        }

        ILogger ILoggerFactory.CreateLogger(string categoryName) => this;

        void ILoggerFactory.AddProvider(ILoggerProvider provider)
        {
        }

        void IDisposable.Dispose()
        {
        }

        IDisposable? ILogger.BeginScope<TState>(TState state) => null;

        bool ILogger.IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Information;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == "BatchExecutionCompleted")
                Interlocked.Increment(ref _roundTrips);
        }
    }
}
