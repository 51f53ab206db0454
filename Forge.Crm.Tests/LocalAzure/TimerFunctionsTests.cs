using System.Collections.Concurrent;
using System.Globalization;
using Forge.Crm.LocalAzure;
using Forge.Crm.LocalAzure.Host;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Forge.Crm.Tests.LocalAzure;

public sealed class TimerFunctionsTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2030, 3, 4, 5, 0, 30, TimeSpan.Zero);

    private readonly FakeTimeProvider clock = new(Start);
    private readonly Runs runs = new();
    private TestHost host = null!;

    public async Task InitializeAsync() => host = await TestHost.StartAsync(
        typeof(TimerFunctionsSample),
        builder => builder.Services.AddSingleton(runs).AddSingleton<TimeProvider>(clock),
        "--Schedules:Minutely", "0 * * * * *");

    public async Task DisposeAsync()
    {
        runs.Gate.TrySetResult();
        await host.DisposeAsync();
    }

    [Theory]
    [InlineData("0 */5 * * * *", "05:05:00")]
    [InlineData("*/10 * * * * *", "05:00:40")]
    [InlineData("0 30 6 * * *", "06:30:00")]
    [InlineData("15 6 * * *", "06:15:00")]
    [InlineData("00:00:45", "05:01:15")]
    public void A_schedule_is_read(string text, string next) =>
        TimerSchedule.Parse(text).Next(Start).TimeOfDay.ShouldBe(TimeSpan.Parse(next, CultureInfo.InvariantCulture));

    [Theory, InlineData("every day"), InlineData("* * *"), InlineData("0 61 * * * *"), InlineData("")]
    public void A_schedule_that_is_none_is_refused(string text) => Should.Throw<FormatException>(() => TimerSchedule.Parse(text));

    [Fact]
    public async Task A_timer_runs_at_its_times_and_knows_the_next()
    {
        await AdvanceToAsync(Start.AddSeconds(30), count: 1);
        await AdvanceToAsync(Start.AddSeconds(90), count: 2);

        runs.Infos.Select(info => info.IsPastDue).ShouldBe([false, false]);
        var status = runs.Infos.Last().ScheduleStatus.ShouldNotBeNull();
        status.Last.ShouldBe(Start.AddSeconds(30).UtcDateTime);
        status.Next.ShouldBe(Start.AddSeconds(150).UtcDateTime);
        status.LastUpdated.ShouldBe(Start.AddSeconds(90).UtcDateTime);
    }

    [Fact]
    public async Task A_timer_that_slept_over_an_occurrence_runs_once_and_says_that_it_is_late()
    {
        await AdvanceToAsync(Start.AddMinutes(10), count: 1);

        runs.Infos.ShouldHaveSingleItem().IsPastDue.ShouldBeTrue();
    }

    [Fact]
    public async Task A_timer_never_overlaps_itself()
    {
        runs.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await AdvanceToAsync(Start.AddSeconds(30), count: 1);
        var manual = host.Functions.RunTimerAsync("Minutely");
        clock.Advance(TimeSpan.FromMinutes(3));

        (runs.Infos.Count, manual.IsCompleted).ShouldBe((1, false));
        runs.Gate.SetResult();
        await manual;
        runs.Peak.ShouldBe(1);
    }

    [Fact]
    public async Task A_timer_can_be_run_by_name_and_its_failure_is_the_callers()
    {
        await host.Functions.RunTimerAsync("minutely");
        runs.Infos.ShouldHaveSingleItem().IsPastDue.ShouldBeFalse();

        await Should.ThrowAsync<FormatException>(() => host.Functions.RunTimerAsync("Yearly"));
        (await Should.ThrowAsync<ArgumentException>(() => host.Functions.RunTimerAsync("Nobody"))).Message.ShouldContain("Minutely");
        host.Functions.Timers.Order().ShouldBe(["Minutely", "Yearly"]);
    }

    [Fact]
    public void A_schedule_setting_that_is_missing_stops_the_host_with_its_name()
    {
        using var incomplete = TestHost.Build(typeof(TimerFunctionsSample), builder => builder.Services.AddSingleton(runs));
        Should.Throw<InvalidOperationException>(() => incomplete.Services.GetRequiredService<LocalFunctionsHost>()).Message.ShouldContain("Schedules__Minutely");
    }

    private async Task AdvanceToAsync(DateTimeOffset time, int count)
    {
        await BusFixture.UntilAsync(
            () =>
            {
                if (clock.GetUtcNow() < time)
                    clock.Advance(time - clock.GetUtcNow());
                else
                    clock.Advance(TimeSpan.Zero);
                return Task.FromResult(runs.Infos.Count >= count);
            },
            $"run {count}");
        runs.Infos.Count.ShouldBe(count);
    }

    public sealed class Runs
    {
        private int running;

        public ConcurrentQueue<TimerInfo> Infos { get; } = new();

        public TaskCompletionSource Gate { get; set; } = Open();

        public int Peak { get; private set; }

        public async Task RunAsync(TimerInfo info)
        {
            Peak = Math.Max(Peak, Interlocked.Increment(ref running));
            Infos.Enqueue(info);
            await Gate.Task;
            Interlocked.Decrement(ref running);
        }

        private static TaskCompletionSource Open()
        {
            var open = new TaskCompletionSource();
            open.SetResult();
            return open;
        }
    }

    public sealed class TimerFunctionsSample(Runs runs)
    {
        [Function("Minutely")]
        public Task Minutely([TimerTrigger("%Schedules__Minutely%")] TimerInfo timer) => runs.RunAsync(timer);

        [Function("Yearly")]
        public static void Yearly([TimerTrigger("0 0 0 1 1 *")] TimerInfo timer) => throw new FormatException("on purpose");
    }
}
