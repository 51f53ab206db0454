using System.Globalization;
using System.Text.Json.Nodes;

namespace Forge.Crm.Tests.EndToEnd;

/// <summary>What belongs together in one system belongs together in the other two.</summary>
[Collection(ThreeSystemsGroup.Name)]
public sealed class ThreeSystemsLinksTests(ThreeSystemsFixture fixture) : IAsyncLifetime
{
    private static int _made;

    private readonly ThreeSystems _systems = fixture.Systems;
    private string _contact = "";
    private string _email = "";
    private string _company = "";
    private string _name = "";
    private string _domain = "";

    public async Task InitializeAsync()
    {
        var number = Interlocked.Increment(ref _made);
        (_email, _domain, _name) = ($"linked-{number}@example.com", $"linked-{number}.example.com", $"Linked {number} Ltd");
        _contact = _systems.HubSpot.Create("contacts", new Dictionary<string, string> { ["email"] = _email, ["firstname"] = "Lin" });
        _company = _systems.HubSpot.Create("companies", new Dictionary<string, string> { ["domain"] = _domain, ["name"] = _name });
        await _systems.RestAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_link_in_HubSpot_is_the_persons_organization_in_Pipedrive_and_goes_with_it()
    {
        var (hubSpot, pipedrive) = (_systems.HubSpotWrites, _systems.PipedriveWrites);
        _systems.HubSpot.Associate("contacts", _contact, "companies", _company);
        await ThreeSystems.UntilAsync(() => Organization(), _name, "Pipedrive");
        await _systems.RestAsync();
        (_systems.HubSpotWrites - hubSpot, _systems.PipedriveWrites - pipedrive).ShouldBe((0, 1));

        _systems.HubSpot.Dissociate("contacts", _contact, "companies", _company);
        await ThreeSystems.UntilAsync(() => Organization(), null, "Pipedrive");
        await _systems.RestAsync();
        (_systems.HubSpotWrites - hubSpot, _systems.PipedriveWrites - pipedrive).ShouldBe((0, 2));
        (await LiveAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_persons_organization_in_Pipedrive_is_the_contacts_company_in_HubSpot_and_goes_with_it()
    {
        var (hubSpot, pipedrive) = (_systems.HubSpotWrites, _systems.PipedriveWrites);
        SetOrganization(OrganizationId(_name));
        await ThreeSystems.UntilAsync(Company, _company, "HubSpot");
        await _systems.RestAsync();
        (_systems.HubSpotWrites - hubSpot, _systems.PipedriveWrites - pipedrive).ShouldBe((1, 0));

        SetOrganization(null);
        await ThreeSystems.UntilAsync(Company, null, "HubSpot");
        await _systems.RestAsync();
        (_systems.HubSpotWrites - hubSpot, _systems.PipedriveWrites - pipedrive).ShouldBe((2, 0));
    }

    [Fact]
    [Trait("Category", "Proof")]
    public async Task A_link_made_in_the_hub_by_SQL_is_in_both_and_ten_quiet_cycles_write_nothing()
    {
        await LinkInHubAsync();
        await ThreeSystems.UntilAsync(Company, _company, "HubSpot");
        await ThreeSystems.UntilAsync(() => Organization(), _name, "Pipedrive");
        await _systems.RestAsync();
        var (hubSpot, pipedrive) = (_systems.HubSpotWrites, _systems.PipedriveWrites);
        for (var cycle = 0; cycle < 10; cycle++)
        {
            // Everybody is looked at again, told as change capture tells it, and both platforms are read whole.
            await _systems.Hub.ExecuteAsync("""
                with queued as (
                     insert into crm_outbox (tenant_id, platform, kind, record_id, cause)
                     select l.tenant_id, l.platform, 'contact', l.record_id, 'edit' from crm_record_links l where l.state = 'live' and l.remote_kind = 'contact'
                         on conflict do nothing
                     returning tenant_id, platform, lane)
                select pg_notify('crm_outbox', tenant_id || ':' || platform || ':' || lane) from (select distinct tenant_id, platform, lane from queued) lanes
                """);
            await _systems.SweepAsync();
            await _systems.RestAsync();
        }

        (_systems.HubSpotWrites - hubSpot, _systems.PipedriveWrites - pipedrive).ShouldBe((0, 0));
        (await LiveAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task An_unlink_in_the_hub_by_SQL_is_an_unlink_in_both()
    {
        await LinkInHubAsync();
        await ThreeSystems.UntilAsync(() => Organization(), _name, "Pipedrive");
        await _systems.RestAsync();
        await _systems.Hub.ExecuteAsync($"delete from crm_associations where from_id = {Record("crm_contacts", $"email = '{_email}'")}");
        await ThreeSystems.UntilAsync(() => Organization(), null, "Pipedrive");
        await ThreeSystems.UntilAsync(Company, null, "HubSpot");
    }

    [Fact]
    public async Task A_contact_that_is_made_with_its_company_and_a_deal_with_both_arrive_linked()
    {
        var organization = _systems.Pipedrive.Create("organizations", new() { ["name"] = "New Ltd" });
        var person = _systems.Pipedrive.Create("persons", new() { ["name"] = "Neo", ["emails"] = new JsonArray(new JsonObject { ["value"] = "neo@example.com", ["primary"] = true }), ["org_id"] = long.Parse(organization, CultureInfo.InvariantCulture) });
        await ThreeSystems.UntilAsync(
            () => _systems.Contact("neo@example.com") is { } neo ? $"{_systems.HubSpot.AssociatedIds("contacts", neo.Id, "companies").Count}" : null, "1", "HubSpot");
        await _systems.RestAsync();

        var deal = _systems.HubSpot.Create("deals", new Dictionary<string, string> { ["dealname"] = "Big deal", ["pipeline"] = "default", ["dealstage"] = "qualifiedtobuy" });
        _systems.HubSpot.Associate("deals", deal, "contacts", _systems.Contact("neo@example.com")!.Id);
        _systems.HubSpot.Associate("deals", deal, "companies", _systems.HubSpot.Records("companies").Single(company => company["name"] == "New Ltd").Id);
        await ThreeSystems.UntilAsync(() => Deal("Big deal"), $"{person} {organization}", "Pipedrive");
    }

    [Fact]
    public async Task The_primary_company_takes_the_one_place_and_a_further_one_is_listed_and_lost_nowhere()
    {
        _systems.HubSpot.Associate("contacts", _contact, "companies", _company);
        await ThreeSystems.UntilAsync(() => Organization(), _name, "Pipedrive");
        await _systems.RestAsync();
        var second = _systems.HubSpot.Create("companies", new Dictionary<string, string> { ["name"] = $"{_name} Holding" });
        _systems.HubSpot.Associate("contacts", _contact, "companies", second, typeId: 1); // primary
        await ThreeSystems.UntilAsync(() => Organization(), $"{_name} Holding", "Pipedrive");
        await _systems.RestAsync();

        _systems.HubSpot.AssociatedIds("contacts", _contact, "companies").Order().ShouldBe(new[] { _company, second }.Order());
        (await LiveAsync()).Count.ShouldBe(2);
        (await _systems.Hub.RowsAsync($"select platform, kind, status, reason from crm_outbox where record_id = {Record("crm_contacts", $"email = '{_email}'")}"))
            .ShouldBe(["pipedrive|contact|failed|Pipedrive has room for one company of this record, which has 2"]);
    }

    [Fact]
    public async Task A_second_person_of_a_deal_is_listed_and_not_tried_for_ever()
    {
        var deal = _systems.HubSpot.Create("deals", new Dictionary<string, string> { ["dealname"] = _name, ["pipeline"] = "default", ["dealstage"] = "qualifiedtobuy" });
        foreach (var name in new[] { "ann", "ben", "cem" })
            _systems.HubSpot.Associate("deals", deal, "contacts", _systems.HubSpot.Create("contacts", new Dictionary<string, string> { ["email"] = $"{name}-{_email}" }));
        _systems.HubSpot.Associate("deals", deal, "contacts", _contact);
        await ThreeSystems.UntilAsync(
            async () => (await _systems.Hub.RowsAsync(
                $"select reason from crm_outbox where status = 'failed' and record_id = {Record("crm_deals", $"name = '{_name}'")}")).FirstOrDefault(),
            "Pipedrive has room for one contact of this record, which has 4", "the list");
        await _systems.RestAsync();
        var writes = _systems.PipedriveWrites;
        await _systems.SweepAsync();
        await _systems.RestAsync();
        _systems.PipedriveWrites.ShouldBe(writes);
        _systems.HubSpot.AssociatedIds("deals", deal, "contacts").Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_record_that_is_created_again_gets_its_associations_back()
    {
        _systems.HubSpot.Associate("contacts", _contact, "companies", _company);
        await ThreeSystems.UntilAsync(() => Organization(), _name, "Pipedrive");
        await _systems.RestAsync();
        _systems.HubSpot.Archive("contacts", _contact);
        await ThreeSystems.UntilAsync(() => _systems.Person(_email) is null ? "gone" : "there", "gone", "Pipedrive");
        await _systems.RestAsync();
        _systems.HubSpot.Restore("contacts", _contact);
        await ThreeSystems.UntilAsync(() => Organization(), _name, "Pipedrive");
        await ThreeSystems.UntilAsync(Company, _company, "HubSpot");
    }

    private string? Organization() => _systems.Person(_email)?["org_id"] is { } id
        ? _systems.Pipedrive.Find("organizations", id.ToString())!["name"]!.GetValue<string>()
        : null;

    private string OrganizationId(string name) =>
        _systems.Pipedrive.Records("organizations").Single(organization => organization["name"]!.GetValue<string>() == name)["id"]!.ToString();

    private void SetOrganization(string? id) => _systems.Pipedrive.Edit(
        "persons", _systems.Person(_email)!["id"]!.ToString(), new() { ["org_id"] = id is null ? null : long.Parse(id, CultureInfo.InvariantCulture) });

    private string? Company() => _systems.HubSpot.AssociatedIds("contacts", _contact, "companies").SingleOrDefault();

    private string? Deal(string title) =>
        _systems.Pipedrive.Records("deals").FirstOrDefault(deal => deal["title"]!.GetValue<string>() == title) is { } deal ? $"{deal["person_id"]} {deal["org_id"]}" : null;

    private string Record(string table, string where) => $"(select id from {table} where {where} and deleted_at is null)";

    private Task LinkInHubAsync() => _systems.Hub.ExecuteAsync($"""
        insert into crm_associations (tenant_id, from_kind, from_id, to_kind, to_id, is_primary)
        values ('{_systems.Hub.Id}', 'contact', {Record("crm_contacts", $"email = '{_email}'")}, 'company', {Record("crm_companies", $"domain = '{_domain}'")}, true)
        """);

    private Task<List<string>> LiveAsync() => _systems.Hub.RowsAsync(
        $"select to_id from crm_associations where deleted_at is null and from_id = (select id from crm_contacts where email = '{_email}')");
}
