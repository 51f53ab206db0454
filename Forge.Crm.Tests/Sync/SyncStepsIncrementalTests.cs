using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Sync;

public sealed class SyncStepsIncrementalTests
{
    [Fact]
    public async Task Edits_creations_and_associations_since_the_last_time_arrive()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var company = bed.Crm.Add(RemoteKind.Company, ("name", "Acme"));
        var contacts = bed.Crm.AddContacts(50);
        await bed.RunAsync();
        bed.Wait();
        bed.Crm.Edit(RemoteKind.Contact, contacts[3], ("jobtitle", "Captain"));
        bed.Crm.Associate(RemoteKind.Contact, contacts[4], RemoteKind.Company, company);
        bed.Crm.Add(RemoteKind.Contact, ("email", "new@example.com"));

        var result = await bed.RunAsync();

        result.ShouldSatisfyAllConditions(r => r.Mode.ShouldBe(SyncMode.Incremental), r => r.Created.ShouldBe(1), r => r.Updated.ShouldBe(2));
        (await bed.ScalarAsync<string>("select job_title from crm_contacts where job_title is not null")).ShouldBe("Captain");
        (await bed.CountAsync("crm_associations where deleted_at is null")).ShouldBe(1);
        bed.Wait();
        bed.Crm.Dissociate(RemoteKind.Contact, contacts[4], RemoteKind.Company, company);
        (await bed.RunAsync()).Updated.ShouldBe(1);
        (await bed.CountAsync("crm_associations where deleted_at is null")).ShouldBe(0);
    }

    [Fact]
    public async Task More_changes_than_a_search_can_show_all_arrive_though_people_go_on_editing()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var contacts = bed.Crm.AddContacts(10_600);
        await bed.RunAsync();
        bed.Wait();
        // One import changes all of them within a single tick of the platform's clock.
        foreach (var id in contacts)
            bed.Crm.Edit(RemoteKind.Contact, id, ("jobtitle", "Imported"));
        bed.Clock.Advance(TimeSpan.FromSeconds(1));
        var edited = 0;
        bed.Crm.Before = call =>
        {
            // What is edited goes to the end of the search, whether it was shown before or not.
            if (call == "search contact" && edited < 40)
            {
                bed.Clock.Advance(TimeSpan.FromMilliseconds(10));
                bed.Crm.Edit(RemoteKind.Contact, contacts[edited * 250], ("lastname", "Edited"));
                edited++;
            }
        };

        var result = await bed.RunAsync();

        (await bed.CountAsync("crm_contacts where job_title = 'Imported'")).ShouldBe(10_600);
        (await bed.CountAsync("crm_contacts where last_name = 'Edited'")).ShouldBe(40);
        result.Failed.ShouldBe(0);
        bed.Crm.CallsOf("search contact").ShouldBeGreaterThan(10_600 / 200);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(1_000)]
    public async Task A_record_that_two_pages_of_a_search_show_is_read_and_counted_once(int changedAtOnce)
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.SearchRepeatsEdges = true;
        var contacts = bed.Crm.AddContacts(1_000);
        await bed.RunAsync();
        bed.Wait();
        foreach (var chunk in contacts.Chunk(changedAtOnce))
        {
            bed.Clock.Advance(TimeSpan.FromMilliseconds(1));
            foreach (var id in chunk)
                bed.Crm.Edit(RemoteKind.Contact, id, ("jobtitle", "Changed"));
        }

        var result = await bed.RunAsync();

        result.ShouldSatisfyAllConditions(r => r.Updated.ShouldBe(1_000), r => r.ContactsSynced.ShouldBe(1_000), r => r.Unchanged.ShouldBe(0));
        (await bed.CountAsync("crm_contacts where job_title = 'Changed'")).ShouldBe(1_000);
    }

    [Fact]
    public async Task A_change_that_the_index_shows_late_is_not_lost()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var contacts = bed.Crm.AddContacts(3);
        await bed.RunAsync();
        bed.Wait();
        await bed.RunAsync();
        bed.Wait();
        bed.Crm.IndexLag = TimeSpan.FromMinutes(4);
        bed.Crm.Edit(RemoteKind.Contact, contacts[0], ("jobtitle", "Late"));
        bed.Clock.Advance(TimeSpan.FromSeconds(5));
        (await bed.RunAsync()).Updated.ShouldBe(0); // the cursor has gone past the change now
        bed.Clock.Advance(TimeSpan.FromMinutes(15));

        (await bed.RunAsync()).Updated.ShouldBe(1);

        (await bed.CountAsync("crm_contacts where job_title = 'Late'")).ShouldBe(1);
    }

    [Fact]
    public async Task What_is_here_at_its_version_is_not_read_again()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(450);
        bed.Clock.Advance(TimeSpan.FromMinutes(2));
        await bed.RunAsync();
        var before = await bed.FingerprintAsync();

        var result = await bed.RunAsync();

        bed.Crm.CallsOf("search contact").ShouldBe(1 + 3); // one for the total of the first load
        bed.Crm.CallsOf("read contact").ShouldBe(0);
        result.ShouldSatisfyAllConditions(r => r.Unchanged.ShouldBe(450), r => r.ContactsSynced.ShouldBe(450));
        (await bed.FingerprintAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_version_that_was_read_while_it_was_fresh_is_read_once_more()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var contact = bed.Crm.AddContacts(1)[0];
        await bed.RunAsync();
        // In the same tick of the platform's clock as the version that was read.
        bed.Crm.Edit(RemoteKind.Contact, contact, ("jobtitle", "Same tick"));
        bed.Clock.Advance(TimeSpan.FromMinutes(2));

        (await bed.RunAsync()).Updated.ShouldBe(1);
    }

    [Fact]
    public async Task A_cursor_moves_only_when_its_kind_is_complete()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var contacts = bed.Crm.AddContacts(450);
        bed.Crm.Add(RemoteKind.Company, ("name", "Acme"));
        await bed.RunAsync();
        bed.Wait();
        foreach (var id in contacts)
            bed.Crm.Edit(RemoteKind.Contact, id, ("jobtitle", "Changed"));
        var before = await bed.ScalarAsync<string>("select cursors -> 'contact' ->> 'changedTo' from crm_sync_configs");
        var job = await bed.StartAsync(SyncMode.Incremental);
        while (job.Counts.Of(RemoteKind.Contact).Updated == 0)
            job = (await bed.StepAsync(job)).Job!;
        await bed.Jobs.CancelAsync(SyncBed.Tenant, job.Id, CancellationToken.None);
        (await bed.ScalarAsync<string>("select cursors -> 'contact' ->> 'changedTo' from crm_sync_configs")).ShouldBe(before);

        var result = await bed.RunAsync();

        result.Updated.ShouldBe(250);
        (await bed.CountAsync("crm_contacts where job_title = 'Changed'")).ShouldBe(450);
        (await bed.ScalarAsync<string>("select cursors -> 'contact' ->> 'changedTo' from crm_sync_configs")).ShouldNotBe(before);
    }

    [Fact]
    public async Task Deletions_are_found_in_the_recycle_bin_at_most_an_hour_late()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var contacts = bed.Crm.AddContacts(250);
        bed.Crm.Archive(RemoteKind.Contact, bed.Crm.Add(RemoteKind.Contact, ("email", "never@example.com")));
        await bed.RunAsync();
        bed.Wait();
        foreach (var id in contacts.Take(120))
            bed.Crm.Archive(RemoteKind.Contact, id);
        var first = await bed.RunAsync();
        bed.Wait();
        bed.Crm.Archive(RemoteKind.Contact, contacts[200]);
        var second = await bed.RunAsync();
        bed.Clock.Advance(TimeSpan.FromHours(1));
        var third = await bed.RunAsync();

        (first.Deleted, second.Deleted, third.Deleted).ShouldBe((120L, 0L, 1L));
        first.Failed.ShouldBe(0);
        (await bed.CountAsync("crm_contacts where deleted_at is not null")).ShouldBe(121);
        (await bed.CountAsync("crm_record_links where state = 'deleted'")).ShouldBe(121);
    }

    [Fact]
    public async Task A_deleted_record_goes_whatever_stands_in_it()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var deal = bed.Crm.Add(RemoteKind.Deal, ("dealname", "Good"), ("amount", "1"));
        await bed.RunAsync();
        bed.Crm.Edit(RemoteKind.Deal, deal, ("amount", "not a number"));
        bed.Crm.Archive(RemoteKind.Deal, deal);
        bed.Wait();

        var result = await bed.RunAsync();

        (result.Deleted, result.Failed).ShouldBe((1L, 0L));
        (await bed.CountAsync("crm_deals where deleted_at is not null")).ShouldBe(1);
    }

    [Fact]
    public async Task A_restored_record_comes_back()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var contact = bed.Crm.AddContacts(1)[0];
        await bed.RunAsync();
        bed.Wait();
        bed.Crm.Archive(RemoteKind.Contact, contact);
        await bed.RunAsync();
        (await bed.CountAsync("crm_contacts where deleted_at is null")).ShouldBe(0);
        bed.Wait();
        bed.Crm.Restore(RemoteKind.Contact, contact);

        await bed.RunAsync();

        (await bed.CountAsync("crm_contacts where deleted_at is null")).ShouldBe(1);
    }
}
