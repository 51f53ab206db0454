using Forge.Crm.Adapters.Http;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.HubSpot;

namespace Forge.Crm.Tests.Http;

/// <summary>A budget and its clock. Nobody waits: the clock moves on as soon as everybody waits for it.</summary>
internal abstract class BudgetBed : IAsyncDisposable
{
    public static readonly BucketLimit[] Limits =
    [
        new(Platform.Pipedrive, "burst", new(20, TimeSpan.FromSeconds(2))),
        new(Platform.Pipedrive, "search", new(10, TimeSpan.FromSeconds(2))),
        new(Platform.Pipedrive, "daily", new(1_000, RateLimit.Day)),
        new(Platform.Pipedrive, "unknown", RateLimit.Unknown),
    ];

    public abstract IRateBudget Budget { get; }

    public abstract TenantId Tenant { get; }

    public abstract WaitedClock Clock { get; }

    /// <summary>As the budget has it.</summary>
    public abstract DateTimeOffset Now { get; }

    /// <summary>What a busy machine adds to times, where the budget's clock runs on while it does.</summary>
    public virtual TimeSpan Noise => TimeSpan.Zero;

    public abstract ValueTask AdvanceAsync(TimeSpan time);

    public virtual ValueTask DisposeAsync() => default;

    public Task<List<DateTimeOffset>> SpendAsync(CallLane lane, int calls, params BucketPrice[] price) => Clock.RunAsync(CollectAsync(lane, calls, price));

    /// <summary>Callers side by side, one call of the burst after the other.</summary>
    public Task<List<DateTimeOffset>[]> SpendAsync(params (CallLane Lane, int Calls)[] callers) =>
        Clock.RunAsync(Task.WhenAll(callers.Select(caller => CollectAsync(caller.Lane, caller.Calls, [new("burst", 1)]))));

    public async Task<CrmCallException> RefusalAsync(CallLane lane, params BucketPrice[] price) =>
        await Should.ThrowAsync<CrmCallException>(() => SpendAsync(lane, 1, price));

    public Task<DateTimeOffset> BlockAsync(string bucket, DateTimeOffset? until) =>
        Budget.BlockAsync(Tenant, Platform.Pipedrive, bucket, until, CancellationToken.None).AsTask();

    public Task LearnAsync(string bucket, RateLimit? limit, int remaining) =>
        Budget.LearnAsync(Tenant, Platform.Pipedrive, bucket, limit, remaining, CancellationToken.None).AsTask();

    private async Task<List<DateTimeOffset>> CollectAsync(CallLane lane, int calls, BucketPrice[] price)
    {
        var times = new List<DateTimeOffset>();
        for (var i = 0; i < calls; i++)
        {
            await Budget.WaitAsync(Tenant, Platform.Pipedrive, price, lane, CancellationToken.None);
            times.Add(Now);
        }

        return times;
    }
}
