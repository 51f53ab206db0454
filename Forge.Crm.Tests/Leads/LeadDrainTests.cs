using System.Net;
using Forge.Crm.Adapters.Leads;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Timers;

namespace Forge.Crm.Tests.Leads;

/// <summary>From a rule's row to HubSpot's lead, over a simulated account and a PostgreSQL of a test's own.</summary>
public sealed class LeadDrainTests : IAsyncLifetime
{
    private LeadBed _bed = null!;

    public async Task InitializeAsync() => _bed = await LeadBed.CreateAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task A_lead_is_made_once_with_its_name_and_its_contact()
    {
        var (contact, there) = await _bed.ContactAsync();
        await _bed.AddAsync(contact);
        (await _bed.Get<TimedWork>().MakeLeadsAsync(CancellationToken.None)).ShouldBeTrue();
        await _bed.DrainAsync();

        _bed.Leads().ShouldBe([$"스마트 교실 구축 of {there}"]);
        (await _bed.RowsAsync()).ShouldBe([$"made|{_bed.There.Records("leads")[0].Id}|1"]);
        _bed.Calls(LeadBed.Creations).ShouldBe(1);
    }

    [Fact]
    public async Task An_account_without_leads_is_asked_once_and_the_contacts_stage_has_to_do()
    {
        _bed.There.HasLeads = false;
        var (contact, _) = await _bed.ContactAsync();
        foreach (var name in new[] { "one", "two", "three" })
            await _bed.AddAsync(contact, name);
        await _bed.DrainAsync();

        (await _bed.RowsAsync()).ShouldBe(["none||1", "none||1", "none||1"]);
        _bed.Simulator.Ledger.Count(call => call.Path.Contains("leads", StringComparison.Ordinal)).ShouldBe(1);
        _bed.There.Count("leads").ShouldBe(0);
    }

    [Fact]
    public async Task A_lead_whose_answer_was_lost_is_found_again_by_its_name()
    {
        var (contact, there) = await _bed.ContactAsync();
        await _bed.AddAsync(contact);
        _bed.Simulator.Faults.FailNext(LeadBed.Creations, new() { DropConnection = true, AfterWork = true });
        await _bed.DrainAsync();
        (await _bed.RowsAsync("status, lead_id, sent_to, reason like '%no answer%'")).ShouldBe([$"pending||{there}|True"]);
        await _bed.DrainAsync();

        _bed.Leads().ShouldBe([$"스마트 교실 구축 of {there}"]);
        (await _bed.RowsAsync("status, lead_id is not null, attempts")).ShouldBe(["made|True|2"]);
        _bed.Calls(LeadBed.Creations).ShouldBe(1);
    }

    [Fact]
    public async Task Two_inquiries_of_one_name_are_two_leads_and_one_that_a_person_made_there_is_taken()
    {
        var (contact, there) = await _bed.ContactAsync();
        var theirs = _bed.There.Create("leads", new Dictionary<string, string> { ["hs_lead_name"] = "스마트 교실 구축" });
        _bed.There.Associate("leads", theirs, "contacts", there);
        _bed.There.Associate("leads", _bed.There.Create("leads", new Dictionary<string, string> { ["hs_lead_name"] = "another" }), "contacts", there);
        await _bed.AddAsync(contact);
        await _bed.AddAsync(contact);
        _bed.Simulator.Faults.SearchIndexLag = TimeSpan.FromHours(1);
        await _bed.DrainAsync();

        _bed.There.Count("leads").ShouldBe(3);
        (await _bed.RowsAsync("lead_id")).ShouldSatisfyAllConditions(rows => rows[0].ShouldBe(theirs), rows => rows.Distinct().Count().ShouldBe(2));
    }

    [Fact]
    public async Task It_waits_until_its_contact_is_there_and_lapses_with_it()
    {
        var (coming, gone) = (await _bed.UnlinkedAsync(), await _bed.UnlinkedAsync("gone@haneul.example"));
        await _bed.AddAsync(coming);
        await _bed.AddAsync(gone);
        await _bed.DrainAsync();
        (await _bed.RowsAsync("status, attempts, due_at > now(), reason")).ShouldBe(Enumerable.Repeat("pending|0|True|the contact is not at HubSpot yet", 2));

        await _bed.PushAsync();
        await _bed.Hub.ExecuteAsync($"update crm_contacts set deleted_at = now() where id = '{gone}'");
        await _bed.DrainAsync();
        (await _bed.RowsAsync("status, contact_id")).ShouldBe([$"made|{coming}"]);
        _bed.Leads().ShouldBe([$"스마트 교실 구축 of {_bed.There.Records("contacts").Single(contact => contact["email"] == "minsu.kim@haneul.example").Id}"]);
    }

    [Fact]
    public async Task Of_a_contact_that_was_merged_it_is_the_survivors()
    {
        var (loser, (survivor, there)) = (await _bed.UnlinkedAsync("loser@haneul.example"), await _bed.ContactAsync());
        await _bed.Hub.ExecuteAsync($"update crm_contacts set merged_into_id = '{survivor}', deleted_at = now() where id = '{loser}'");
        await _bed.AddAsync(loser);
        await _bed.DrainAsync();
        _bed.Leads().ShouldBe([$"스마트 교실 구축 of {there}"]);
    }

    [Fact]
    public async Task What_HubSpot_refuses_is_listed_with_its_reason_and_made_once_it_is_redriven()
    {
        var (contact, there) = await _bed.ContactAsync();
        await _bed.AddAsync(contact);
        _bed.There.Archive("contacts", there);
        await _bed.DrainAsync();
        (await _bed.RowsAsync("status, reason")).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            row => row.ShouldStartWith("failed|"), row => row.ShouldContain("VALIDATION_ERROR"), row => row.ShouldNotContain("스마트"));
        await _bed.DrainAsync();
        (await _bed.RowsAsync("status")).ShouldBe(["failed"]);

        _bed.There.Restore("contacts", there);
        (await _bed.Get<LeadViews>().RedriveAllAsync(_bed.Hub.Id, "ann", CancellationToken.None)).ShouldBe(1);
        await _bed.DrainAsync();
        (await _bed.RowsAsync("status, reason, attempts")).ShouldBe(["made||1"]);
    }

    [Fact]
    public async Task An_outage_puts_off_all_that_wait_and_a_refused_token_stops_the_connection()
    {
        var (contact, _) = await _bed.ContactAsync();
        await _bed.AddAsync(contact, "one");
        await _bed.AddAsync(contact, "two");
        _bed.Simulator.Faults.FailNext(LeadBed.Creations, new() { Status = 503 });
        await _bed.DrainAsync();
        (await _bed.RowsAsync("status, attempts, due_at > now(), reason like '%503%'")).ShouldBe(["pending|1|True|True", "pending|1|True|True"]);
        _bed.Calls(LeadBed.Creations).ShouldBe(1);

        _bed.Simulator.Faults.FailNext("/crm/v4/associations/contacts/leads/batch/read", new() { Status = (int)HttpStatusCode.Unauthorized });
        await _bed.DrainAsync();
        (await _bed.RowsAsync("status, attempts")).ShouldBe(["pending|1", "pending|1"]);
        (await _bed.Hub.RowsAsync("select state from crm_sync_configs")).ShouldBe(["reauth_required"]);
        (await _bed.Get<RelayQueries>().WaitingLeadsAsync(CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_tenants_that_write_to_HubSpot_and_have_something_due_are_looked_at()
    {
        async Task<int> DueAsync(string set)
        {
            await _bed.Hub.ExecuteAsync(set);
            return (await _bed.Get<RelayQueries>().WaitingLeadsAsync(CancellationToken.None)).Count;
        }

        await _bed.AddAsync(await _bed.UnlinkedAsync());
        (await DueAsync("update crm_hubspot_leads set due_at = now() + interval '1 minute'")).ShouldBe(0);
        (await DueAsync("update crm_hubspot_leads set due_at = now()")).ShouldBe(1);
        (await DueAsync("update crm_sync_configs set direction = 'read'")).ShouldBe(0);
        (await DueAsync("update crm_sync_configs set direction = 'write', state = 'paused'")).ShouldBe(0);
        (await DueAsync("update crm_sync_configs set state = 'live', match_state = 'needed'")).ShouldBe(0);
    }
}
