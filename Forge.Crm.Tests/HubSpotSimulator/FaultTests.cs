using System.Net;

namespace Forge.Crm.Tests.HubSpotSimulation;

public sealed class FaultTests
{
    private const string Contacts = "/crm/v3/objects/contacts";

    [Fact]
    public async Task A_scripted_fault_meets_the_next_requests_of_its_path_only()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        hubSpot.Simulator.Faults.FailNext(Contacts, new() { Status = 503, Headers = { ["Retry-After"] = "2" } }, times: 2);
        (await hubSpot.GetAsync("/crm/v3/owners")).Status.ShouldBe(HttpStatusCode.OK);
        (await hubSpot.GetAsync(Contacts)).Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(2));
        (await hubSpot.GetAsync(Contacts)).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await hubSpot.GetAsync(Contacts)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_reply_can_be_lost_after_the_work_was_done()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var create = new { properties = new { email = "ada@example.com" } };
        hubSpot.Simulator.Faults.FailNext(Contacts, new() { DropConnection = true, Method = "POST" });
        await Should.ThrowAsync<HttpRequestException>(() => hubSpot.PostAsync(Contacts, create));
        hubSpot.Account.Count("contacts").ShouldBe(0);
        hubSpot.Simulator.Faults.FailNext(Contacts, new() { DropConnection = true, AfterWork = true });
        await Should.ThrowAsync<HttpRequestException>(() => hubSpot.PostAsync(Contacts, create));
        hubSpot.Account.Count("contacts").ShouldBe(1);
        hubSpot.Simulator.Ledger.Entries.Select(entry => entry.Status).ShouldBe([0, 0]);
    }

    [Fact]
    public async Task Batch_reads_show_a_former_state_while_their_copy_lags()
    {
        await using var hubSpot = await SimulatorFixture.StartFrozenAsync();
        var id = hubSpot.Contact("ada@example.com", ("phone", "1"));
        hubSpot.Clock!.Advance(TimeSpan.FromMinutes(1));
        hubSpot.Simulator.Faults.BatchReadLag = TimeSpan.FromSeconds(5);
        hubSpot.Account.Edit("contacts", id, new Dictionary<string, string> { ["phone"] = "2" });
        var young = hubSpot.Contact("eva@example.com");
        var body = new { properties = new[] { "phone" }, inputs = new[] { new { id }, new { id = young } } };
        var stale = await hubSpot.PostAsync($"{Contacts}/batch/read", body);
        stale.Ids.ShouldBe([id]);
        stale.Results[0].GetProperty("properties").GetProperty("phone").GetString().ShouldBe("1");
        stale.Results[0].GetProperty("updatedAt").GetString().ShouldBe("2026-10-01T09:00:00.000Z");
        (await hubSpot.GetAsync($"{Contacts}/{id}?properties=phone")).Property("phone").ShouldBe("2");
        hubSpot.Clock.Advance(TimeSpan.FromSeconds(5));
        (await hubSpot.PostAsync($"{Contacts}/batch/read", body)).Results.Length.ShouldBe(2);
    }

    [Fact]
    public async Task The_ledger_keeps_every_request()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        await hubSpot.GetAsync($"{Contacts}/77?properties=email");
        await hubSpot.PostAsync("/crm/objects/2026-03/contacts/batch/read", new { properties = Array.Empty<string>(), inputs = Array.Empty<object>() });
        var first = hubSpot.Simulator.Ledger.Entries[0];
        (first.Method, first.Path, first.Query, first.Status, first.PortalId).ShouldBe(("GET", $"{Contacts}/77", "?properties=email", 404, SimulatorFixture.PortalId));
        hubSpot.Simulator.Ledger.CountsByRoute().ShouldBe(new Dictionary<string, int>
        {
            ["GET /crm/v3/objects/{type}/{id}"] = 1,
            ["POST /crm/objects/{version}/{type}/batch/read"] = 1,
        });
    }

    [Fact]
    public async Task Batch_answers_can_come_in_another_order()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var ids = Enumerable.Range(0, 30).Select(i => hubSpot.Contact($"c{i}@example.com")).ToArray();
        hubSpot.Simulator.Faults.ShuffleBatchResults = true;
        var read = await hubSpot.PostAsync($"{Contacts}/batch/read", new { properties = new[] { "email" }, inputs = ids.Select(id => new { id }) });
        read.Ids.ShouldNotBe(ids);
        read.Ids.ShouldBe(ids, ignoreOrder: true);
    }
}
