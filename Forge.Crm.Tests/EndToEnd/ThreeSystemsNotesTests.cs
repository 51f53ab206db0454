using System.Text.Json.Nodes;
using Forge.Crm.LocalHost.HubSpot;

namespace Forge.Crm.Tests.EndToEnd;

/// <summary>A note in one system is in the other two, with whom it is about; an e-mail says who wrote it.</summary>
[Collection(ThreeSystemsGroup.Name)]
public sealed class ThreeSystemsNotesTests(ThreeSystemsFixture fixture) : IAsyncLifetime
{
    private readonly ThreeSystems _systems = fixture.Systems;
    private readonly string _email = fixture.NextContact();

    public Task InitializeAsync() => _systems.ChangeSettingsAsync("update crm_sync_configs set kinds = '{company,contact,deal,activity}'");

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_note_of_Pipedrives_goes_round_with_its_edits_and_its_deletion()
    {
        var id = _systems.Pipedrive.Create("notes", new() { ["content"] = "Called back", ["person_id"] = _systems.Person(_email)!["id"]!.DeepClone() });
        await ThreeSystems.UntilAsync(() => HubSpotNote("Called back")?["hs_note_body"], "Called back", "HubSpot");
        await ThreeSystems.UntilAsync(() => ContactOf("Called back"), _systems.Contact(_email)!.Id, "HubSpot");
        (await _systems.Hub.RowsAsync("select type, body from crm_activities where deleted_at is null and body = 'Called back'")).ShouldBe(["note|Called back"]);

        _systems.Pipedrive.Edit("notes", id, new() { ["content"] = "Called back twice" });
        await ThreeSystems.UntilAsync(() => HubSpotNote("Called back twice")?["hs_note_body"], "Called back twice", "HubSpot");
        _systems.Pipedrive.Delete("notes", id);
        await ThreeSystems.UntilAsync(() => HubSpotNote("Called back twice")?["hs_note_body"], null, "HubSpot");
        await _systems.RestAsync();
        (await _systems.Hub.ScalarAsync<long>("select count(*) from crm_activities where deleted_at is null and body like 'Called%'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_note_made_in_the_hub_by_SQL_is_in_both()
    {
        await _systems.Hub.ExecuteAsync($"""
            with made as (insert into crm_activities (tenant_id, type, body, occurred_at) values ('{_systems.Hub.Id}', 'note', 'By hand', now()) returning id)
            insert into crm_associations (tenant_id, from_kind, from_id, to_kind, to_id)
            select '{_systems.Hub.Id}', 'activity', made.id, 'contact', c.id from made, crm_contacts c where c.email = '{_email}'
            """);
        await ThreeSystems.UntilAsync(() => HubSpotNote("By hand")?["hs_note_body"], "By hand", "HubSpot");
        await ThreeSystems.UntilAsync(() => PipedriveNotes("By hand").FirstOrDefault()?["content"]?.ToString(), "By hand", "Pipedrive");
        await _systems.RestAsync();
        _systems.HubSpot.Records("notes").Count(note => note["hs_note_body"] == "By hand").ShouldBe(1);
        PipedriveNotes("By hand").ShouldHaveSingleItem()["person_id"]!.ToString().ShouldBe(_systems.Person(_email)!["id"]!.ToString());
    }

    [Theory]
    [InlineData("call", "calls", "hs_call_title")]
    [InlineData("email", "emails", "hs_email_subject")]
    [InlineData("meeting", "meetings", "hs_meeting_title")]
    [InlineData("task", "tasks", "hs_task_subject")]
    public async Task A_call_an_e_mail_a_meeting_and_a_task_go_round_from_each_side(string type, string objects, string title)
    {
        await _systems.ChangeSettingsAsync("update crm_sync_configs set kinds = '{company,contact,deal,activity,task}'");
        var (there, here, hub) = ($"{type} of HubSpot {_email}", $"{type} of Pipedrive {_email}", $"{type} of the hub {_email}");
        var made = new Dictionary<string, string> { [title] = there, ["hs_timestamp"] = "2026-10-01T08:00:00Z" };
        if (type == "email")
            made["hs_email_direction"] = "EMAIL";
        _systems.HubSpot.Create(objects, made);
        _systems.Pipedrive.Create("activities", new()
        {
            ["subject"] = here,
            ["type"] = type,
            ["due_date"] = "2026-10-02",
            ["due_time"] = "09:00:00",
            ["participants"] = new JsonArray(new JsonObject { ["person_id"] = _systems.Person(_email)!["id"]!.GetValue<long>(), ["primary"] = true }),
        });
        await _systems.Hub.ExecuteAsync(type == "task"
            ? $"insert into crm_tasks (tenant_id, subject, due_at) values ('{_systems.Hub.Id}', '{hub}', '2026-10-03 10:00Z')"
            : $"insert into crm_activities (tenant_id, type, subject, occurred_at) values ('{_systems.Hub.Id}', '{type}', '{hub}', '2026-10-03 10:00Z')");
        foreach (var name in new[] { there, here, hub })
        {
            await ThreeSystems.UntilAsync(() => $"{Of(objects, title, name).Count}", "1", "HubSpot");
            await ThreeSystems.UntilAsync(() => Activity(name)?["type"]?.ToString(), type, "Pipedrive");
        }

        _systems.Pipedrive.Edit("activities", Activity(there)!["id"]!.ToString(), new() { ["done"] = true, ["subject"] = $"{there}, done" });
        await ThreeSystems.UntilAsync(() => $"{Of(objects, title, $"{there}, done").Count}", "1", "HubSpot");
        if (type == "task")
            await ThreeSystems.UntilAsync(() => Of(objects, title, $"{there}, done").Single()["hs_task_status"], "COMPLETED", "HubSpot");
        await _systems.RestAsync();
        Counted(objects, title).ShouldBe((3, 3));
    }

    [Fact]
    public async Task A_call_that_somebody_edits_in_Pipedrive_before_it_has_answered_our_creation_stays_one_call()
    {
        var (title, edited) = ($"First call {_email}", $"First call {_email}, moved");
        _systems.PipedriveFaults.FailNext("/api/v2/activities", new() { Method = "POST", Delay = TimeSpan.FromMilliseconds(700), AfterWork = true });
        _systems.HubSpot.Create("calls", new Dictionary<string, string> { ["hs_call_title"] = title, ["hs_timestamp"] = "2026-10-01T08:00:00Z" });
        await ThreeSystems.UntilAsync(() => Activity(title)?["type"]?.ToString(), "call", "Pipedrive");
        _systems.Pipedrive.Edit("activities", Activity(title)!["id"]!.ToString(), new() { ["subject"] = edited });
        await ThreeSystems.UntilAsync(() => $"{Of("calls", "hs_call_title", edited).Count}", "1", "HubSpot");
        await _systems.RestAsync();
        Counted("calls", "hs_call_title").ShouldBe((1, 1));
        (await _systems.Hub.ScalarAsync<long>($"select count(*) from crm_activities where subject = '{edited}' and deleted_at is null")).ShouldBe(1);
    }

    [Fact]
    public async Task Of_two_calls_that_say_the_same_each_is_in_Pipedrive_once_though_it_never_answered_for_the_second()
    {
        var title = $"Left a voicemail {_email}";
        var made = new Dictionary<string, string> { ["hs_call_title"] = title, ["hs_timestamp"] = "2026-10-01T08:00:00Z" };
        _systems.HubSpot.Create("calls", made);
        await ThreeSystems.UntilAsync(() => $"{Counted("calls", "hs_call_title").Pipedrive}", "1", "Pipedrive");
        await _systems.RestAsync();
        _systems.PipedriveFaults.FailNext("/api/v2/activities", new() { Method = "POST", DropConnection = true, AfterWork = true });
        _systems.HubSpot.Create("calls", made);
        await ThreeSystems.UntilAsync(() => $"{Counted("calls", "hs_call_title").Pipedrive}", "2", "Pipedrive");
        await _systems.RestAsync();
        Counted("calls", "hs_call_title").ShouldBe((2, 2));
        (await _systems.Hub.ScalarAsync<long>($"""
            select count(*) from crm_activities a join crm_record_links l on l.record_id = a.id and l.platform = 'pipedrive' and l.state = 'live'
             where a.subject = '{title}' and a.deleted_at is null
            """)).ShouldBe(2);
    }

    /// <summary>Of this test: all that name its contact.</summary>
    private (int HubSpot, int Pipedrive) Counted(string objects, string title) => (
        _systems.HubSpot.Records(objects).Count(record => record[title]?.Contains(_email, StringComparison.Ordinal) == true),
        _systems.Pipedrive.Records("activities").Count(activity => activity["subject"]?.ToString().Contains(_email, StringComparison.Ordinal) == true));

    private List<HubSpotSnapshot> Of(string objects, string title, string name) => [.. _systems.HubSpot.Records(objects).Where(record => record[title] == name)];

    private JsonObject? Activity(string name) => _systems.Pipedrive.Records("activities").FirstOrDefault(activity => activity["subject"]?.ToString() == name);

    [Fact]
    public async Task An_incoming_e_mail_of_HubSpots_says_in_the_hub_who_wrote_it()
    {
        _systems.HubSpot.Create("emails", new Dictionary<string, string>
        {
            ["hs_timestamp"] = "2026-10-01T08:00:00Z",
            ["hs_email_direction"] = "INCOMING_EMAIL",
            ["hs_email_subject"] = "An offer, please",
            ["hs_email_headers"] = """{"from":{"email":"Ann@Example.com","firstName":"Ann","lastName":"Ash"}}""",
        });
        await ThreeSystems.UntilAsync(
            async () => (await _systems.Hub.RowsAsync("select direction, from_email, from_name from crm_activities where subject = 'An offer, please'")).SingleOrDefault(),
            "inbound|ann@example.com|Ann Ash", "the hub");
        await _systems.RestAsync();
        (await _systems.Hub.RowsAsync("select o.platform, o.reason from crm_outbox o join crm_activities a on a.id = o.record_id where a.subject = 'An offer, please'")).ShouldBeEmpty();
    }

    private HubSpotSnapshot? HubSpotNote(string body) => _systems.HubSpot.Records("notes").FirstOrDefault(note => note["hs_note_body"] == body);

    private List<JsonObject> PipedriveNotes(string content) =>
        [.. _systems.Pipedrive.Records("notes").Where(note => note["content"]?.ToString() == content)];

    private string? ContactOf(string body) => HubSpotNote(body) is { } note ? _systems.HubSpot.AssociatedIds("notes", note.Id, "contacts").SingleOrDefault() : null;
}
