using System.Net;
using Forge.Crm.LocalHost.Pipedrive;

namespace Forge.Crm.Tests.PipedriveSimulation;

public sealed class ListTests
{
    [Theory]
    [InlineData("id", "asc")]
    [InlineData("id", "desc")]
    [InlineData("update_time", "asc")]
    [InlineData("update_time", "desc")]
    [InlineData("add_time", "asc")]
    public async Task Pages_follow_one_another_without_gap_or_overlap(string sort, string direction)
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        PipedriveDemoData.Fill(pipedrive.Account, seed: 1, persons: 57, organizations: 3, deals: 0);
        var ids = new List<string>();
        var keys = new List<string>();
        string? cursor = null;
        do
        {
            var page = await pipedrive.GetAsync($"/api/v2/persons?limit=10&sort_by={sort}&sort_direction={direction}{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}");
            ids.AddRange(page.Ids);
            keys.AddRange(page.Data!.AsArray().Select(record => sort == "id" ? $"{record!["id"]!.GetValue<int>():000}" : record![sort]!.ToString()));
            cursor = page.Next;
        }
        while (cursor is not null);
        ids.Distinct().Count().ShouldBe(57);
        ids.Count.ShouldBe(57);
        keys.ShouldBe(direction == "asc" ? keys.Order(StringComparer.Ordinal) : keys.OrderDescending(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_record_that_goes_between_two_pages_shifts_no_other()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        PipedriveDemoData.Fill(pipedrive.Account, seed: 1, persons: 30, organizations: 0, deals: 0);
        var first = await pipedrive.GetAsync("/api/v2/persons?limit=10");
        pipedrive.Account.Delete("persons", first.Ids[0]);
        pipedrive.Account.Delete("persons", "11");
        (await pipedrive.GetAsync($"/api/v2/persons?limit=10&cursor={Uri.EscapeDataString(first.Next!)}")).Ids.ShouldBe(Enumerable.Range(12, 10).Select(i => $"{i}"));
    }

    [Fact]
    public async Task Since_is_inclusive_and_until_is_not()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            pipedrive.Person($"P {i}");
            pipedrive.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        (await pipedrive.GetAsync("/api/v2/persons?updated_since=2026-10-01T09:00:01Z")).Ids.ShouldBe(["2", "3"]);
        (await pipedrive.GetAsync("/api/v2/persons?updated_until=2026-10-01T09:00:01Z")).Ids.ShouldBe(["1"]);
    }

    [Fact]
    public async Task Filters_and_ids_choose()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        PipedriveDemoData.Fill(pipedrive.Account, seed: 1, persons: 4, organizations: 2, deals: 0);
        foreach (var status in new[] { "open", "won", "lost" })
            pipedrive.Account.Create("deals", new() { ["title"] = status, ["status"] = status });
        pipedrive.Account.Delete("deals", pipedrive.Account.Create("deals", new() { ["title"] = "gone" }));
        (await pipedrive.GetAsync("/api/v2/persons?org_id=1")).Ids.ShouldBe(["1", "3"]);
        (await pipedrive.GetAsync("/api/v2/persons?ids=4,2,99")).Ids.ShouldBe(["2", "4"]);
        (await pipedrive.GetAsync("/api/v2/deals")).Ids.ShouldBe(["1", "2", "3"]);
        (await pipedrive.GetAsync("/api/v2/deals?status=won,deleted")).Ids.ShouldBe(["2", "4"]);
    }

    [Fact]
    public async Task Optional_fields_are_shown_where_they_are_asked_for()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        PipedriveDemoData.Fill(pipedrive.Account, seed: 1, persons: 0, organizations: 1, deals: 0);
        (await pipedrive.GetAsync("/api/v2/organizations")).Data![0]!.AsObject().ContainsKey("website").ShouldBeFalse();
        var asked = (await pipedrive.GetAsync("/api/v2/organizations?include_fields=website,employee_count")).Data![0]!.AsObject();
        (asked.ContainsKey("website"), asked.ContainsKey("employee_count"), asked.ContainsKey("industry")).ShouldBe((true, true, false));
    }

    [Theory]
    [InlineData("limit=501")]
    [InlineData("limit=0")]
    [InlineData("sort_by=name")]
    [InlineData("sort_direction=up")]
    [InlineData("cursor=xyz")]
    [InlineData("updated_since=yesterday")]
    [InlineData("include_fields=secret")]
    public async Task A_wrong_parameter_is_refused(string query)
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        (await pipedrive.GetAsync($"/api/v2/persons?{query}")).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task More_than_a_hundred_ids_are_refused()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        (await pipedrive.GetAsync($"/api/v2/persons?ids={string.Join(',', Enumerable.Range(1, 101))}")).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Lists_can_lag_behind()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        var id = pipedrive.Person("Old Name");
        pipedrive.Clock.Advance(TimeSpan.FromMinutes(1));
        pipedrive.Simulator.Faults.ListLag = TimeSpan.FromSeconds(5);
        pipedrive.Account.Edit("persons", id, new() { ["name"] = "New Name" });
        pipedrive.Person("Young");
        var stale = await pipedrive.GetAsync("/api/v2/persons");
        stale.Ids.ShouldBe([id]);
        stale.Data![0]!["name"]!.ToString().ShouldBe("Old Name");
        pipedrive.Clock.Advance(TimeSpan.FromSeconds(5));
        (await pipedrive.GetAsync("/api/v2/persons")).Data!.AsArray().Select(record => record!["name"]!.ToString()).ShouldBe(["New Name", "Young"]);
    }

    [Fact]
    public async Task Search_finds_by_name_and_by_exact_address()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        var ada = pipedrive.Person("Ada Example", "ada@example.com");
        pipedrive.Person("Bob Example", "bob@example.com");
        var found = await pipedrive.GetAsync("/api/v2/persons/search?term=ADA@example.com&fields=email&exact_match=true");
        var item = found.Data!["items"]!.AsArray().ShouldHaveSingleItem()!["item"]!;
        (item["id"]!.ToString(), item["emails"]!.ToJsonString()).ShouldBe((ada, """["ada@example.com"]"""));
        (await pipedrive.GetAsync("/api/v2/itemSearch?term=example&item_types=person")).Data!["items"]!.AsArray().Count.ShouldBe(2);
        (await pipedrive.GetAsync("/api/v2/itemSearch?term=e")).Status.ShouldBe(HttpStatusCode.BadRequest);
    }
}
