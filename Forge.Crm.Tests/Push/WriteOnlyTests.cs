using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Push;

/// <summary>A platform of direction <c>write</c>: nothing that people do there reaches the hub, and nothing of it is written over without need.</summary>
public sealed class WriteOnlyTests : IAsyncLifetime
{
    private PushBed _bed = null!;

    public async Task InitializeAsync() => _bed = await PushBed.CreateAsync("write");

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task An_edit_there_is_noted_as_lost_and_stands_until_the_hub_changes_that_field()
    {
        var (id, there) = await PushedAsync("'ann@example.com', 'CTO'");
        _bed.Crm.Edit(RemoteKind.Contact, there, ("jobtitle", "CEO"));
        await _bed.HearAsync();
        await _bed.HearAsync();

        (await HubAsync()).ShouldBe(["ann@example.com|CTO|"]);
        (await _bed.Hub.RowsAsync("select field, old_value, new_value from crm_audit_log where action = 'lost'")).ShouldBe(["job_title|CTO|CEO"]);
        (await _bed.PushAsync()).Rows.ShouldBe(0);

        await _bed.EditAsync(id, "phone = '+12125550100'");
        await _bed.PushAsync();
        _bed.There(there, "jobtitle").ShouldBe("CEO");

        await _bed.EditAsync(id, "job_title = 'Chair'");
        await _bed.PushAsync();
        _bed.There(there, "jobtitle").ShouldBe("Chair");
        _bed.Crm.Writes.Skip(1).ShouldBe([$"update {there} phone", $"update {there} jobtitle"]);
    }

    [Fact]
    public async Task What_the_check_before_a_push_finds_there_is_not_taken_either()
    {
        var (id, there) = await PushedAsync("'ann@example.com', 'CTO'");
        await _bed.EditAsync(id, "job_title = 'Chair', first_name = 'Ann'");
        await Task.Delay(5);
        _bed.Crm.Edit(RemoteKind.Contact, there, ("jobtitle", "CEO"), ("phone", "+12125550199"));

        await _bed.PushAsync();

        (await _bed.Hub.RowsAsync("select job_title, first_name, phone from crm_contacts")).ShouldBe(["Chair|Ann|"]);
        (_bed.There(there, "jobtitle"), _bed.There(there, "phone")).ShouldBe(("Chair", "+12125550199"));
    }

    [Fact]
    public async Task A_record_that_people_made_there_stays_there_and_one_with_the_same_key_is_joined_without_being_emptied()
    {
        _bed.Crm.Add(RemoteKind.Contact, ("email", "theirs@example.com"));
        var there = _bed.Crm.Add(RemoteKind.Contact, ("email", "ann@example.com"), ("phone", "+12125550100"));
        await _bed.HearAsync();
        (await HubAsync()).ShouldBeEmpty();

        await _bed.InsertAsync("email, job_title", "'ann@example.com', 'CTO'");
        await _bed.PushAsync();

        _bed.Crm.Writes.ShouldBe([$"update {there} jobtitle"]);
        _bed.There(there, "phone").ShouldBe("+12125550100");
        (await HubAsync()).ShouldBe(["ann@example.com|CTO|"]);
        (await _bed.PushAsync()).Rows.ShouldBe(0);
    }

    [Fact]
    public async Task A_deletion_there_ends_the_link_and_the_record_lives_on_here()
    {
        var (id, there) = await PushedAsync("'ann@example.com', 'CTO'");
        _bed.Crm.Archive(RemoteKind.Contact, there);
        await _bed.HearDeletedAsync(there);
        await _bed.EditAsync(id, "job_title = 'Chair'");
        await _bed.PushAsync();

        (await _bed.Hub.RowsAsync("select deleted_at is null from crm_contacts")).ShouldBe(["True"]);
        (await _bed.Hub.RowsAsync($"select state from crm_record_links where external_id = '{there}'")).ShouldBe(["deleted"]);
        _bed.Crm.Writes.Count.ShouldBe(1); // who deleted it there meant it
    }

    [Fact]
    public async Task A_record_that_the_hub_deleted_and_people_brought_back_there_is_deleted_there_again()
    {
        var (id, there) = await PushedAsync("'ann@example.com', 'CTO'");
        await _bed.Hub.ExecuteAsync($"delete from crm_contacts where id = '{id}'");
        await _bed.PushAsync();
        _bed.Crm.Restore(RemoteKind.Contact, there);
        await _bed.HearAsync();
        await _bed.PushAsync();

        (await _bed.Hub.RowsAsync("select deleted_at is null from crm_contacts")).ShouldBe(["False"]);
        _bed.Crm.Writes.Skip(1).ShouldBe([$"delete {there}", $"delete {there}"]);
    }

    [Fact]
    public async Task A_merge_there_leaves_the_hubs_records_two()
    {
        var (first, there) = await PushedAsync("'ann@example.com', 'CTO'");
        var second = await _bed.InsertAsync("email", "'bob@example.com'");
        await _bed.PushAsync();
        var other = _bed.Crm.All(RemoteKind.Contact).Single(contact => contact.Ref.Id != there).Ref.Id;
        _bed.Crm.Merge(RemoteKind.Contact, there, other);

        await _bed.HearAsync();

        var survivor = _bed.Crm.All(RemoteKind.Contact).ShouldHaveSingleItem().Ref.Id;
        (await _bed.Hub.RowsAsync("select id, deleted_at is null, merged_into_id from crm_contacts order by id")).ShouldBe([$"{first}|True|", $"{second}|True|"]);
        (await _bed.Hub.RowsAsync("select external_id, record_id from crm_record_links where state = 'live'")).ShouldBe([$"{survivor}|{first}"]);
        (await _bed.Hub.ScalarAsync<long>("select count(*) from crm_audit_log where action = 'merge' and record_id = '" + second + "'")).ShouldBe(0);
    }

    [Fact]
    public async Task An_erasure_counts_wherever_it_comes_from()
    {
        var (_, there) = await PushedAsync("'ann@example.com', 'CTO'");
        await _bed.HearErasedAsync(there);
        (await _bed.Hub.RowsAsync("select email, job_title from crm_contacts")).ShouldBe(["|"]);
    }

    private async Task<(Guid Id, string There)> PushedAsync(string values)
    {
        var id = await _bed.InsertAsync("email, job_title", values);
        await _bed.PushAsync();
        return (id, _bed.Crm.All(RemoteKind.Contact).ShouldHaveSingleItem().Ref.Id);
    }

    private Task<List<string>> HubAsync() => _bed.Hub.RowsAsync("select email, job_title, phone from crm_contacts order by email");
}
