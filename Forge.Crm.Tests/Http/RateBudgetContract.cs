using Forge.Crm.Adapters.Http;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Http;

/// <summary>What every budget keeps to: the one of a process, and the one that all workers share.</summary>
public abstract class RateBudgetContract
{
    private static readonly BucketPrice Burst = new("burst", 1);
    private static readonly BucketPrice Search = new("search", 1);

    private protected abstract Task<BudgetBed> OpenAsync();

    private static BucketPrice Day(double tokens) => new("daily", tokens);

    [Fact]
    public async Task No_stretch_of_time_holds_more_calls_than_the_limit_and_little_of_it_is_left_unused()
    {
        await using var bed = await OpenAsync();
        var times = await bed.SpendAsync(CallLane.Backfill, 61, Burst);
        for (var i = 20; i < times.Count; i++)
            (times[i] - times[i - 20]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(2) - bed.Noise);
        (60 / (times[^1] - times[0]).TotalSeconds / 10).ShouldBeGreaterThanOrEqualTo(bed.Noise == TimeSpan.Zero ? 0.95 : 0.7);
    }

    [Fact]
    public async Task A_live_call_goes_before_a_backfill_that_takes_all_there_is()
    {
        await using var bed = await OpenAsync();
        await bed.SpendAsync(CallLane.Backfill, 5, Burst);
        (CallLane, int)[] backfills = [.. Enumerable.Repeat((CallLane.Backfill, 4), 6)];
        var times = await bed.SpendAsync([.. backfills, (CallLane.Interactive, 3)]);
        // A few of the backfill may have their turn already; in turns with six of them the last live call would be after eighteen of theirs.
        times[..^1].Sum(backfill => backfill.Count(at => at > times[^1][^1])).ShouldBeGreaterThan(3);
    }

    [Fact]
    public async Task A_call_is_paid_from_all_its_buckets_or_from_none()
    {
        await using var bed = await OpenAsync();
        await bed.SpendAsync(CallLane.Interactive, 1, Burst, Search, Day(20));
        await bed.LearnAsync("daily", new(2_000, RateLimit.Day), 10);
        await bed.BlockAsync("search", bed.Now + TimeSpan.FromMinutes(1));
        (await bed.RefusalAsync(CallLane.Interactive, Burst, Search, Day(10))).DayEnds.ShouldBeNull();
        // The ten tokens of the day are still there.
        await bed.SpendAsync(CallLane.Interactive, 1, Burst, Day(10));
        (await bed.RefusalAsync(CallLane.Interactive, Burst, Day(1))).DayEnds.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_backfill_leaves_a_part_of_the_day_and_live_calls_go_on_to_the_last_token_until_midnight()
    {
        await using var bed = await OpenAsync();
        await bed.SpendAsync(CallLane.Backfill, 80, Day(10));
        var midnight = new DateTimeOffset(bed.Now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        var told = await bed.RefusalAsync(CallLane.Backfill, Day(10));
        (told.IsTransient, told.DayEnds!.Value - midnight).ShouldSatisfyAllConditions(
            row => row.IsTransient.ShouldBeTrue(), row => row.Item2.Duration().ShouldBeLessThan(TimeSpan.FromSeconds(5)));
        await bed.SpendAsync(CallLane.Interactive, 20, Day(10));
        await bed.RefusalAsync(CallLane.Interactive, Day(1));
        await bed.AdvanceAsync(midnight - bed.Now + TimeSpan.FromSeconds(1));
        await bed.SpendAsync(CallLane.Backfill, 80, Day(10));
        await bed.RefusalAsync(CallLane.Backfill, Day(10));
    }

    [Fact]
    public async Task What_an_answer_says_is_left_of_the_day_counts_even_where_no_limit_was_known()
    {
        await using var bed = await OpenAsync();
        await bed.SpendAsync(CallLane.Backfill, 50, new BucketPrice("unknown", 1_000));
        await bed.LearnAsync("unknown", new(100, RateLimit.Day), 30);
        await bed.SpendAsync(CallLane.Backfill, 10, new BucketPrice("unknown", 1));
        (await bed.RefusalAsync(CallLane.Backfill, new BucketPrice("unknown", 1))).DayEnds.ShouldNotBeNull();
        await bed.SpendAsync(CallLane.Interactive, 20, new BucketPrice("unknown", 1));
    }

    [Fact]
    public async Task A_refused_day_is_over_at_the_accounts_own_midnight_and_is_looked_at_hourly_where_that_is_not_known()
    {
        await using var bed = await OpenAsync();
        var until = await bed.BlockAsync("daily", null);
        (until - bed.Now).ShouldBeLessThanOrEqualTo(TimeSpan.FromHours(1));
        await bed.Budget.LearnZoneAsync(bed.Tenant, Platform.Pipedrive, "daily", "Not/AZone", CancellationToken.None);
        await bed.Budget.LearnZoneAsync(bed.Tenant, Platform.Pipedrive, "daily", "Asia/Kolkata", CancellationToken.None);
        var there = TimeZoneInfo.ConvertTime(bed.Now, TimeZoneInfo.FindSystemTimeZoneById("Asia/Kolkata"));
        var midnight = new DateTimeOffset(there.Date.AddDays(1), there.Offset);
        until = await bed.BlockAsync("daily", null);
        (until - midnight).Duration().ShouldBeLessThan(TimeSpan.FromHours(1.01));
        until.ShouldBeGreaterThanOrEqualTo(midnight);
        (await bed.RefusalAsync(CallLane.Interactive, Day(1))).DayEnds.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_block_holds_everybody_up_and_the_later_of_two_counts()
    {
        await using var bed = await OpenAsync();
        var until = bed.Now + TimeSpan.FromSeconds(9);
        await bed.BlockAsync("burst", until);
        await bed.BlockAsync("burst", until - TimeSpan.FromSeconds(5));
        (await bed.SpendAsync(CallLane.Interactive, 1, Burst))[0].ShouldBeGreaterThanOrEqualTo(until);
    }

    [Fact]
    public async Task A_block_that_is_too_long_to_sit_out_is_told_and_stops_no_other_tenant_and_no_other_bucket()
    {
        await using var bed = await OpenAsync();
        await bed.BlockAsync("burst", bed.Now + TimeSpan.FromMinutes(5));
        var error = await bed.RefusalAsync(CallLane.Interactive, Burst);
        error.RetryAfter!.Value.ShouldBeInRange(TimeSpan.FromMinutes(4.9), TimeSpan.FromMinutes(5));
        (error.IsTransient, error.DayEnds).ShouldBe((true, null));
        await bed.SpendAsync(CallLane.Backfill, 1, Search);
    }

    [Fact]
    public async Task A_smaller_plan_that_the_answers_tell_of_is_kept()
    {
        await using var bed = await OpenAsync();
        await bed.SpendAsync(CallLane.Interactive, 1, Burst);
        await bed.LearnAsync("burst", new(10, TimeSpan.FromSeconds(2)), 5);
        var times = await bed.SpendAsync(CallLane.Interactive, 31, Burst);
        for (var i = 10; i < times.Count; i++)
            (times[i] - times[i - 10]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(2) - bed.Noise);
    }
}
