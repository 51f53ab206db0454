using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Engine;

/// <summary>Held fields, in the database.</summary>
public sealed class ConflictTests : IAsyncLifetime
{
    private StoreBed _bed = null!;
    private Guid _id;

    public async Task InitializeAsync()
    {
        _bed = await StoreBed.CreateAsync();
        await _bed.ApplyAsync(_bed.Contact("1", -60, ("first_name", "Ann"), ("job_title", "CTO")));
        _id = await _bed.OnlyContactAsync();
    }

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task A_field_that_both_changed_is_held_and_the_others_flow()
    {
        await OpenAsync();

        (await _bed.ConflictsAsync()).ShouldBe(["job_title|hubspot|review|CTO|CEO|VP|open|False"]);
        (await _bed.Hub.RowsAsync("select job_title, first_name from crm_contacts")).ShouldBe(["CEO|Anna"]);
        (await _bed.Hub.ScalarAsync<bool>("""
            select hub_stamp like '% supabase' and remote_stamp like '% hubspot' and hub_stamp = (select field_stamps ->> 'job_title' from crm_contacts)
              from crm_conflict_records
            """)).ShouldBeTrue();
        (await _bed.Hub.ScalarAsync<long>("select count(*) from crm_audit_log where action = 'lost'")).ShouldBe(0);

        await _bed.Hub.ExecuteAsync("update crm_contacts set phone = '+15550100'");
        var look = await _bed.LookAsync(_id);
        look.Kind.ShouldBe(PushKind.Update);
        _bed.NamesOf(look).ShouldBe(["phone"]);
    }

    [Fact]
    public async Task A_newer_edit_of_either_side_updates_the_one_open_conflict()
    {
        await OpenAsync();
        var id = await _bed.Hub.ScalarAsync<Guid>("select id from crm_conflict_records");

        await _bed.ApplyAsync(_bed.Contact("1", 5, ("first_name", "Anna"), ("job_title", "COO")));
        (await _bed.ConflictsAsync()).ShouldBe(["job_title|hubspot|review|CTO|CEO|COO|open|False"]);

        await _bed.Hub.ExecuteAsync("update crm_contacts set job_title = 'Chair'");
        (await _bed.LookAsync(_id)).Kind.ShouldBe(PushKind.Nothing);
        (await _bed.ConflictsAsync()).ShouldBe(["job_title|hubspot|review|CTO|Chair|COO|open|False"]);
        (await _bed.Hub.ScalarAsync<Guid>("select id from crm_conflict_records")).ShouldBe(id);
        (await _bed.Hub.ScalarAsync<string>("select job_title from crm_contacts")).ShouldBe("Chair");
    }

    [Fact]
    public async Task Among_many_open_conflicts_a_record_finds_its_own()
    {
        await _bed.Hub.ExecuteAsync($"""
            insert into crm_conflict_records (tenant_id, kind, record_id, field, platform, hub_stamp, remote_stamp)
            select '{_bed.Hub.Id}', 'contact', gen_random_uuid(), 'phone', 'hubspot', '2026-01-01T00:00:00.000000Z supabase', '2026-01-01T00:00:00.000000Z hubspot'
              from generate_series(1, 200)
            """);
        await OpenAsync();
        await _bed.ApplyAsync(_bed.Contact("1", 5, ("first_name", "Anna"), ("job_title", "COO")));
        await _bed.ApplyAsync(_bed.Contact("1", 6, ("first_name", "Anna"), ("job_title", "CEO")));

        (await _bed.Hub.RowsAsync("select state, count(*) from crm_conflict_records group by 1 order by 1")).ShouldBe(["open|200", "superseded|1"]);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task It_closes_by_itself_when_both_are_equal_and_the_next_one_is_another(bool platformGivesIn)
    {
        await OpenAsync();
        if (platformGivesIn)
            await _bed.ApplyAsync(_bed.Contact("1", 5, ("first_name", "Anna"), ("job_title", "CEO")));
        else
            await _bed.Hub.ExecuteAsync("update crm_contacts set job_title = 'VP'");
        await _bed.LookAsync(_id);
        var agreed = platformGivesIn ? "CEO" : "VP";

        (await _bed.ConflictsAsync()).ShouldBe([$"job_title|hubspot|review|CTO|{agreed}|VP|superseded|True"]);
        (await _bed.LookAsync(_id)).Kind.ShouldBe(PushKind.Nothing);

        await _bed.Hub.ExecuteAsync("update crm_contacts set job_title = 'Chair'");
        await _bed.ApplyAsync(_bed.Contact("1", 9, ("first_name", "Anna"), ("job_title", "Clerk")));
        (await _bed.ConflictsAsync())[1..].ShouldBe([$"job_title|hubspot|review|{agreed}|Chair|Clerk|open|False"]);
    }

    [Fact]
    public async Task A_deletion_on_the_platform_closes_what_was_held()
    {
        await OpenAsync();
        await _bed.ApplyAsync(new RemoteChange(new(RemoteKind.Contact, "1"), null, new(ChangeType.Deleted, StoreBed.Start.AddMinutes(9)), [], [], new(CauseKind.Event, "2")));

        (await _bed.Hub.RowsAsync("select state, resolved_at is not null from crm_conflict_records")).ShouldBe(["superseded|True"]);
    }

    [Fact]
    public async Task A_third_system_that_is_joined_by_its_match_key_finds_the_conflict_and_updates_it()
    {
        await _bed.Hub.ExecuteAsync("update crm_contacts set email = 'ann@example.com'");
        await _bed.Hub.ExecuteAsync($"insert into crm_identities (tenant_id, kind, key, record_id) values ('{_bed.Hub.Id}', 'contact', 'email:ann@example.com', '{_id}')");
        await OpenAsync();

        _bed.Policy = StoreBed.PolicyOf(Platform.Pipedrive);
        await _bed.ApplyAsync(_bed.Contact("77", 20, ("email", "ann@example.com"), ("job_title", "President")));
        (await _bed.ConflictsAsync()).ShouldBe(["job_title|hubspot|review|CTO|President|VP|open|False"]);

        // From then on it is found by its link.
        await _bed.ApplyAsync(_bed.Contact("77", 21, ("email", "ann@example.com"), ("job_title", "VP")));
        (await _bed.ConflictsAsync()).ShouldBe(["job_title|hubspot|review|CTO|President|VP|superseded|True"]);
    }

    [Fact]
    public async Task A_platform_that_undoes_three_pushes_in_the_same_way_gets_no_fourth()
    {
        for (var i = 0; i < 3; i++)
        {
            await _bed.Hub.ExecuteAsync("update crm_contacts set job_title = 'C.E.O.'");
            (await _bed.LookAsync(_id)).Kind.ShouldBe(PushKind.Update);
            await _bed.ApplyAsync(_bed.Contact("1", 1 + (i * 2), ("first_name", "Ann"), ("job_title", "C.E.O.")) with { OwnWrite = OwnWrite.Answer });
            await _bed.ApplyAsync(_bed.Contact("1", 2 + (i * 2), ("first_name", "Ann"), ("job_title", "CEO")));
            (await _bed.Hub.ScalarAsync<string>("select job_title from crm_contacts")).ShouldBe("CEO");
        }

        (await _bed.Hub.RowsAsync("select pushed -> 'job_title' -> 0, pushed -> 'job_title' -> 1, sent from crm_record_links")).ShouldBe(["\"CEO\"|2|"]);
        await _bed.Hub.ExecuteAsync("update crm_contacts set job_title = 'C.E.O.'");
        (await _bed.LookAsync(_id)).Kind.ShouldBe(PushKind.Nothing);
        (await _bed.ConflictsAsync()).ShouldBe(["job_title|hubspot|normal_forms||C.E.O.|CEO|open|False"]);
    }

    [Fact]
    public async Task Erasure_leaves_no_value_in_conflicts_and_pushes()
    {
        await OpenAsync();
        await _bed.Hub.ExecuteAsync("""update crm_record_links set pushed = '{"job_title": ["CEO", 1, ["C.E.O.", "2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z"]]}', sent = '{"job_title": ["CEO", "2026-01-01T00:00:00.000000Z hubspot"]}'""");

        await _bed.ApplyAsync(new RemoteChange(new(RemoteKind.Contact, "1"), null, new(ChangeType.Erased, StoreBed.Start.AddMinutes(9)), [], [], new(CauseKind.Event, "2")));

        (await _bed.Hub.RowsAsync("select state, pushed, sent from crm_record_links")).ShouldBe(["erased||"]);
        (await _bed.ConflictsAsync()).ShouldBe(["job_title|hubspot|review||||superseded|True"]);
    }

    // Both changed the job title; the platform changed the first name too.
    private async Task OpenAsync()
    {
        await _bed.Hub.ExecuteAsync("update crm_contacts set job_title = 'CEO'");
        await _bed.ApplyAsync(_bed.Contact("1", -1, ("first_name", "Anna"), ("job_title", "VP")));
    }
}
