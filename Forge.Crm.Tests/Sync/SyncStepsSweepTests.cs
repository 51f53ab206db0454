using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Sync;

public sealed class SyncStepsSweepTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_sweep_heals_both_sides_and_says_what_it_found(bool listsInOrder)
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.ListsInOrder = listsInOrder;
        var contacts = bed.Crm.AddContacts(1_300); // ids from three digits to four
        await bed.RunAsync();
        // None of it reaches the incremental jobs: it lies before their window, or search and bin say nothing of it any more.
        bed.Wait();
        bed.Crm.Edit(RemoteKind.Contact, contacts[10], ("jobtitle", "Missed edit"));
        bed.Crm.Add(RemoteKind.Contact, ("email", "missed@example.com"));
        bed.Crm.Archive(RemoteKind.Contact, contacts[20]);
        bed.Crm.Purge(RemoteKind.Contact, contacts[30]);
        bed.Crm.Purge(RemoteKind.Contact, contacts[1_299]);
        bed.Clock.Advance(TimeSpan.FromDays(1));

        var job = await bed.FinishAsync(await bed.StartAsync(SyncMode.Sweep));

        job.State.ShouldBe(JobState.Done);
        JsonDocument.Parse((await new JobViews(bed.Database).FindAsync(SyncBed.Tenant, job.Id, CancellationToken.None))!)
            .RootElement.GetProperty("comparison").GetProperty("contact").ToString().ShouldBe(
                """{"left": 2, "equal": 1296, "healed": 3, "checked": 1301, "different": 1, "missing_here": 1, "missing_there": 3}""");
        job.Cursor.Errors.Select(error => error.Id).ShouldBe([contacts[30], contacts[1_299]], ignoreOrder: true);
        (await bed.CountAsync("crm_contacts where deleted_at is null")).ShouldBe(1_300);
        (await bed.CountAsync("crm_contacts where job_title = 'Missed edit'")).ShouldBe(1);
    }

    [Fact]
    public async Task What_only_the_hub_has_is_counted_and_queued_once()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(3);
        await bed.RunAsync();
        await bed.ExecuteAsync($"""
            update crm_sync_configs set direction = 'two_way';
            insert into crm_contacts (tenant_id, id, first_name) select '{SyncBed.Tenant}', gen_random_uuid(), 'Lost' from generate_series(1, 5200);
            insert into crm_contacts (tenant_id, id, first_name, archived_at) values ('{SyncBed.Tenant}', gen_random_uuid(), 'Put away', now());
            insert into crm_contacts (tenant_id, id, first_name, deleted_at) values ('{SyncBed.Tenant}', gen_random_uuid(), 'Deleted', now());
            insert into crm_contacts (tenant_id, id, first_name) values ('{SyncBed.Tenant}', '00000000-0000-0000-0000-000000000001', 'Kept out'), ('{SyncBed.Tenant}', '00000000-0000-0000-0000-000000000002', 'Refused');
            insert into crm_record_links (tenant_id, platform, remote_kind, external_id, record_id, state, state_at)
            values ('{SyncBed.Tenant}', 'hubspot', 'contact', 'new:1', '00000000-0000-0000-0000-000000000001', 'excluded', now());
            delete from crm_outbox where record_id <> '00000000-0000-0000-0000-000000000002';
            update crm_outbox set status = 'failed'
            """);
        bed.Sessions.Forget(SyncBed.Tenant);
        bed.Wait();

        var job = await bed.FinishAsync(await bed.StartAsync(SyncMode.Sweep));

        job.Counts.Of(RemoteKind.Contact).OnlyHere.ShouldBe(5_200);
        (await bed.CountAsync("crm_outbox o join crm_contacts c on c.id = o.record_id where o.status = 'pending' and o.cause = 'job' and c.first_name = 'Lost'")).ShouldBe(5_200);
        (await bed.CountAsync("crm_outbox")).ShouldBe(5_201);
        JsonDocument.Parse((await new JobViews(bed.Database).FindAsync(SyncBed.Tenant, job.Id, CancellationToken.None))!)
            .RootElement.GetProperty("comparison").GetProperty("contact").ToString().ShouldBe(
                """{"left": 0, "equal": 3, "healed": 5200, "checked": 5203, "different": 0, "missing_here": 0, "missing_there": 5200}""");
        (await bed.FinishAsync(await bed.StartAsync(SyncMode.Sweep))).Counts.Of(RemoteKind.Contact).OnlyHere.ShouldBe(0);
    }

    [Theory]
    [InlineData("two_way", "propagate", 1)]
    [InlineData("two_way", "ignore", 0)]
    [InlineData("read", "propagate", 0)]
    public async Task What_was_deleted_there_and_lives_here_is_created_again_where_the_policy_says_so(string direction, string policy, int expected)
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(1);
        await bed.RunAsync();
        await bed.ExecuteAsync($"update crm_sync_configs set direction = '{direction}', delete_policy = '{policy}'; update crm_record_links set state = 'deleted'; delete from crm_outbox");
        bed.Crm.Purge(RemoteKind.Contact, bed.Crm.All(RemoteKind.Contact)[0].Ref.Id);
        bed.Sessions.Forget(SyncBed.Tenant);
        bed.Wait();
        (await bed.FinishAsync(await bed.StartAsync(SyncMode.Sweep))).Counts.Of(RemoteKind.Contact).OnlyHere.ShouldBe(expected);
    }

    [Fact]
    public async Task Of_both_sides_equal_a_sweep_asks_nothing_twice_and_writes_nothing()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(1_300);
        await bed.RunAsync();
        var before = await bed.FingerprintAsync();
        bed.Wait();

        var result = await bed.RunAsync(SyncMode.Sweep);

        result.Unchanged.ShouldBe(1_300);
        bed.Crm.CallsOf("read contact").ShouldBe(0);
        (await bed.FingerprintAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task More_missing_records_than_a_step_can_ask_for_are_all_asked_for()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var contacts = bed.Crm.AddContacts(1_900);
        await bed.RunAsync();
        foreach (var id in contacts.Take(500).Concat(contacts.Skip(1_500)))
            bed.Crm.Purge(RemoteKind.Contact, id);
        bed.Wait();

        var job = await bed.FinishAsync(await bed.StartAsync(SyncMode.Sweep));

        job.Counts.Of(RemoteKind.Contact).ShouldBe(new KindCounts(Read: 1_000, Unchanged: 1_000, Missing: 900));
        job.Cursor.Errors.Length.ShouldBe(50);
        (await bed.CountAsync("crm_contacts where deleted_at is null")).ShouldBe(1_900);
    }

    [Fact]
    public async Task A_record_that_only_the_listing_leaves_out_is_asked_for_and_stays()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var contacts = bed.Crm.AddContacts(600);
        await bed.RunAsync();
        bed.Wait();
        bed.Crm.Unlisted.Add(contacts[50]);
        bed.Crm.Unlisted.Add(contacts[^1]);
        bed.Crm.Edit(RemoteKind.Contact, contacts[^1], ("jobtitle", "Found by its id"));

        var job = await bed.FinishAsync(await bed.StartAsync(SyncMode.Sweep));

        job.Counts.Of(RemoteKind.Contact).ShouldBe(new KindCounts(Read: 598, Unchanged: 598, Updated: 1));
        (await bed.CountAsync("crm_contacts where deleted_at is null")).ShouldBe(600);
    }

    [Fact]
    public async Task Records_that_a_person_names_are_read_at_once()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var contacts = bed.Crm.AddContacts(450);
        await bed.RunAsync();
        foreach (var id in contacts)
            bed.Crm.Edit(RemoteKind.Contact, id, ("jobtitle", "Edited"));
        bed.Wait();

        var result = await bed.Sync.SyncAsync(
            SyncBed.Request with { IdsOf = RemoteKind.Contact, Ids = [.. contacts.Take(250), "999999"] }, null, CancellationToken.None);

        result.ShouldSatisfyAllConditions(
            r => r.Mode.ShouldBe(SyncMode.Manual), r => r.Updated.ShouldBe(250), r => r.Missing.ShouldBe(1),
            r => r.Errors.ShouldHaveSingleItem().ShouldStartWith("contact 999999: "));
        (await bed.CountAsync("crm_contacts where job_title = 'Edited'")).ShouldBe(250);
    }

    [Fact]
    public async Task Kinds_that_a_person_names_are_read_in_full_and_alone()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(10);
        bed.Crm.Add(RemoteKind.Company, ("name", "Acme"));

        var result = await bed.Sync.SyncAsync(
            SyncBed.Request with { Mode = SyncMode.Manual, Kinds = [RecordKind.Company] }, null, CancellationToken.None);

        result.ShouldSatisfyAllConditions(r => r.CompaniesSynced.ShouldBe(1), r => r.ContactsSynced.ShouldBe(0));
        bed.Crm.CallsOf("list contact").ShouldBe(0);
        (await bed.RunAsync()).Mode.ShouldBe(SyncMode.Initial);
    }
}
