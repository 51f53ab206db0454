using System.Text.Json.Nodes;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.EndToEnd;

/// <summary>The mission: an edit in one system is in the other two, once.</summary>
[Collection(ThreeSystemsGroup.Name)]
public sealed class ThreeSystemsTests(ThreeSystemsFixture fixture) : IAsyncLifetime
{
    private readonly ThreeSystems _systems = fixture.Systems;

    // Each test works on a contact of its own.
    private readonly string _email = fixture.NextContact();

    // What the test before this one left under way is none of its writes.
    public Task InitializeAsync() => _systems.RestAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public void What_one_CRM_has_is_created_in_the_other_once()
    {
        var employed = fixture.Start.Employed;
        employed.ShouldBeGreaterThan(0);
        // Associations come with the records and cost no writes of their own.
        fixture.Start.ShouldBe(new(
            ThreeSystemsFixture.Contacts, 3, 2, HubSpotWrites: 0, PipedriveWrites: ThreeSystemsFixture.Contacts + 5, employed, EmployedPersons: employed));
        _systems.PersonName(_email).ShouldBe(_systems.Contact(_email)!["firstname"]);
    }

    [Fact]
    public async Task What_a_CRM_fills_in_or_cannot_hold_changes_nothing_in_the_others()
    {
        var owners = await _systems.Hub.RowsAsync("select distinct o.email from crm_deals d join crm_owners o on o.tenant_id = d.tenant_id and o.owner_id = d.owner_id order by 1");
        owners.ShouldNotContain(_systems.Pipedrive.Users[0].Email);
        (await _systems.Hub.RowsAsync("select action, field, source from crm_audit_log where action in ('set', 'lost') and source = 'pipedrive' and cause = 'push'")).ShouldBeEmpty();
        foreach (var company in _systems.HubSpot.Records("companies"))
            (await _systems.Hub.ScalarAsync<string>($"select city from crm_companies where domain = '{company["domain"]}'")).ShouldBe(company["city"]);
    }

    [Fact]
    public async Task An_edit_in_HubSpot_is_in_the_hub_and_in_Pipedrive_and_costs_one_write()
    {
        var (hubSpot, pipedrive) = (_systems.HubSpotWrites, _systems.PipedriveWrites);
        _systems.HubSpot.Edit("contacts", _systems.Contact(_email)!.Id, new Dictionary<string, string> { ["firstname"] = "Ada" });
        await ThreeSystems.UntilAsync(() => _systems.HubNameAsync(_email), "Ada", "the hub");
        await ThreeSystems.UntilAsync(() => _systems.PersonName(_email), "Ada", "Pipedrive");
        await _systems.RestAsync();
        (_systems.HubSpotWrites - hubSpot, _systems.PipedriveWrites - pipedrive).ShouldBe((0, 1));
    }

    [Fact]
    public async Task A_dry_run_says_what_the_sync_then_does_in_all_three_and_costs_its_reading_alone()
    {
        var id = _systems.Contact(_email)!.Id;
        _systems.HearsHubSpot = false;
        _systems.HubSpot.Edit("contacts", id, new Dictionary<string, string> { ["firstname"] = "Rehearsed" });
        var (before, calls, pipedriveCalls) = (await _systems.HubNameAsync(_email), _systems.HubSpotCalls, _systems.PipedriveCalls);
        var request = new SyncRequest(_systems.Hub.Id, Platform.HubSpot) { Ids = [id], IdsOf = RemoteKind.Contact };

        var dry = await _systems.Functions.Sync.SyncAsync(request with { IsDryRun = true }, null, CancellationToken.None);

        var plans = _systems.Functions.Services.GetRequiredService<SyncPlans>();
        var plan = (await plans.FindAsync(_systems.Hub.Id, dry.JobId, CancellationToken.None))!;
        plan.Changes.ShouldBe([new("pipedrive", "contact", "update", 1), new("supabase", "contact", "update", 1)]);
        plan.Calls.Reading.ShouldBe(_systems.HubSpotCalls - calls);
        plan.Calls.Pushing.ShouldBe([new("pipedrive", 2, 15)]);
        _systems.PipedriveCalls.ShouldBe(pipedriveCalls);
        (await plans.ItemsAsync(_systems.Hub.Id, dry.JobId, Platform.Pipedrive, null, null, null, CancellationToken.None))
            .ShouldContain($$"""[{"after": "Rehearsed", "field": "first_name", "before": "{{before}}"}]""");
        (await _systems.HubNameAsync(_email), _systems.PersonName(_email)).ShouldBe((before, before));
        var text = await SyncPlanText.OfAsync(plans, request, dry, CancellationToken.None);
        text.ShouldContain($"hub: update contact {await _systems.Hub.ScalarAsync<Guid>($"select id from crm_contacts where email = '{_email}'")} (contact {id} there)");
        text.ShouldContain($"first_name: \"{before}\" -> \"Rehearsed\"");
        text.ShouldContain("about 2 of pipedrive to push, for 15 tokens.");

        await _systems.Functions.Sync.SyncAsync(request, null, CancellationToken.None);
        await ThreeSystems.UntilAsync(() => _systems.PersonName(_email), "Rehearsed", "Pipedrive");
        _systems.HearsHubSpot = true;
    }

    [Fact]
    public async Task An_edit_in_Pipedrive_is_in_the_hub_and_in_HubSpot_and_costs_one_write()
    {
        var (hubSpot, pipedrive) = (_systems.HubSpotWrites, _systems.PipedriveWrites);
        EditPerson("first_name", "Grace");
        await ThreeSystems.UntilAsync(() => _systems.HubNameAsync(_email), "Grace", "the hub");
        await ThreeSystems.UntilAsync(() => _systems.Contact(_email)?["firstname"], "Grace", "HubSpot");
        await _systems.RestAsync();
        (_systems.HubSpotWrites - hubSpot, _systems.PipedriveWrites - pipedrive).ShouldBe((1, 0));
    }

    [Fact]
    public async Task An_edit_in_the_hub_by_SQL_is_in_both_and_costs_a_write_each()
    {
        var (hubSpot, pipedrive) = (_systems.HubSpotWrites, _systems.PipedriveWrites);
        await _systems.Hub.ExecuteAsync($"update crm_contacts set first_name = 'Linus' where email = '{_email}'");
        await ThreeSystems.UntilAsync(() => _systems.Contact(_email)?["firstname"], "Linus", "HubSpot");
        await ThreeSystems.UntilAsync(() => _systems.PersonName(_email), "Linus", "Pipedrive");
        await _systems.RestAsync();
        (_systems.HubSpotWrites - hubSpot, _systems.PipedriveWrites - pipedrive).ShouldBe((1, 1));
    }

    [Fact]
    public async Task Of_two_edits_at_once_the_later_one_stands_everywhere_and_the_other_is_in_the_history()
    {
        _systems.HubSpot.Edit("contacts", _systems.Contact(_email)!.Id, new Dictionary<string, string> { ["firstname"] = "Early" });
        await Task.Delay(1_100); // Pipedrive's times are whole seconds
        EditPerson("first_name", "Late");
        await _systems.RestAsync();
        (await _systems.HubNameAsync(_email)).ShouldBe("Late");
        (_systems.Contact(_email)!["firstname"], _systems.PersonName(_email)).ShouldBe(("Late", "Late"));
        (await _systems.Hub.ScalarAsync<long>("select count(*) from crm_audit_log where 'Early' in (old_value, new_value)")).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_value_that_goes_back_to_what_it_was_is_an_edit_like_any_other()
    {
        var first = _systems.PersonName(_email);
        foreach (var name in new[] { "Between", first! })
        {
            _systems.HubSpot.Edit("contacts", _systems.Contact(_email)!.Id, new Dictionary<string, string> { ["firstname"] = name });
            await ThreeSystems.UntilAsync(() => _systems.PersonName(_email), name, "Pipedrive");
        }
    }

    [Fact]
    public async Task A_person_made_in_Pipedrive_is_made_in_HubSpot_once()
    {
        var writes = _systems.HubSpotWrites;
        _systems.Pipedrive.Create("persons", new() { ["first_name"] = "New", ["emails"] = new JsonArray(new JsonObject { ["value"] = "new.person@example.com", ["primary"] = true }) });
        await ThreeSystems.UntilAsync(() => _systems.Contact("new.person@example.com")?["firstname"], "New", "HubSpot");
        await _systems.RestAsync();
        _systems.HubSpotWrites.ShouldBe(writes + 1);
        _systems.HubSpot.Records("contacts").Count(contact => contact["email"] == "new.person@example.com").ShouldBe(1);
    }

    [Fact]
    public async Task A_deletion_in_one_is_a_deletion_in_the_other()
    {
        _systems.HubSpot.Archive("contacts", _systems.Contact(_email)!.Id);
        await ThreeSystems.UntilAsync(() => _systems.Person(_email) is null ? "gone" : "there", "gone", "Pipedrive");
        await _systems.RestAsync();
        (await _systems.HubNameAsync(_email)).ShouldBeNull();
    }

    [Fact]
    public async Task Two_records_merged_in_HubSpot_are_merged_in_Pipedrive()
    {
        var (persons, contacts) = (_systems.Pipedrive.Records("persons").Count, _systems.HubSpot.Records("contacts").Count);
        _systems.HubSpot.Merge("contacts", _systems.Contact(_email)!.Id, _systems.Contact(fixture.NextContact())!.Id, newId: true);
        await _systems.RestAsync();
        (_systems.Pipedrive.Records("persons").Count, _systems.HubSpot.Records("contacts").Count).ShouldBe((persons - 1, contacts - 1));
    }

    private void EditPerson(string field, string value) =>
        _systems.Pipedrive.Edit("persons", _systems.Person(_email)!["id"]!.ToString(), new() { [field] = value });
}
