using System.Diagnostics;
using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Push;

namespace Forge.Crm.Tests.Sync;

public sealed class JobProgressTests
{
    [Fact]
    public async Task The_first_figure_of_a_job_is_there_within_two_seconds_and_the_last_is_all()
    {
        await using var host = await TwoWayHost.StartAsync(pipedrive: "read");
        await StartAsync(host); // the first of a process pays for its start
        await host.SettleAsync();
        host.HubSpot.AddContacts(2_000);
        // The load waits until its first figure was seen, however fast this machine is.
        using var seen = new ManualResetEventSlim();
        host.HubSpot.Before = call =>
        {
            if (call == "list contact" && host.HubSpot.CallsOf(call) > 2)
                seen.Wait(TimeSpan.FromSeconds(60));
        };
        var clock = Stopwatch.StartNew();
        var job = await StartAsync(host);

        var first = await UntilAsync(host, job, progress => progress.GetProperty("total").ValueKind == JsonValueKind.Number);
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(2));
        seen.Set();
        first.GetProperty("total").GetInt64().ShouldBe(2_000);
        first.GetProperty("phase").GetString().ShouldBe("list");
        first.GetProperty("done").GetInt64().ShouldBeLessThan(2_000);

        var last = await UntilAsync(host, job, progress => progress.GetProperty("done").GetInt64() == 2_000);
        last.GetProperty("per_second").GetDecimal().ShouldBeGreaterThan(0);
    }

    private static async Task<Guid> StartAsync(TwoWayHost host) => (await host.Get<SyncRequests>().StartAsync(
        new(host.Hub.Id, Platform.HubSpot) { Mode = SyncMode.Initial, Kinds = [RecordKind.Contact], RequestedBy = "test" }, CancellationToken.None))!.Id;

    private static async Task<JsonElement> UntilAsync(TwoWayHost host, Guid job, Func<JsonElement, bool> isEnough)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var progress = JsonDocument.Parse((await host.Get<JobViews>().FindAsync(host.Hub.Id, job, patience.Token))!).RootElement.GetProperty("progress");
            if (isEnough(progress))
                return progress;
            await Task.Delay(10, patience.Token);
        }
    }
}
