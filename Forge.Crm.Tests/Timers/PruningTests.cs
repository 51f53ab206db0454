using Forge.Crm.Adapters.Postgres;

namespace Forge.Crm.Tests.Timers;

public sealed class PruningTests : IAsyncLifetime
{
    private TimerHub _hub = null!;

    public async Task InitializeAsync() => _hub = await TimerHub.CreateAsync();

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task Finished_events_go_after_a_month_failed_ones_after_three_and_pending_ones_never()
    {
        foreach (var tenant in new[] { await _hub.AddTenantAsync(), await _hub.AddTenantAsync() })
        {
            foreach (var status in new[] { "pending", "applied", "unchanged", "ignored", "failed" })
            {
                foreach (var days in new[] { 29, 31, 91 })
                    await _hub.AddEventAsync(tenant, $"{status} {days}", more: $"status = '{status}', received_at = now() - interval '{days} days'");
            }
        }

        (await new Pruning(_hub.Hub.Tenant, _hub.Queries).RunAsync(CancellationToken.None)).ShouldBe(14);

        (await _hub.Hub.RowsAsync("select event_key, count(*) from crm_webhook_events group by event_key order by event_key")).ShouldBe(
        [
            "applied 29|2", "failed 29|2", "failed 31|2", "ignored 29|2", "pending 29|2", "pending 31|2", "pending 91|2", "unchanged 29|2",
        ]);
    }

    [Fact]
    public async Task More_than_a_chunk_goes_in_one_run()
    {
        var tenant = await _hub.AddTenantAsync();
        await _hub.Hub.ExecuteAsync($"""
            insert into crm_webhook_events (tenant_id, platform, event_key, raw, change, status, received_at)
            select '{tenant}', 'hubspot', i::text, '', 'changed', 'applied', now() - interval '40 days' from generate_series(1, 12000) i
            """);
        (await new Pruning(_hub.Hub.Tenant, _hub.Queries).RunAsync(CancellationToken.None)).ShouldBe(12_000);
    }
}
