using System.Net;

namespace Forge.Crm.Tests.PipedriveSimulation;

public sealed class FirstVersionTests
{
    [Fact]
    public async Task A_lead_belongs_to_a_person_or_an_organization()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        (await pipedrive.PostAsync("/v1/leads", new { title = "Lead" })).Status.ShouldBe(HttpStatusCode.BadRequest);
        var person = long.Parse(pipedrive.Person("Ada"), null);
        var made = await pipedrive.PostAsync("/v1/leads", new { title = "Lead", person_id = person, value = new { amount = 300, currency = "EUR" } });
        made.Status.ShouldBe(HttpStatusCode.Created);
        var id = made.Data!["id"]!.ToString();
        Guid.TryParse(id, out _).ShouldBeTrue();
        made.Data["add_time"]!.ToString().ShouldBe("2026-10-01T09:00:00.000Z");
        (await pipedrive.PatchAsync($"/v1/leads/{id}", new { is_archived = true })).Status.ShouldBe(HttpStatusCode.OK);
        (await pipedrive.GetAsync("/v1/leads")).Data.ShouldBeNull();
        (await pipedrive.GetAsync("/v1/leads/archived")).Ids.ShouldBe([id]);
        (await pipedrive.DeleteAsync($"/v1/leads/{id}")).Status.ShouldBe(HttpStatusCode.OK);
        (await pipedrive.GetAsync($"/v1/leads/{id}")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_lead_becomes_a_deal_in_its_own_time()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        var id = pipedrive.Account.Create("leads", new() { ["title"] = "Lead", ["person_id"] = long.Parse(pipedrive.Person("Ada"), null) });
        var conversion = (await pipedrive.PostAsync($"/api/v2/leads/{id}/convert/deal", new { })).Data!["conversion_id"]!.ToString();
        var status = (await pipedrive.GetAsync($"/api/v2/leads/{id}/convert/status/{conversion}")).Data!;
        status["status"]!.ToString().ShouldBe("completed");
        pipedrive.Account.Find("deals", status["deal_id"]!.ToString())!["title"]!.ToString().ShouldBe("Lead");
    }

    [Fact]
    public async Task Lists_of_version_1_are_paged_by_place()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        var person = long.Parse(pipedrive.Person("Ada"), null);
        for (var i = 0; i < 5; i++)
            pipedrive.Account.Create("notes", new() { ["content"] = $"{i}", ["person_id"] = person });
        var page = await pipedrive.GetAsync("/v1/notes?start=2&limit=2");
        page.Ids.ShouldBe(["3", "4"]);
        page.Json!["additional_data"]!["pagination"]!.ToJsonString().ShouldBe("""{"start":2,"limit":2,"more_items_in_collection":true,"next_start":4}""");
        (await pipedrive.GetAsync("/v1/notes?start=4&limit=2")).Json!["additional_data"]!["pagination"]!["more_items_in_collection"]!.GetValue<bool>().ShouldBeFalse();
    }

    [Fact]
    public async Task A_note_is_written_edited_and_deleted()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        var person = long.Parse(pipedrive.Person("Ada"), null);
        (await pipedrive.PostAsync("/v1/notes", new { content = "Alone" })).Status.ShouldBe(HttpStatusCode.BadRequest);
        var id = (await pipedrive.PostAsync("/v1/notes", new { content = "Hello", person_id = person })).Data!["id"];
        (await pipedrive.SendAsync(HttpMethod.Put, $"/v1/notes/{id}", new { content = "Bye" })).Data!["content"]!.ToString().ShouldBe("Bye");
        await pipedrive.DeleteAsync($"/v1/notes/{id}");
        (await pipedrive.GetAsync($"/v1/notes/{id}")).Data!["active_flag"]!.GetValue<bool>().ShouldBeFalse();
        (await pipedrive.GetAsync("/v1/notes")).Data.ShouldBeNull();
    }

    [Fact]
    public async Task Users_types_pipelines_and_stages_are_listed()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        (await pipedrive.GetAsync("/v1/users")).Ids.ShouldBe(["9001"]);
        (await pipedrive.GetAsync("/api/v1/activityTypes")).Data!.AsArray().Select(type => type!["key_string"]!.ToString()).ShouldBe(["call", "meeting", "task", "deadline", "email", "lunch"]);
        (await pipedrive.GetAsync("/api/v2/pipelines")).Ids.ShouldBe(["1"]);
        var first = await pipedrive.GetAsync("/api/v2/stages?limit=3");
        first.Ids.ShouldBe(["1", "2", "3"]);
        (await pipedrive.GetAsync($"/api/v2/stages?limit=3&cursor={first.Next}")).Ids.ShouldBe(["4", "5"]);
    }
}
