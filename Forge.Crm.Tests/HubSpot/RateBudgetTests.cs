using Forge.Crm.Adapters.Http;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.HubSpot;

public sealed class RateBudgetTests
{
    private static readonly TenantId Tenant = new(Guid.NewGuid());
    private static readonly RateLimit Plan = new(190, TimeSpan.FromSeconds(10));
    private readonly WaitedClock _time = new(DateTimeOffset.FromUnixTimeMilliseconds(1790000000000), TimeSpan.MaxValue);
    private readonly InMemoryRateBudget _budget;

    public RateBudgetTests() => _budget = new([new(Platform.HubSpot, "burst", Plan), new(Platform.HubSpot, "search", new(5, TimeSpan.FromSeconds(1)))], _time);

    [Theory]
    [InlineData("burst", 190, 10)]
    [InlineData("search", 5, 1)]
    public async Task No_stretch_of_time_holds_more_calls_than_the_plan_allows(string bucket, int calls, int seconds)
    {
        var times = await SpendAsync(bucket, CallLane.Interactive, calls * 2);
        for (var i = calls; i < times.Count; i++)
            (times[i] - times[i - calls]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(seconds));
    }

    [Theory]
    [InlineData("burst", 17.1)]
    [InlineData("search", 4)]
    public async Task Little_of_the_plan_is_left_unused(string bucket, double callsPerSecond)
    {
        var times = await SpendAsync(bucket, CallLane.Backfill, 100);
        (99 / (times[^1] - times[0]).TotalSeconds).ShouldBeGreaterThanOrEqualTo(callsPerSecond * 0.9);
    }

    [Fact]
    public async Task A_backfill_leaves_room_for_those_who_cannot_wait()
    {
        var backfill = await SpendAsync("burst", CallLane.Backfill, 20);
        var now = _time.GetUtcNow();
        backfill[^1].ShouldBeGreaterThan(backfill[0]);
        (await SpendAsync("burst", CallLane.Interactive, 8))[^1].ShouldBe(now);
    }

    [Fact]
    public async Task A_block_holds_everybody_up_and_the_later_of_two_counts()
    {
        var until = _time.GetUtcNow() + TimeSpan.FromSeconds(9);
        await _budget.BlockAsync(Tenant, Platform.HubSpot, "burst", until, CancellationToken.None);
        await _budget.BlockAsync(Tenant, Platform.HubSpot, "burst", until - TimeSpan.FromSeconds(5), CancellationToken.None);
        (await SpendAsync("burst", CallLane.Interactive, 1))[0].ShouldBeGreaterThanOrEqualTo(until);
    }

    [Fact]
    public async Task A_block_that_is_too_long_to_sit_out_is_told()
    {
        await _budget.BlockAsync(Tenant, Platform.HubSpot, "burst", _time.GetUtcNow() + TimeSpan.FromMinutes(5), CancellationToken.None);
        var error = await Should.ThrowAsync<CrmCallException>(() => SpendAsync("burst", CallLane.Interactive, 1));
        error.RetryAfter.ShouldBe(TimeSpan.FromMinutes(5));
        error.IsTransient.ShouldBeTrue();
    }

    [Fact]
    public async Task Another_tenant_and_another_bucket_are_not_held_up()
    {
        await _budget.BlockAsync(Tenant, Platform.HubSpot, "burst", _time.GetUtcNow() + TimeSpan.FromMinutes(5), CancellationToken.None);
        await _budget.WaitAsync(new(Guid.NewGuid()), Platform.HubSpot, "burst", CallLane.Backfill, CancellationToken.None);
        await _budget.WaitAsync(Tenant, Platform.HubSpot, "search", CallLane.Backfill, CancellationToken.None);
    }

    [Fact]
    public async Task A_smaller_plan_that_the_answers_tell_of_is_kept()
    {
        await SpendAsync("burst", CallLane.Interactive, 1);
        await _budget.LearnAsync(Tenant, Platform.HubSpot, "burst", new(100, TimeSpan.FromSeconds(10)), 50, CancellationToken.None);
        var times = await SpendAsync("burst", CallLane.Interactive, 210);
        for (var i = 100; i < times.Count; i++)
            (times[i] - times[i - 100]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_caller_who_gives_up_waits_no_longer()
    {
        await SpendAsync("search", CallLane.Interactive, 1);
        using var caller = new CancellationTokenSource();
        var waiting = _budget.WaitAsync(Tenant, Platform.HubSpot, "search", CallLane.Interactive, caller.Token).AsTask();
        waiting.IsCompleted.ShouldBeFalse();
        await caller.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
    }

    private Task<List<DateTimeOffset>> SpendAsync(string bucket, CallLane lane, int calls) => _time.RunAsync(CollectAsync(bucket, lane, calls));

    private async Task<List<DateTimeOffset>> CollectAsync(string bucket, CallLane lane, int calls)
    {
        var times = new List<DateTimeOffset>();
        for (var i = 0; i < calls; i++)
        {
            await _budget.WaitAsync(Tenant, Platform.HubSpot, bucket, lane, CancellationToken.None);
            times.Add(_time.GetUtcNow());
        }

        return times;
    }
}
