using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Push;

public sealed class PushDrainTests : IAsyncLifetime
{
    private PushBed _bed = null!;

    public async Task InitializeAsync() => _bed = await PushBed.CreateAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task An_edit_in_SQL_reaches_the_platform_and_only_the_changed_field_is_written()
    {
        var there = _bed.Crm.Add(RemoteKind.Contact, ("email", "ann@example.com"), ("firstname", "Ann"));
        var id = await _bed.TakeInAsync(there);
        await _bed.EditAsync(id, "job_title = 'CTO'");

        (await _bed.PushAsync()).ShouldBe(new PushResult(1, null));

        _bed.Crm.Writes.ShouldBe([$"update {there} jobtitle"]);
        _bed.There(there, "jobtitle").ShouldBe("CTO");
        (await _bed.QueueAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Ten_edits_of_two_records_are_one_call_of_two_writes()
    {
        var there = _bed.Crm.AddContacts(2);
        await _bed.HearAsync();
        for (var i = 0; i < 10; i++)
            await _bed.Hub.ExecuteAsync($"update crm_contacts set job_title = 'CTO {i}', phone = '+1 212 555 010{i}'");

        await _bed.PushAsync();

        _bed.Crm.Writes.ShouldBe([$"update {there[0]} jobtitle,phone", $"update {there[1]} jobtitle,phone"], ignoreOrder: true);
        (_bed.Crm.CallsOf("read contact"), _bed.Crm.CallsOf("write contact")).ShouldBe((1, 1));
    }

    [Fact]
    public async Task A_record_of_the_hub_is_created_there_with_our_id_and_joined()
    {
        var id = await _bed.InsertAsync("email, first_name", "'new@example.com', 'New'");

        await _bed.PushAsync();

        var made = _bed.Crm.All(RemoteKind.Contact).ShouldHaveSingleItem();
        (made.SyncId, made.Properties["firstname"]).ShouldBe((id, "New"));
        (await _bed.Hub.RowsAsync("select state, external_id from crm_record_links order by state")).ShouldBe([$"live|{made.Ref.Id}", $"merged|new:{id}"]);
    }

    [Fact]
    public async Task A_person_made_the_same_contact_there_so_it_is_joined_and_not_created()
    {
        var id = await _bed.InsertAsync("email, job_title", "'ann@example.com', 'CTO'");
        var there = _bed.Crm.Add(RemoteKind.Contact, ("email", "ann@example.com"));

        await _bed.PushAsync();

        _bed.Crm.Writes.ShouldBe([$"update {there} jobtitle"]);
        (await _bed.Hub.RowsAsync("select record_id from crm_record_links where state = 'live'")).ShouldBe([id.ToString()]);
    }

    [Fact]
    public async Task What_people_changed_there_since_is_taken_before_anything_is_written()
    {
        var there = _bed.Crm.Add(RemoteKind.Contact, ("email", "ann@example.com"), ("jobtitle", "Clerk"), ("phone", "+12125550100"));
        var id = await _bed.TakeInAsync(there);
        await _bed.EditAsync(id, "job_title = 'CTO', first_name = 'Ann'");
        await Task.Delay(5); // the platform's edit is the later one
        _bed.Crm.Edit(RemoteKind.Contact, there, ("jobtitle", "CEO"), ("phone", "+12125550199"));

        await _bed.PushAsync();

        _bed.Crm.Writes.ShouldBe([$"update {there} firstname"]);
        (await _bed.Hub.RowsAsync("select job_title, phone, first_name from crm_contacts")).ShouldBe(["CEO|+12125550199|Ann"]);
    }

    [Fact]
    public async Task What_the_platform_refuses_is_listed_with_its_reason_and_the_rest_is_written()
    {
        var there = _bed.Crm.AddContacts(3);
        await _bed.HearAsync();
        await _bed.Hub.ExecuteAsync("update crm_contacts set job_title = email");
        _bed.Crm.Refuses = properties => properties.GetValueOrDefault("jobtitle") == "c2@example.com" ? "INVALID_OPTION" : null;

        await _bed.PushAsync();

        _bed.Crm.Writes.Count.ShouldBe(2);
        (await _bed.QueueAsync()).ShouldBe(["failed|INVALID_OPTION"]);
        (await _bed.Hub.RowsAsync("select count(*) from crm_record_links where sent is not null")).ShouldBe(["0"]);

        await _bed.PushAsync();
        _bed.Crm.CallsOf("write contact").ShouldBe(1);

        _bed.Crm.Refuses = _ => null;
        await _bed.Hub.ExecuteAsync("update crm_contacts set job_title = 'CTO' where email = 'c2@example.com'");
        await _bed.PushAsync();
        (await _bed.QueueAsync()).ShouldBeEmpty();
        _bed.There(there[1], "jobtitle").ShouldBe("CTO");
    }

    [Fact]
    public async Task A_creation_that_is_refused_leaves_nothing_under_way()
    {
        await _bed.InsertAsync("email", "'bad@example.com'");
        _bed.Crm.Refuses = _ => "INVALID_EMAIL";

        await _bed.PushAsync();

        (await _bed.QueueAsync()).ShouldBe(["failed|INVALID_EMAIL"]);
        (await _bed.Hub.RowsAsync("select state from crm_record_links")).ShouldBe(["deleted"]);
        _bed.Crm.Refuses = _ => null;
        await _bed.Hub.ExecuteAsync("update crm_contacts set first_name = 'Bad'");
        await _bed.PushAsync();
        (await _bed.Hub.RowsAsync("select state from crm_record_links where external_id not like 'new:%'")).ShouldBe(["live"]);
    }

    [Fact]
    public async Task An_update_whose_answer_is_lost_is_found_and_not_written_again()
    {
        var there = _bed.Crm.AddContacts(1)[0];
        var id = await _bed.TakeInAsync(there);
        await _bed.EditAsync(id, "job_title = 'CTO'");
        _bed.Crm.After = LostFor("write contact");

        await _bed.PushAsync();
        (await _bed.QueueAsync()).ShouldBe(["pending|HubSpot gave no answer: timeout"]);
        (await _bed.Hub.ScalarAsync<bool>("select sent is not null from crm_record_links")).ShouldBeTrue();

        _bed.Crm.After = _ => { };
        await _bed.PushAsync();

        _bed.Crm.Writes.Count.ShouldBe(1);
        (await _bed.Hub.ScalarAsync<bool>("select sent is null from crm_record_links")).ShouldBeTrue();
        (await _bed.QueueAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_creation_whose_answer_is_lost_is_looked_for_so_there_is_exactly_one(bool itWasDone)
    {
        var id = await _bed.InsertAsync("first_name", "'No match key'");
        if (itWasDone)
            _bed.Crm.After = LostFor("create contact");
        else
            _bed.Crm.Before = LostFor("create contact");
        await _bed.PushAsync();
        (_bed.Crm.After, _bed.Crm.Before) = (_ => { }, _ => { });

        await _bed.PushAsync();
        await _bed.HearAsync();
        await _bed.PushAsync();

        _bed.Crm.All(RemoteKind.Contact).ShouldHaveSingleItem().SyncId.ShouldBe(id);
        (await _bed.Hub.RowsAsync("select count(*) from crm_contacts")).ShouldBe(["1"]);
    }

    [Fact]
    public async Task A_write_that_was_never_carried_out_is_made_again()
    {
        var there = _bed.Crm.AddContacts(1)[0];
        var id = await _bed.TakeInAsync(there);
        await _bed.EditAsync(id, "job_title = 'CTO'");
        _bed.Crm.Before = LostFor("write contact");
        await _bed.PushAsync();
        _bed.Crm.Before = _ => { };

        await _bed.PushAsync();

        _bed.There(there, "jobtitle").ShouldBe("CTO");
        _bed.Crm.Writes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_deletion_and_its_echo()
    {
        var there = _bed.Crm.AddContacts(2);
        var id = await _bed.TakeInAsync(there[0]);
        await _bed.Hub.ExecuteAsync($"delete from crm_contacts where id = '{id}'");

        await _bed.PushAsync();
        await _bed.HearDeletedAsync(there[0]);

        _bed.Crm.Writes.ShouldBe([$"delete {there[0]}"]);
        (await _bed.Hub.RowsAsync("select external_id, state from crm_record_links order by external_id")).ShouldBe([$"{there[0]}|deleted", $"{there[1]}|live"]);
        (await _bed.Hub.ScalarAsync<long>("select count(*) from crm_audit_log where action = 'delete'")).ShouldBe(1);
    }

    [Fact]
    public async Task What_is_gone_there_already_needs_no_deletion()
    {
        var there = _bed.Crm.AddContacts(1)[0];
        var id = await _bed.TakeInAsync(there);
        _bed.Crm.Purge(RemoteKind.Contact, there);
        await _bed.Hub.ExecuteAsync($"delete from crm_contacts where id = '{id}'");

        await _bed.PushAsync();

        (await _bed.QueueAsync()).ShouldBeEmpty();
        (await _bed.Hub.RowsAsync("select state from crm_record_links")).ShouldBe(["deleted"]);
    }

    [Fact]
    public async Task A_record_that_is_gone_there_waits_for_its_deletion_and_is_given_up_in_the_end()
    {
        var there = _bed.Crm.AddContacts(1)[0];
        var id = await _bed.TakeInAsync(there);
        _bed.Crm.Purge(RemoteKind.Contact, there);
        await _bed.EditAsync(id, "job_title = 'CTO'");

        for (var i = 0; i < 3; i++)
        {
            await _bed.PushAsync();
            (await _bed.QueueAsync()).ShouldBe(["pending|the platform has no such record"]);
        }

        await _bed.PushAsync();
        (await _bed.QueueAsync()).ShouldBe(["failed|the platform has no such record any more, and has not told of its deletion"]);
    }

    [Fact]
    public async Task An_answer_that_names_a_record_which_the_hub_does_not_have_brings_it_along()
    {
        _bed.Crm.NamesAssociations = true;
        var there = _bed.Crm.AddContacts(1)[0];
        var id = await _bed.TakeInAsync(there);
        _bed.Crm.Associate(RemoteKind.Contact, there, RemoteKind.Company, _bed.Crm.Add(RemoteKind.Company, ("name", "Acme")));
        await _bed.EditAsync(id, "job_title = 'CTO'");

        await _bed.PushAsync();

        (await _bed.QueueAsync()).ShouldBeEmpty();
        (await _bed.Hub.RowsAsync("select name from crm_companies")).ShouldBe(["Acme"]);
    }

    [Fact]
    public async Task The_echo_of_a_write_changes_nothing_in_ten_cycles()
    {
        var there = _bed.Crm.AddContacts(3);
        await _bed.HearAsync();
        await _bed.Hub.ExecuteAsync("update crm_contacts set job_title = 'CTO', phone = '+1 (212) 555-0100'");
        await _bed.InsertAsync("email", "'new@example.com'");
        await _bed.PushAsync();
        var writes = _bed.Crm.Writes.Count;
        var rows = await _bed.Hub.RowsAsync("select id, version from crm_contacts order by id");

        for (var cycle = 0; cycle < 10; cycle++)
        {
            await _bed.HearAsync();
            (await _bed.PushAsync()).Rows.ShouldBe(0);
        }

        _bed.Crm.Writes.Count.ShouldBe(writes);
        (await _bed.Hub.RowsAsync("select id, version from crm_contacts order by id")).ShouldBe(rows);
    }

    [Fact]
    public async Task A_form_that_the_platform_gives_our_value_is_no_edit_of_its()
    {
        var there = _bed.Crm.AddContacts(1)[0];
        var id = await _bed.TakeInAsync(there);
        await _bed.EditAsync(id, "job_title = 'Chief Technical Officer'");
        _bed.Crm.Before = call =>
        {
            if (call == "write contact")
                _bed.Crm.Normalise = value => value?.ToUpperInvariant();
        };

        await _bed.PushAsync();
        await _bed.HearAsync();
        await _bed.PushAsync();

        _bed.There(there, "jobtitle").ShouldBe("CHIEF TECHNICAL OFFICER");
        (await _bed.Hub.ScalarAsync<string>("select job_title from crm_contacts")).ShouldBe("Chief Technical Officer");
        _bed.Crm.Writes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_owner_who_is_no_user_there_clears_nothing()
    {
        var there = _bed.Crm.Add(RemoteKind.Contact, ("email", "ann@example.com"), ("hubspot_owner_id", "7"));
        var id = await _bed.TakeInAsync(there);
        await _bed.EditAsync(id, "owner_id = gen_random_uuid(), job_title = 'CTO'");

        await _bed.PushAsync();

        _bed.Crm.Writes.ShouldBe([$"update {there} jobtitle"]);
        _bed.There(there, "hubspot_owner_id").ShouldBe("7");
    }

    private static Action<string> LostFor(string lost) => call =>
    {
        if (call == lost)
            throw new CrmCallException(Platform.HubSpot, null, "timeout");
    };
}
