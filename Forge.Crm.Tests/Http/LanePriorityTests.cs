using Forge.Crm.Adapters.Http;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.HubSpot;

namespace Forge.Crm.Tests.Http;

/// <summary>
/// An hour's quarter of virtual time against a limiter as the platforms have it: so many arrivals in any rolling window, the way of a call of
/// different length every time.
/// </summary>
public sealed class LanePriorityTests
{
    private static readonly TenantId Tenant = new(Guid.NewGuid());
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(15);

    [Theory]
    [InlineData(100, 10, 6)]
    [InlineData(110, 10, 6)]
    [InlineData(190, 10, 10)]
    [InlineData(250, 10, 12)]
    [InlineData(20, 2, 4)]
    [InlineData(80, 2, 12)]
    [InlineData(10, 2, 2)]
    [InlineData(5, 1, 2)]
    public void A_backfill_alone_uses_the_limit_and_is_never_turned_away(int calls, int seconds, int callers)
    {
        var world = new World(new(calls, TimeSpan.FromSeconds(seconds)));
        world.Run([.. Enumerable.Range(0, callers).Select(_ => (Func<Task>)world.BackfillAsync)]);
        world.Refused.ShouldBe(0);
        (world.Arrivals / (calls * (Long.TotalSeconds / seconds))).ShouldBeGreaterThanOrEqualTo(0.95);
    }

    [Theory]
    [InlineData(190, 10, 0.12)]
    [InlineData(100, 10, 0.22)]
    [InlineData(20, 2, 0.22)]
    [InlineData(80, 2, 0.06)]
    [InlineData(5, 1, 0.45)]
    public void Under_a_backfill_that_takes_all_there_is_a_live_call_waits_for_two_turns_at_most(int calls, int seconds, double longest)
    {
        var world = new World(new(calls, TimeSpan.FromSeconds(seconds)));
        world.Run([world.BackfillAsync, world.BackfillAsync, world.BackfillAsync, world.BackfillAsync, world.LiveAsync]);
        world.Refused.ShouldBe(0);
        world.LiveWaits.Count.ShouldBeGreaterThan(100);
        world.LiveWaits.Max().ShouldBeLessThan(TimeSpan.FromSeconds(longest));
    }

    private sealed class World
    {
        private readonly WaitedClock _clock = new(DateTimeOffset.FromUnixTimeMilliseconds(1790000000000), TimeSpan.MaxValue);
        private readonly Random _random = new(7);
        private readonly Queue<DateTimeOffset> _window = [];
        private readonly InMemoryRateBudget _budget;
        private readonly RateLimit _limit;
        private readonly DateTimeOffset _end;

        public World(RateLimit limit)
        {
            _limit = limit;
            _budget = new([new(Platform.HubSpot, "burst", limit)], _clock);
            _end = _clock.GetUtcNow() + Long;
        }

        public int Arrivals { get; private set; }

        public int Refused { get; private set; }

        public List<TimeSpan> LiveWaits { get; } = [];

        public void Run(params Func<Task>[] work) => _clock.RunAlone(() => Task.WhenAll(work.Select(one => one())));

        public async Task BackfillAsync()
        {
            while (_clock.GetUtcNow() < _end)
                await CallAsync(CallLane.Backfill);
        }

        public async Task LiveAsync()
        {
            while (_clock.GetUtcNow() < _end)
            {
                await Task.Delay(TimeSpan.FromSeconds(_random.NextDouble() * 10), _clock);
                LiveWaits.Add(await CallAsync(CallLane.Webhook));
            }
        }

        private async Task<TimeSpan> CallAsync(CallLane lane)
        {
            var asked = _clock.GetUtcNow();
            await _budget.WaitAsync(Tenant, Platform.HubSpot, [new("burst", 1)], lane, CancellationToken.None);
            var waited = _clock.GetUtcNow() - asked;
            // There, by ways that differ by as much as the limit allows for, and back.
            await Task.Delay(_limit.Per * 0.01 + (_limit.Per * 0.02 * _random.NextDouble()), _clock);
            Arrive();
            await Task.Delay(TimeSpan.FromMilliseconds(100), _clock);
            return waited;
        }

        private void Arrive()
        {
            var now = _clock.GetUtcNow();
            if (now >= _end)
                return;
            Arrivals++;
            while (_window.TryPeek(out var oldest) && oldest <= now - _limit.Per)
                _window.Dequeue();
            if (_window.Count >= _limit.Calls)
                Refused++;
            else
                _window.Enqueue(now);
        }
    }
}
