using System.Net;
using System.Text.Json.Nodes;

namespace Forge.Crm.Tests.PipedriveSimulation;

public sealed class RecordTests
{
    [Fact]
    public async Task A_record_is_made_read_changed_and_deleted()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        var made = await pipedrive.PostAsync("/api/v2/persons", new { first_name = "Ada", last_name = "Example", emails = new[] { new { value = " ada@example.com " } } });
        made.Status.ShouldBe(HttpStatusCode.OK);
        var id = made.Data!["id"]!.ToString();
        made.Data["name"]!.ToString().ShouldBe("Ada Example");
        made.Data["emails"]!.ToJsonString().ShouldBe("""[{"value":"ada@example.com","primary":true,"label":"work"}]""");
        (made.Data["add_time"]!.ToString(), made.Data["update_time"]!.ToString()).ShouldBe(("2026-10-01T09:00:00Z", "2026-10-01T09:00:00Z"));
        pipedrive.Clock.Advance(TimeSpan.FromSeconds(90));
        (await pipedrive.PatchAsync($"/api/v2/persons/{id}", new { last_name = "New" })).Data!["name"]!.ToString().ShouldBe("Ada New");
        (await pipedrive.GetAsync($"/api/v2/persons/{id}")).Data!["update_time"]!.ToString().ShouldBe("2026-10-01T09:01:30Z");
        (await pipedrive.DeleteAsync($"/api/v2/persons/{id}")).Data!.ToJsonString().ShouldBe($$"""{"id":{{id}}}""");
        (await pipedrive.PatchAsync($"/api/v2/persons/{id}", new { last_name = "x" })).Status.ShouldBe(HttpStatusCode.Gone);
    }

    [Fact]
    public async Task A_write_that_changes_nothing_leaves_the_time_as_it_was()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        var id = pipedrive.Person("Ada Example");
        pipedrive.Clock.Advance(TimeSpan.FromSeconds(90));
        (await pipedrive.PatchAsync($"/api/v2/persons/{id}", new { name = "Ada Example " })).Data!["update_time"]!.ToString().ShouldBe("2026-10-01T09:00:00Z");
    }

    [Theory]
    [InlineData("persons", """{"org_id":1}""")]
    [InlineData("persons", """{"name":"A","org_id":77}""")]
    [InlineData("persons", """{"name":"A","owner_id":"9001"}""")]
    [InlineData("persons", """{"name":"A","unknown":1}""")]
    [InlineData("persons", """{"name":"A","id":1}""")]
    [InlineData("persons", """{"name":"A","emails":"a@x.org"}""")]
    [InlineData("persons", """{"name":"A","emails":[{"label":"work"}]}""")]
    [InlineData("persons", """{"name":"A","custom_fields":{"nope":1}}""")]
    [InlineData("persons", "[]")]
    [InlineData("persons", "{")]
    [InlineData("organizations", """{"website":"x"}""")]
    [InlineData("deals", """{"value":100}""")]
    [InlineData("deals", """{"title":"A","value":"100"}""")]
    [InlineData("deals", """{"title":"A","status":"done"}""")]
    [InlineData("deals", """{"title":"A","stage_id":99}""")]
    [InlineData("deals", """{"title":"A","lost_reason":"Price"}""")]
    [InlineData("deals", """{"title":"A","expected_close_date":"30.10.2026"}""")]
    [InlineData("activities", """{"subject":"A","person_id":1}""")]
    [InlineData("activities", """{"subject":"A","type":"party"}""")]
    [InlineData("activities", """{"subject":"A","done":1}""")]
    [InlineData("activities", """{"subject":"A","due_time":"3 pm"}""")]
    public async Task Input_is_checked_strictly(string plural, string body)
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        var answer = await pipedrive.PostAsync($"/api/v2/{plural}", body);
        (answer.Status, answer.Json!["success"]!.GetValue<bool>(), answer.Json["data"]).ShouldBe((HttpStatusCode.BadRequest, false, null));
        answer.Error.ShouldNotBeEmpty();
        pipedrive.Account.Records(plural).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_deal_is_won_or_lost_by_its_status_and_opened_again()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        var id = pipedrive.Account.Create("deals", new() { ["title"] = "Deal", ["stage_id"] = 3 });
        (await pipedrive.GetAsync($"/api/v2/deals/{id}")).Data!["pipeline_id"]!.GetValue<int>().ShouldBe(1);
        pipedrive.Clock.Advance(TimeSpan.FromMinutes(1));
        var lost = (await pipedrive.PatchAsync($"/api/v2/deals/{id}", new { status = "lost", lost_reason = "Price" })).Data!;
        (lost["lost_time"]!.ToString(), lost["close_time"]!.ToString(), lost["won_time"], lost["lost_reason"]!.ToString())
            .ShouldBe(("2026-10-01T09:01:00Z", "2026-10-01T09:01:00Z", null, "Price"));
        var open = (await pipedrive.PatchAsync($"/api/v2/deals/{id}", new { status = "open" })).Data!;
        (open["lost_time"], open["lost_reason"], open["stage_id"]!.GetValue<int>(), open["stage_change_time"]).ShouldBe((null, null, 3, null));
    }

    [Fact]
    public async Task Participants_say_who_an_activity_is_with()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        var (a, b) = (long.Parse(pipedrive.Person("A"), null), long.Parse(pipedrive.Person("B"), null));
        var call = await pipedrive.PostAsync("/api/v2/activities", new { subject = "Call", participants = new object[] { new { person_id = a }, new { person_id = b, primary = true } } });
        call.Data!["person_id"]!.GetValue<long>().ShouldBe(b);
        call.Data["type"]!.ToString().ShouldBe("call");
        var done = await pipedrive.PatchAsync($"/api/v2/activities/{call.Data["id"]}", new { done = true });
        done.Data!["marked_as_done_time"]!.ToString().ShouldBe("2026-10-01T09:00:00Z");
    }

    [Fact]
    public async Task Custom_fields_keep_to_their_types()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        var choice = pipedrive.Account.AddField("persons", "Choice", "enum", (1, "One"), (2, "Two"));
        var id = pipedrive.Person("Ada");
        (await pipedrive.PatchAsync($"/api/v2/persons/{id}", new JsonObject { ["custom_fields"] = new JsonObject { [choice] = 3 } })).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await pipedrive.PatchAsync($"/api/v2/persons/{id}", new JsonObject { ["custom_fields"] = new JsonObject { [choice] = 2 } })).Data!["custom_fields"]![choice]!.GetValue<int>().ShouldBe(2);
        (await pipedrive.PatchAsync($"/api/v2/persons/{id}", new JsonObject { ["custom_fields"] = new JsonObject { [choice] = null } })).Data!["custom_fields"]![choice].ShouldBeNull();
        var field = (await pipedrive.GetAsync("/api/v2/personFields")).Data!.AsArray().Single(field => field!["field_code"]!.ToString() == choice)!;
        (field["field_type"]!.ToString(), field["is_custom_field"]!.GetValue<bool>(), field["options"]!.AsArray().Count).ShouldBe(("enum", true, 2));
    }

    [Fact]
    public async Task A_deleted_record_is_kept_for_thirty_days()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        var id = pipedrive.Person("Ada");
        pipedrive.Account.Delete("persons", id);
        (await pipedrive.GetAsync("/api/v2/persons")).Ids.ShouldBeEmpty();
        (await pipedrive.GetAsync($"/api/v2/persons/{id}")).Data!["is_deleted"]!.GetValue<bool>().ShouldBeTrue();
        pipedrive.Clock.Advance(TimeSpan.FromDays(30) + TimeSpan.FromSeconds(1));
        (await pipedrive.GetAsync($"/api/v2/persons/{id}")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_merge_leaves_one_record_that_has_everything_of_both()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        var (survivor, loser) = (pipedrive.Person("Ada", "a@x.org"), pipedrive.Person("Ada L", "b@x.org"));
        var deal = pipedrive.Account.Create("deals", new() { ["title"] = "Deal", ["person_id"] = long.Parse(loser, null) });
        var merged = await pipedrive.SendAsync(HttpMethod.Put, $"/v1/persons/{loser}/merge", new { merge_with_id = long.Parse(survivor, null) });
        (merged.Data!["id"]!.ToString(), merged.Data["merge_what_id"]!.ToString(), merged.Data["name"]!.ToString()).ShouldBe((survivor, loser, "Ada"));
        merged.Data["emails"]!.AsArray().Select(entry => $"{entry!["value"]} {entry["primary"]}").ShouldBe(["a@x.org true", "b@x.org false"]);
        pipedrive.Account.Find("deals", deal)!["person_id"]!.ToString().ShouldBe(survivor);
        pipedrive.Account.Find("persons", loser)!["is_deleted"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Fact]
    public async Task An_archived_deal_is_in_no_other_list_and_cannot_be_edited()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        var id = pipedrive.Account.Create("deals", new() { ["title"] = "Deal" });
        await pipedrive.PatchAsync($"/api/v2/deals/{id}", new { is_archived = true });
        (await pipedrive.GetAsync("/api/v2/deals")).Ids.ShouldBeEmpty();
        (await pipedrive.GetAsync("/api/v2/deals/archived")).Ids.ShouldBe([id]);
        (await pipedrive.PatchAsync($"/api/v2/deals/{id}", new { title = "x" })).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await pipedrive.PatchAsync($"/api/v2/deals/{id}", new { is_archived = false })).Status.ShouldBe(HttpStatusCode.OK);
    }
}
