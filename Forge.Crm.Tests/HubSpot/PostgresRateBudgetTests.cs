using Forge.Crm.Adapters.Http;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.Time.Testing;

namespace Forge.Crm.Tests.HubSpot;

/// <summary>The budget that workers share: here two of them on one database, as the functions' own role.</summary>
public sealed class PostgresRateBudgetTests : IAsyncLifetime
{
    private const string Bucket = "burst";
    private HubDatabase _hub = null!;

    public async Task InitializeAsync() => _hub = await HubDatabase.CreateAsync();

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task Two_workers_together_keep_to_the_plan_and_use_it()
    {
        // 100 a second: ten at once, then ninety a second.
        var limit = new RateLimit(100, TimeSpan.FromSeconds(1));
        IRateBudget[] workers = [Worker(limit), Worker(limit)];
        var started = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 190).Select(i => workers[i % 2].WaitAsync(_hub.Id, Platform.HubSpot, Bucket, CallLane.Interactive, CancellationToken.None).AsTask()));
        TimeProvider.System.GetElapsedTime(started).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(2) - TimeSpan.FromMilliseconds(20));
        (await _hub.ScalarAsync<double>("select tokens from crm_rate_budgets")).ShouldBeLessThanOrEqualTo(10);
    }

    [Fact]
    public async Task A_busy_caller_takes_ever_more_calls_ahead_and_what_it_does_not_use_in_a_second_lapses()
    {
        var clock = new FakeTimeProvider();
        var budget = new PostgresRateBudget(_hub.App, [new(Platform.HubSpot, Bucket, new(1_000, TimeSpan.FromSeconds(10)))], clock);
        await SpendAsync(budget, 1);
        await _hub.ExecuteAsync("update crm_rate_budgets set tokens = 50, refill_per_second = 0.000001");
        var left = new List<double>();
        for (var i = 0; i < 7; i++)
        {
            await SpendAsync(budget, 1);
            left.Add(Math.Round(await _hub.ScalarAsync<double>("select tokens from crm_rate_budgets")));
        }

        // Two, then four, then eight of them in one statement.
        left.ShouldBe([48, 48, 44, 44, 44, 44, 36]);
        clock.Advance(TimeSpan.FromSeconds(2));
        await SpendAsync(budget, 1);
        Math.Round(await _hub.ScalarAsync<double>("select tokens from crm_rate_budgets")).ShouldBe(34);
    }

    [Fact]
    public async Task A_backfill_waits_where_an_interactive_call_does_not()
    {
        var budget = Worker(new(100, TimeSpan.FromSeconds(10)));
        await SpendAsync(Worker(new(100, TimeSpan.FromSeconds(10))), 1);
        await _hub.ExecuteAsync("update crm_rate_budgets set tokens = 4, refill_per_second = 0.001, updated_at = clock_timestamp()");
        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Should.ThrowAsync<Exception>(() => budget.WaitAsync(_hub.Id, Platform.HubSpot, Bucket, CallLane.Backfill, impatient.Token).AsTask());
        await budget.WaitAsync(_hub.Id, Platform.HubSpot, Bucket, CallLane.Interactive, CancellationToken.None);
        (await _hub.ScalarAsync<double>("select tokens from crm_rate_budgets")).ShouldBe(3, 0.1);
    }

    [Fact]
    public async Task A_block_by_one_worker_holds_the_other_up_and_an_earlier_one_does_not_lift_it()
    {
        var budget = Worker(new(100, TimeSpan.FromSeconds(10)));
        await budget.BlockAsync(_hub.Id, Platform.HubSpot, Bucket, DateTimeOffset.Parse("2100-01-01T00:00:00Z", null), CancellationToken.None);
        await budget.BlockAsync(_hub.Id, Platform.HubSpot, Bucket, DateTimeOffset.Parse("2000-01-01T00:00:00Z", null), CancellationToken.None);
        var error = await Should.ThrowAsync<CrmCallException>(() => SpendAsync(Worker(new(100, TimeSpan.FromSeconds(10))), 1));
        error.RetryAfter!.Value.ShouldBeGreaterThan(TimeSpan.FromDays(365));
    }

    [Fact]
    public async Task What_an_answer_tells_of_the_plan_counts_for_every_worker_and_is_written_once()
    {
        var budget = Worker(new(190, TimeSpan.FromSeconds(10)));
        await SpendAsync(budget, 1);
        for (var i = 0; i < 5; i++)
            await budget.LearnAsync(_hub.Id, Platform.HubSpot, Bucket, new(100, TimeSpan.FromSeconds(10)), 90, CancellationToken.None);
        (await _hub.RowsAsync("select capacity, refill_per_second from crm_rate_budgets")).ShouldBe(["10|9"]);
        await _hub.ExecuteAsync("update crm_rate_budgets set capacity = 7");
        await budget.LearnAsync(_hub.Id, Platform.HubSpot, Bucket, new(100, TimeSpan.FromSeconds(10)), 90, CancellationToken.None);
        (await _hub.RowsAsync("select capacity from crm_rate_budgets")).ShouldBe(["7"]);
    }

    [Fact]
    public async Task Tenants_have_budgets_of_their_own()
    {
        var other = await _hub.AddTenantAsync();
        var budget = Worker(new(100, TimeSpan.FromSeconds(10)));
        await budget.BlockAsync(other, Platform.HubSpot, Bucket, DateTimeOffset.Parse("2100-01-01T00:00:00Z", null), CancellationToken.None);
        await SpendAsync(budget, 3);
        await Should.ThrowAsync<CrmCallException>(() => budget.WaitAsync(other, Platform.HubSpot, Bucket, CallLane.Interactive, CancellationToken.None).AsTask());
    }

    private PostgresRateBudget Worker(RateLimit limit) => new(_hub.App, [new(Platform.HubSpot, Bucket, limit)], TimeProvider.System);

    private async Task SpendAsync(PostgresRateBudget budget, int calls)
    {
        for (var i = 0; i < calls; i++)
            await budget.WaitAsync(_hub.Id, Platform.HubSpot, Bucket, CallLane.Interactive, CancellationToken.None);
    }
}
