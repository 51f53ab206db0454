using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Forge.Crm.Tests.Timers;

public sealed class LeaseTests : IAsyncLifetime
{
    private static readonly TimeSpan Hold = TimeSpan.FromMinutes(1);

    private HubDatabase _hub = null!;
    private NpgsqlDataSource _one = null!;
    private NpgsqlDataSource _other = null!;

    public async Task InitializeAsync()
    {
        _hub = await HubDatabase.CreateAsync();
        _one = NpgsqlDataSource.Create(_hub.RelayConnectionString);
        _other = NpgsqlDataSource.Create(_hub.RelayConnectionString);
    }

    public async Task DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task Of_forty_that_start_at_once_on_two_instances_one_does_the_work()
    {
        var runs = 0;
        var instances = new[] { Leases(_one), Leases(_other) };
        var did = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => instances[i % 2].TryRunAsync("work", Hold, CountAsync, CancellationToken.None)));
        runs.ShouldBe(1);
        did.Count(isMine => isMine).ShouldBe(1);

        Task CountAsync(CancellationToken ct)
        {
            Interlocked.Increment(ref runs);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Work_that_is_done_is_not_done_again_before_its_time()
    {
        (await Leases(_one).TryRunAsync("work", Hold, _ => Task.CompletedTask, CancellationToken.None)).ShouldBeTrue();
        (await Leases(_other).TryRunAsync("work", Hold, _ => Task.CompletedTask, CancellationToken.None)).ShouldBeFalse();
        (await Leases(_other).TryRunAsync("other work", Hold, _ => Task.CompletedTask, CancellationToken.None)).ShouldBeTrue();

        await _hub.ExecuteAsync("update crm_leases set expires_at = now() - interval '1 second' where name = 'work'");
        (await Leases(_other).TryRunAsync("work", Hold, _ => Task.CompletedTask, CancellationToken.None)).ShouldBeTrue();
        (await _hub.ScalarAsync<long>("select fence from crm_leases where name = 'work'")).ShouldBe(2);
    }

    [Fact]
    public async Task Work_that_fails_may_be_tried_again_at_once_and_its_error_is_the_callers()
    {
        var error = await Should.ThrowAsync<InvalidOperationException>(
            () => Leases(_one).TryRunAsync("work", Hold, _ => throw new InvalidOperationException("no"), CancellationToken.None));
        error.Message.ShouldBe("no");
        (await Leases(_other).TryRunAsync("work", Hold, _ => Task.CompletedTask, CancellationToken.None)).ShouldBeTrue();
    }

    [Fact]
    public async Task Work_that_takes_longer_keeps_its_lease()
    {
        var hold = TimeSpan.FromSeconds(3);
        await Leases(_one).TryRunAsync(
            "work", hold,
            async ct =>
            {
                var first = await ExpiresAsync();
                await Wait.UntilAsync(async () => await ExpiresAsync() > first, "the lease was never renewed");
                (await Leases(_other).TryRunAsync("work", hold, _ => Task.CompletedTask, ct)).ShouldBeFalse();
            },
            CancellationToken.None);
    }

    [Fact]
    public async Task Work_whose_lease_went_to_somebody_else_is_stopped()
    {
        var stopped = false;
        await Should.ThrowAsync<OperationCanceledException>(() => Leases(_one).TryRunAsync(
            "work", TimeSpan.FromSeconds(1),
            async ct =>
            {
                await _hub.ExecuteAsync("update crm_leases set fence = fence + 1, holder = 'somebody else', expires_at = now() + interval '1 minute'");
                using var registration = ct.Register(() => stopped = true);
                await Task.Delay(Timeout.InfiniteTimeSpan, ct).WaitAsync(TimeSpan.FromSeconds(20), CancellationToken.None);
            },
            CancellationToken.None));
        stopped.ShouldBeTrue();
        // What it no longer has it does not give back.
        (await Leases(_other).TryRunAsync("work", Hold, _ => Task.CompletedTask, CancellationToken.None)).ShouldBeFalse();
    }

    private Task<DateTime> ExpiresAsync() => _hub.ScalarAsync<DateTime>("select expires_at from crm_leases where name = 'work'")!;

    private static Leases Leases(NpgsqlDataSource source) => new(new RelayDatabase(source), TimeProvider.System, NullLogger<Leases>.Instance);
}

internal static class Wait
{
    /// <param name="seconds">More than the usual for work of many steps in a process of its own.</param>
    public static async Task UntilAsync(Func<Task<bool>> condition, string otherwise, int seconds = 60)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        while (!await condition())
        {
            deadline.IsCancellationRequested.ShouldBeFalse(otherwise);
            await Task.Delay(20);
        }
    }
}
