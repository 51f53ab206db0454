using Azure.Messaging.ServiceBus;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.LocalAzure;

public sealed class QueueFunctionsTests : IAsyncLifetime
{
    private readonly BusFixture bus = new();
    private readonly QueueLog log = new();
    private TestHost? running;

    public Task InitializeAsync() => bus.InitializeAsync();

    public async Task DisposeAsync()
    {
        log.Gate.TrySetResult();
        if (running is not null)
            await running.DisposeAsync();
        await bus.DisposeAsync();
    }

    [Fact]
    public async Task A_session_queue_is_handled_in_order_and_emptied()
    {
        await StartAsync();
        await SendAsync("lanes", Enumerable.Range(0, 30).Select(i => ($"{i:00}", (string?)$"s{i % 3}")));

        await UntilEmptyAsync();

        foreach (var session in log.Handled.GroupBy(entry => entry.Session))
            session.Select(entry => entry.Body).ShouldBe(session.Select(entry => entry.Body).Order());
        log.Handled.Count.ShouldBe(30);
    }

    [Fact]
    public async Task Never_more_sessions_at_a_time_than_host_json_says_and_one_message_at_a_time_in_each()
    {
        log.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await StartAsync();
        await SendAsync("lanes", Enumerable.Range(0, 40).Select(i => ($"wait {i}", (string?)$"s{i % 20}")));

        await BusFixture.UntilAsync(() => Task.FromResult(log.Running == 8), "eight sessions");
        log.Gate.SetResult();
        await UntilEmptyAsync();

        log.Peak.ShouldBe(8);
        log.PeakInASession.ShouldBe(1);
    }

    [Fact]
    public async Task A_failing_message_is_retried_and_then_dead_lettered_to_its_watcher()
    {
        await StartAsync();
        await SendAsync("lanes", [("fail always", "s"), ("good", "s")]);

        await UntilEmptyAsync();

        log.Handled.Count(entry => entry.Body == "fail always").ShouldBe(3);
        log.Dead.ShouldHaveSingleItem().ShouldBe(("fail always", "MaxDeliveryCountExceeded", ""));
        log.Handled.ShouldContain(entry => entry.Body == "good");
    }

    [Fact]
    public async Task A_function_may_settle_for_itself()
    {
        await StartAsync();
        await SendAsync("plain", [("dead-letter", null), ("complete", null), ("abandon once", null), ("leave", null)]);

        await BusFixture.UntilAsync(() => Task.FromResult(log.Dead.Count == 1 && log.Handled.Count >= 5), "all four");
        await BusFixture.UntilAsync(async () => await CountAsync() == 1, "only the one that was left");

        log.Dead.ShouldHaveSingleItem().ShouldBe(("dead-letter", "Unreadable", "on purpose"));
        log.Handled.Select(entry => entry.Body).Order().ShouldBe(["abandon once", "abandon once", "complete", "dead-letter", "leave"]);
        (await bus.ScalarAsync<DateTime>("select locked_until from local_bus.messages")).ShouldBeGreaterThan(DateTime.UnixEpoch);
    }

    [Fact]
    public async Task A_long_run_keeps_its_lock_by_renewal()
    {
        log.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await StartAsync(args: ["--LocalBus:LockDuration", "00:00:03"]); // a busy machine may be late for a renewal by half of it
        await SendAsync("lanes", [("wait", "s")]);
        await BusFixture.UntilAsync(() => Task.FromResult(log.Running == 1), "start");

        var first = await bus.ScalarAsync<DateTime>("select locked_until from local_bus.session_locks");
        await BusFixture.UntilAsync(
            async () => await bus.ScalarAsync<DateTime>("select locked_until from local_bus.session_locks") > first.AddMilliseconds(800), "renewals");
        log.Gate.SetResult();
        await UntilEmptyAsync();

        log.Handled.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_released_session_lets_the_others_go_on()
    {
        await StartAsync(args: ["--Sessions", "1"]);
        await SendAsync("lanes", [("release 1", "a"), ("release 2", "a"), ("other", "b")]);

        await UntilEmptyAsync();

        log.Handled.Select(entry => entry.Body).ShouldBe(["release 1", "other", "release 2"], ignoreOrder: true);
        // A session is let go when its message is out of the queue.
        await BusFixture.UntilAsync(
            async () => await bus.ScalarAsync<long>("select count(*) from local_bus.session_locks where locked_until > clock_timestamp()") == 0, "released sessions");
    }

    [Fact]
    public async Task A_scheduled_message_comes_soon_after_its_time()
    {
        await StartAsync(args: ["--LocalBus:PollInterval", "01:00:00"]);
        var due = TimeProvider.System.GetUtcNow().AddMilliseconds(300);
        await bus.Client.CreateSender("lanes").ScheduleMessageAsync(new ServiceBusMessage("later") { SessionId = "s" }, due);

        await UntilEmptyAsync();

        log.Handled.ShouldHaveSingleItem().At.ShouldBeGreaterThanOrEqualTo(due.AddMilliseconds(-5));
    }

    [Fact]
    public async Task Stopping_waits_for_what_runs_and_leaves_the_rest_in_the_queue()
    {
        log.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await StartAsync();
        await SendAsync("lanes", [("wait", "s"), ("next", "s")]);
        await BusFixture.UntilAsync(() => Task.FromResult(log.Running == 1), "start");

        var stop = running!.StopAsync();
        await Task.WhenAny(stop, Task.Delay(100));
        stop.IsCompleted.ShouldBeFalse();
        log.Gate.SetResult();
        await stop;

        log.Handled.ShouldHaveSingleItem().Body.ShouldBe("wait");
        (await CountAsync()).ShouldBe(1);
        (await bus.ScalarAsync<long>("select count(*) from local_bus.session_locks")).ShouldBe(0);
    }

    [Fact]
    public async Task A_run_that_outlasts_the_drain_time_is_cancelled_and_its_message_stays()
    {
        await StartAsync(args: ["--LocalBus:DrainTime", "00:00:00.1"]);
        await SendAsync("lanes", [("until cancelled", "s")]);
        await BusFixture.UntilAsync(() => Task.FromResult(log.Running == 1), "start");

        await running!.StopAsync();

        (await CountAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task Connections_that_the_server_breaks_are_made_anew()
    {
        await StartAsync();
        await SendAsync("lanes", [("before", "s")]);
        await UntilEmptyAsync();

        await bus.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
        await BusFixture.UntilAsync(TrySendAsync, "a send");
        await UntilEmptyAsync();

        log.Handled.Select(entry => entry.Body).ShouldContain("after");

        async Task<bool> TrySendAsync()
        {
            try
            {
                await SendAsync("lanes", [("after", "s")]);
                return true;
            }
            catch (ServiceBusException e) when (e.IsTransient)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task A_send_reaches_its_function_by_the_ring_and_not_by_the_poll()
    {
        await StartAsync(args: ["--LocalBus:PollInterval", "01:00:00"]);
        for (var i = 0; i < 20; i++)
        {
            await SendAsync("lanes", [($"{i}", $"s{i % 2}")]);
            await BusFixture.UntilAsync(() => Task.FromResult(log.Handled.Count == i + 1), $"message {i}");
        }
    }

    private async Task StartAsync(params string[] args)
    {
        var sessions = args is ["--Sessions", ..] ? 1 : 8;
        var root = Directory.CreateTempSubdirectory().FullName;
        await File.WriteAllTextAsync(Path.Combine(root, "host.json"), $$"""
            { "extensions": { "serviceBus": { "maxConcurrentSessions": {{sessions}}, "maxConcurrentCalls": 4, "sessionIdleTimeout": "00:00:00.200" } } }
            """);
        void Configure(FunctionsApplicationBuilder builder) => builder.Services.AddSingleton(log);
        running = await TestHost.StartAsync(
            typeof(QueueFunctionsSample), Configure,
            ["--contentRoot", root, "--ServiceBus", bus.ConnectionString, "--Lanes", "lanes", "--LocalBus:MaxDeliveryCount", "3", .. args]);
    }

    private Task SendAsync(string queue, IEnumerable<(string Body, string? Session)> messages) =>
        bus.Client.CreateSender(queue).SendMessagesAsync(
            messages.Select(message => new ServiceBusMessage(message.Body) { SessionId = message.Session }));

    private Task<long> CountAsync() => bus.ScalarAsync<long>("select (select count(*) from local_bus.messages) + (select count(*) from local_bus.scheduled)");

    private Task UntilEmptyAsync() => BusFixture.UntilAsync(async () => await CountAsync() == 0, "empty queues");
}
