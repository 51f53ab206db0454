using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Engine;

/// <summary>Which hub record a platform's record is joined to: by our own id, or by a match key and whoever holds it.</summary>
public sealed class ClaimTests : IAsyncLifetime
{
    private StoreBed _bed = null!;

    public async Task InitializeAsync()
    {
        _bed = await StoreBed.CreateAsync();
        _bed.Policy = StoreBed.PolicyOf(Platform.HubSpot);
    }

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_creation_in_doubt_is_joined_by_our_own_id(bool isLinkKept)
    {
        await _bed.Hub.ExecuteAsync($"insert into crm_contacts (tenant_id, id, first_name) values ('{_bed.Hub.Id}', gen_random_uuid(), 'Ann')");
        var id = await _bed.OnlyContactAsync();
        (await _bed.LookAsync(id)).Kind.ShouldBe(PushKind.Create);
        (await _bed.Hub.RowsAsync("select external_id, state, sent -> 'first_name' -> 0 from crm_record_links")).ShouldBe([$"new:{id}|creating|\"Ann\""]);
        if (!isLinkKept)
            await _bed.Hub.ExecuteAsync("delete from crm_record_links");

        await _bed.ApplyAsync(Made(_bed.Contact("501", 1, ("first_name", "Ann")), id));

        (await _bed.Hub.ScalarAsync<long>("select count(*) from crm_contacts")).ShouldBe(1);
        (await _bed.Hub.RowsAsync("select external_id, state, merged_into, record_id, sent from crm_record_links order by 1"))
            .ShouldBe(isLinkKept ? [$"501|live||{id}|", $"new:{id}|merged|501|{id}|"] : [$"501|live||{id}|"]);
        (await _bed.LookAsync(id)).Kind.ShouldBe(PushKind.Nothing);

        // The second copy that a repeated creation left behind is a record of its own.
        (await _bed.ApplyAsync(Made(_bed.Contact("502", 2, ("first_name", "Ann")), id))).ShouldBe([ChangeOutcome.Created]);
    }

    [Fact]
    public async Task A_creation_in_doubt_of_a_person_who_was_erased_meanwhile_brings_nothing_back()
    {
        await _bed.Hub.ExecuteAsync($"insert into crm_contacts (tenant_id, id, first_name) values ('{_bed.Hub.Id}', gen_random_uuid(), 'Ann')");
        var id = await _bed.OnlyContactAsync();
        await _bed.LookAsync(id);
        await _bed.Hub.ExecuteAsync($"select set_config('app.tenant_id', '{_bed.Hub.Id}', false); select crm_erase_record('{_bed.Hub.Id}', 'contact', '{id}')");

        (await _bed.ApplyAsync(Made(_bed.Contact("501", 1, ("first_name", "Ann")), id))).ShouldBe([ChangeOutcome.Erased]);

        (await _bed.Hub.RowsAsync("select external_id, state from crm_record_links order by 1")).ShouldBe(["501|erased", $"new:{id}|erased"]);
        foreach (var table in new[] { "crm_contacts", "crm_audit_log", "crm_record_links", "crm_conflict_records" })
            (await _bed.Hub.ScalarAsync<long>($"select count(*) from {table} t where t::text like '%Ann%'")).ShouldBe(0, table);
    }

    [Fact]
    public async Task An_id_that_is_none_of_ours_joins_nothing()
    {
        (await _bed.ApplyAsync(Made(_bed.Contact("1", 0, ("first_name", "Ann")), Guid.NewGuid()))).ShouldBe([ChangeOutcome.Created]);
    }

    [Fact]
    public async Task A_key_is_taken_over_from_a_holder_that_is_gone()
    {
        await _bed.ApplyAsync(_bed.Contact("1", 0, ("email", "ann@example.com")));
        await _bed.ApplyAsync(Deleted("1", 1));

        (await _bed.ApplyAsync(_bed.Contact("2", 2, ("email", "ann@example.com")))).ShouldBe([ChangeOutcome.Created]);

        (await HolderAsync()).ShouldBe(await RecordOfAsync("2"));
    }

    [Fact]
    public async Task Of_many_that_take_over_one_key_at_the_same_time_one_gets_it()
    {
        await _bed.ApplyAsync(_bed.Contact("1", 0, ("email", "ann@example.com")));
        await _bed.ApplyAsync(Deleted("1", 1));

        await Task.WhenAll(Enumerable.Range(2, 8).Select(i => _bed.ApplyAsync(_bed.Contact($"{i}", 2, ("email", "ann@example.com")))));

        (await _bed.Hub.RowsAsync("""
            select count(*) from crm_identities i join crm_record_links l using (record_id) where l.external_id <> '1' and l.state = 'live'
            """)).ShouldBe(["1"]);
        (await _bed.Hub.ScalarAsync<long>("select count(*) from crm_contacts")).ShouldBe(9);
    }

    [Fact]
    public async Task Who_took_a_key_in_between_keeps_it_and_the_batch_is_planned_anew()
    {
        await _bed.ApplyAsync(_bed.Contact("1", 0, ("email", "ann@example.com")), _bed.Contact("9", 0, ("first_name", "Other")));
        await _bed.ApplyAsync(Deleted("1", 1));
        var other = await RecordOfAsync("9");
        await _bed.Hub.ExecuteAsync($"update crm_contacts set email = 'ann@example.com' where id = '{other}'");
        var attempts = 0;

        var plan = await _bed.Store.ApplyAsync(
            _bed.Hub.Id, _bed.Policy, StandardFields.Of, [_bed.Contact("2", 2, ("email", "ann@example.com"))],
            _ =>
            {
                if (++attempts == 1)
                    _bed.Hub.ExecuteAsync($"update crm_identities set record_id = '{other}'").GetAwaiter().GetResult();
                return [];
            },
            CancellationToken.None);

        attempts.ShouldBe(2);
        plan.Results[0].Outcome.ShouldBe(ChangeOutcome.Created);
        plan.Results[0].Reason.ShouldBe($"possible duplicate of contact {other}");
        (await HolderAsync()).ShouldBe(other);
    }

    [Fact]
    public async Task A_key_leads_through_merges_to_the_record_at_their_end()
    {
        await _bed.ApplyAsync(
            _bed.Contact("1", 0, ("email", "ann@example.com")), _bed.Contact("2", 0, ("email", "b@example.com")), _bed.Contact("3", 0, ("email", "c@example.com")));
        var end = await RecordOfAsync("3");
        await _bed.ApplyAsync(_bed.Contact("2", 1, ("email", "b@example.com"), ("additional_emails", "ann@example.com")) with { MergedIds = ["1"] });
        await _bed.ApplyAsync(_bed.Contact("3", 2, ("email", "c@example.com"), ("additional_emails", "ann@example.com;b@example.com")) with { MergedIds = ["2"] });
        await _bed.Hub.ExecuteAsync("update crm_identities set record_id = (select id from crm_contacts where email = 'ann@example.com') where key = 'email:ann@example.com'");

        // The end of the chain has its HubSpot record already…
        (await _bed.ApplyAsync(_bed.Contact("4", 3, ("email", "ann@example.com")))).ShouldBe([ChangeOutcome.Created]);
        // …and none on the other platform yet.
        _bed.Policy = StoreBed.PolicyOf(Platform.Pipedrive);
        await _bed.ApplyAsync(_bed.Contact("77", 4, ("email", "ann@example.com")));
        (await RecordOfAsync("77")).ShouldBe(end);
    }

    [Fact]
    public async Task A_look_at_a_merged_record_finds_the_one_that_took_its_place()
    {
        await _bed.ApplyAsync(_bed.Contact("1", 0, ("first_name", "Ann")), _bed.Contact("2", 0, ("first_name", "Anna")));
        var (loser, survivor) = (await RecordOfAsync("1"), await RecordOfAsync("2"));
        await _bed.Hub.ExecuteAsync($"update crm_contacts set merged_into_id = '{survivor}' where id = '{loser}'");

        var look = await _bed.LookAsync(loser);

        (look.Kind, look.Into).ShouldBe((PushKind.Merge, new RemoteRef(RemoteKind.Contact, "2")));
    }

    private static RemoteChange Made(RemoteChange change, Guid id) => change with { Record = change.Record! with { SyncId = id } };

    private static RemoteChange Deleted(string id, int minute) => new(
        new(RemoteKind.Contact, id), null, new(ChangeType.Deleted, StoreBed.Start.AddMinutes(minute)), [], [], new Cause(CauseKind.Event, "1"));

    private Task<Guid> HolderAsync() => _bed.Hub.ScalarAsync<Guid>("select record_id from crm_identities where key = 'email:ann@example.com'");

    private Task<Guid> RecordOfAsync(string externalId) => _bed.Hub.ScalarAsync<Guid>($"select record_id from crm_record_links where external_id = '{externalId}'");
}
