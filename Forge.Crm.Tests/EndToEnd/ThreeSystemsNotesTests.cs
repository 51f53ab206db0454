using System.Text.Json.Nodes;

namespace Forge.Crm.Tests.EndToEnd;

/// <summary>A note in one system is in the other two, with whom it is about.</summary>
public sealed class ThreeSystemsNotesTests : IAsyncLifetime
{
    private ThreeSystems _systems = null!;
    private string _email = "";

    public async Task InitializeAsync()
    {
        _systems = await ThreeSystems.StartAsync(contacts: 2);
        _email = _systems.HubSpot.Records("contacts")[0]["email"]!;
        await _systems.Hub.ExecuteAsync("update crm_sync_configs set kinds = '{company,contact,deal,activity}'");
        _systems.Forget();
    }

    public async Task DisposeAsync() => await _systems.DisposeAsync();

    [Fact]
    public async Task A_note_of_Pipedrives_goes_round_with_its_edits_and_its_deletion()
    {
        var id = _systems.Pipedrive.Create("notes", new() { ["content"] = "Called back", ["person_id"] = _systems.Person(_email)!["id"]!.DeepClone() });
        await ThreeSystems.UntilAsync(() => HubSpotNote()?["hs_note_body"], "Called back", "HubSpot");
        await ThreeSystems.UntilAsync(Contact, _systems.Contact(_email)!.Id, "HubSpot");
        (await _systems.Hub.RowsAsync("select type, body from crm_activities where deleted_at is null")).ShouldBe(["note|Called back"]);

        _systems.Pipedrive.Edit("notes", id, new() { ["content"] = "Called back twice" });
        await ThreeSystems.UntilAsync(() => HubSpotNote()?["hs_note_body"], "Called back twice", "HubSpot");
        _systems.Pipedrive.Delete("notes", id);
        await ThreeSystems.UntilAsync(() => HubSpotNote()?["hs_note_body"], null, "HubSpot");
        await _systems.RestAsync();
        (await _systems.Hub.ScalarAsync<long>("select count(*) from crm_activities where deleted_at is null")).ShouldBe(0);
    }

    [Fact]
    public async Task A_note_made_in_the_hub_by_SQL_is_in_both()
    {
        await _systems.Hub.ExecuteAsync($"""
            with made as (insert into crm_activities (tenant_id, type, body, occurred_at) values ('{_systems.Hub.Id}', 'note', 'By hand', now()) returning id)
            insert into crm_associations (tenant_id, from_kind, from_id, to_kind, to_id)
            select '{_systems.Hub.Id}', 'activity', made.id, 'contact', c.id from made, crm_contacts c where c.email = '{_email}'
            """);
        await ThreeSystems.UntilAsync(() => HubSpotNote()?["hs_note_body"], "By hand", "HubSpot");
        await ThreeSystems.UntilAsync(() => PipedriveNote()?["content"]?.ToString(), "By hand", "Pipedrive");
        await _systems.RestAsync();
        (_systems.Pipedrive.Records("notes").Count, _systems.HubSpot.Records("notes").Count).ShouldBe((1, 1));
        PipedriveNote()!["person_id"]!.ToString().ShouldBe(_systems.Person(_email)!["id"]!.ToString());
    }

    private LocalHost.HubSpot.HubSpotSnapshot? HubSpotNote() => _systems.HubSpot.Records("notes").FirstOrDefault();

    private JsonObject? PipedriveNote() => _systems.Pipedrive.Records("notes").FirstOrDefault();

    private string? Contact() => HubSpotNote() is { } note ? _systems.HubSpot.AssociatedIds("notes", note.Id, "contacts").SingleOrDefault() : null;
}
