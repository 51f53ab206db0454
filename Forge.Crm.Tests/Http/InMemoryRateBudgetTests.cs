using Forge.Crm.Adapters.Http;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.HubSpot;

namespace Forge.Crm.Tests.Http;

public sealed class InMemoryRateBudgetTests : RateBudgetContract
{
    private protected override Task<BudgetBed> OpenAsync() => Task.FromResult<BudgetBed>(new Bed());

    [Fact]
    public async Task A_caller_who_gives_up_waits_no_longer()
    {
        var bed = new Bed();
        await bed.SpendAsync(CallLane.Interactive, 1, new BucketPrice("search", 1));
        using var caller = new CancellationTokenSource();
        var waiting = bed.Budget.WaitAsync(bed.Tenant, Platform.Pipedrive, [new("search", 1)], CallLane.Interactive, caller.Token).AsTask();
        waiting.IsCompleted.ShouldBeFalse();
        await caller.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
    }

    private sealed class Bed : BudgetBed
    {
        public Bed() => Budget = new InMemoryRateBudget(Limits, Clock);

        public override IRateBudget Budget { get; }

        public override TenantId Tenant { get; } = new(Guid.NewGuid());

        public override WaitedClock Clock { get; } = new(DateTimeOffset.FromUnixTimeMilliseconds(1790000000000), TimeSpan.MaxValue);

        public override DateTimeOffset Now => Clock.GetUtcNow();

        public override ValueTask AdvanceAsync(TimeSpan time)
        {
            Clock.Advance(time);
            return default;
        }
    }
}
