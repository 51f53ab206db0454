using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Timers;

namespace Forge.Crm.Tests.Leads;

/// <summary>A person's erasure reaches the leads that rules made of them at HubSpot.</summary>
public sealed class LeadErasureTests : IAsyncLifetime
{
    private const string Certified = "select targets #>> '{hubspot,state}' from crm_erasures order by erased_at";

    private LeadBed _bed = null!;

    public async Task InitializeAsync() => _bed = await LeadBed.CreateAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task The_leads_of_an_erased_contact_are_deleted_there_before_it_and_the_certificate_says_so_afterwards()
    {
        var (contact, there) = await _bed.ContactAsync();
        var (neighbour, _) = await _bed.ContactAsync("other@haneul.example");
        await _bed.AddAsync(contact);
        await _bed.AddAsync(neighbour);
        await _bed.DrainAsync();
        await _bed.AddAsync(contact, "not sent yet");

        (await _bed.EraseAsync(contact)).ShouldBeTrue();
        (await _bed.Hub.RowsAsync(Certified)).ShouldBe(["due"]);
        await _bed.DrainAsync();
        await _bed.PushAsync();

        (await _bed.Hub.RowsAsync(Certified)).ShouldBe(["erased"]);
        _bed.There.Records("leads").ShouldHaveSingleItem();
        _bed.There.Records("contacts").ShouldNotContain(person => person.Id == there);
        (await _bed.RowsAsync("status, contact_id")).ShouldBe([$"made|{neighbour}"]);
    }

    [Fact]
    public async Task One_whose_answer_was_lost_is_found_by_the_hash_of_its_name_and_no_other_lead_of_the_contact_goes()
    {
        var (contact, there) = await _bed.ContactAsync();
        _bed.There.Associate("leads", _bed.There.Create("leads", new Dictionary<string, string> { ["hs_lead_name"] = "a person's own" }), "contacts", there);
        await _bed.AddAsync(contact);
        _bed.Simulator.Faults.FailNext(LeadBed.Creations, new() { DropConnection = true, AfterWork = true });
        await _bed.DrainAsync();
        await _bed.EraseAsync(contact);
        (await _bed.RowsAsync("status, length(name)")).ShouldBe(["erased|64"]);
        await _bed.PushAsync();

        _bed.There.Records("leads").Select(lead => lead["hs_lead_name"]).ShouldBe(["a person's own"]);
        (await _bed.RowsAsync()).ShouldBeEmpty();
        (await _bed.Hub.RowsAsync(Certified)).ShouldBe(["erased"]);
    }

    [Fact]
    public async Task One_that_is_being_made_while_the_contact_is_erased_is_taken_back_at_once()
    {
        var (contact, _) = await _bed.ContactAsync();
        await _bed.AddAsync(contact);
        _bed.Simulator.Faults.FailNext(LeadBed.Creations, new() { Delay = TimeSpan.FromSeconds(1) });
        var drained = _bed.DrainAsync();
        await Wait.UntilAsync(async () => (await _bed.RowsAsync("sent_to is not null")).SequenceEqual(["True"]), "it was not sent");
        await _bed.EraseAsync(contact);
        await drained;

        _bed.Calls(LeadBed.Creations).ShouldBe(1);
        _bed.There.Records("leads").ShouldBeEmpty();
        await _bed.PushAsync();
        (await _bed.RowsAsync()).ShouldBeEmpty();
        (await _bed.Hub.RowsAsync(Certified)).ShouldBe(["erased"]);
    }

    [Fact]
    public async Task Where_HubSpot_has_erased_the_contact_by_itself_its_leads_go_too()
    {
        var (contact, there) = await _bed.ContactAsync();
        await _bed.AddAsync(contact);
        await _bed.DrainAsync();
        _bed.There.GdprDelete(there);
        await using (var transaction = await _bed.Hub.Tenant.BeginAsync(_bed.Hub.Id, CancellationToken.None))
        {
            await transaction.ExecuteAsync([.. Erasures.Commands(_bed.Hub.Id, RecordKind.Contact, contact, Platform.HubSpot, null)], CancellationToken.None);
            await transaction.CommitAsync(CancellationToken.None);
        }

        (await _bed.Hub.RowsAsync(Certified)).ShouldBe(["due"]);
        await _bed.PushAsync();
        _bed.There.Records("leads").ShouldBeEmpty();
        (await _bed.Hub.RowsAsync(Certified)).ShouldBe(["erased"]);
    }

    [Fact]
    public async Task Where_HubSpot_is_only_read_from_by_now_a_person_has_to_delete_them()
    {
        var (contact, _) = await _bed.ContactAsync();
        await _bed.AddAsync(contact);
        await _bed.DrainAsync();
        await _bed.Hub.ExecuteAsync("update crm_sync_configs set direction = 'read'");
        await _bed.EraseAsync(contact);
        (await _bed.Hub.RowsAsync(Certified)).ShouldBe(["by_hand"]);
        (await _bed.Hub.RowsAsync("select count(*) from crm_outbox")).ShouldBe(["0"]);
    }

    [Fact]
    public async Task What_HubSpot_will_not_delete_is_listed_and_the_certificate_does_not_say_that_it_is_gone()
    {
        var (contact, there) = await _bed.ContactAsync();
        await _bed.AddAsync(contact);
        await _bed.DrainAsync();
        await _bed.EraseAsync(contact);
        _bed.There.HasLeads = false;
        await _bed.PushAsync();

        (await _bed.Hub.RowsAsync("select status, reason like '%403%' from crm_outbox where cause = 'erase'")).ShouldBe(["failed|True"]);
        (await _bed.Hub.RowsAsync(Certified)).ShouldBe(["due"]);
        _bed.There.Records("contacts").ShouldContain(person => person.Id == there);
        (await _bed.RowsAsync("status")).ShouldBe(["erased"]);
    }
}
