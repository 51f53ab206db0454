using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Push;

/// <summary>Records that became one in the hub, on their way to a platform.</summary>
public sealed class PushMergeTests : IAsyncLifetime
{
    private PushBed _bed = null!;

    public async Task InitializeAsync() => _bed = await PushBed.CreateAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task A_merge_of_the_hub_is_made_there_and_the_new_id_is_linked()
    {
        var there = _bed.Crm.AddContacts(2);
        var survivor = await _bed.TakeInAsync(there[0]);
        var loser = await _bed.TakeInAsync(there[1]);
        await _bed.Hub.ExecuteAsync($"""
            update crm_contacts set merged_into_id = '{survivor}', deleted_at = now() where id = '{loser}';
            """);

        await _bed.PushAsync();

        _bed.Crm.Writes.ShouldBe([$"merge {there[0]} {there[1]}"]);
        var heir = _bed.Crm.All(RemoteKind.Contact).ShouldHaveSingleItem().Ref.Id;
        (await _bed.Hub.RowsAsync($"select external_id, state, record_id from crm_record_links where state = 'live'")).ShouldBe([$"{heir}|live|{survivor}"]);
        await _bed.HearAsync();
        (await _bed.PushAsync()).Rows.ShouldBe(0);
    }

    [Fact]
    public async Task A_merge_into_a_record_that_holds_the_merged_ones_address_by_now_is_made_there_all_the_same()
    {
        var there = _bed.Crm.AddContacts(2);
        var survivor = await _bed.TakeInAsync(there[0]);
        var loser = await _bed.TakeInAsync(there[1]);
        await _bed.Hub.ExecuteAsync($"""
            update crm_contacts set merged_into_id = '{survivor}', deleted_at = now() where id = '{loser}';
            update crm_identities set record_id = '{survivor}' where record_id = '{loser}';
            delete from crm_outbox where record_id <> '{loser}'
            """);

        await _bed.PushAsync();

        _bed.Crm.Writes.ShouldBe([$"merge {there[0]} {there[1]}"]);
        (await _bed.Hub.RowsAsync("select count(*) from crm_record_links where state = 'live'")).ShouldBe(["1"]);
    }

    [Fact]
    public async Task What_is_there_of_a_merged_record_becomes_its_survivors_which_is_not_created_beside_it()
    {
        var there = _bed.Crm.AddContacts(1)[0];
        var loser = await _bed.TakeInAsync(there);
        var survivor = await _bed.InsertAsync("email, first_name", "'survivor@example.com', 'Survivor'");
        await _bed.Hub.ExecuteAsync($"update crm_contacts set merged_into_id = '{survivor}', deleted_at = now() where id = '{loser}'");

        await _bed.PushAsync();

        _bed.Crm.All(RemoteKind.Contact).ShouldHaveSingleItem().Properties["firstname"].ShouldBe("Survivor");
        (await _bed.Hub.RowsAsync("select external_id, record_id from crm_record_links where state in ('live', 'creating')")).ShouldBe([$"{there}|{survivor}"]);
    }

    [Fact]
    public async Task What_was_merged_into_a_record_that_is_being_created_waits_for_the_answer_and_is_merged_there()
    {
        var there = _bed.Crm.AddContacts(1)[0];
        var loser = await _bed.TakeInAsync(there);
        var survivor = await _bed.InsertAsync("email", "'survivor@example.com'");
        _bed.Crm.Before = call =>
        {
            if (call == "create contact")
                throw new CrmCallException(Platform.HubSpot, null, "timeout");
        };
        await _bed.PushAsync();
        await _bed.Hub.ExecuteAsync($"update crm_contacts set merged_into_id = '{survivor}', deleted_at = now() where id = '{loser}'");
        await _bed.PushAsync();
        (await _bed.Hub.RowsAsync($"select reason from crm_outbox where record_id = '{loser}'")).ShouldBe(["what it was merged into is being created there"]);

        _bed.Crm.Before = _ => { };
        await _bed.PushAsync();
        await _bed.PushAsync();

        _bed.Crm.All(RemoteKind.Contact).ShouldHaveSingleItem();
        (await _bed.Hub.RowsAsync("select record_id from crm_record_links where state in ('live', 'creating')")).ShouldBe([$"{survivor}"]);
    }
}
