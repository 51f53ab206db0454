using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Sync;

public sealed class SyncStepsInitialTests
{
    [Fact]
    public async Task A_first_load_brings_every_record_with_its_associations_owner_and_stage()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var company = bed.Crm.Add(RemoteKind.Company, ("name", "Acme"), ("domain", "acme.example"));
        var contacts = bed.Crm.AddContacts(1_100);
        bed.Crm.Edit(RemoteKind.Contact, contacts[0], ("hubspot_owner_id", "7"));
        bed.Crm.Associate(RemoteKind.Contact, contacts[0], RemoteKind.Company, company);
        var deal = bed.Crm.Add(RemoteKind.Deal, ("dealname", "Big"), ("amount", "12.50"), ("pipeline", "sales"), ("dealstage", "won"));
        bed.Crm.Associate(RemoteKind.Deal, deal, RemoteKind.Contact, contacts[1]);

        var result = await bed.RunAsync();

        result.ShouldSatisfyAllConditions(
            r => r.Mode.ShouldBe(SyncMode.Initial), r => r.ContactsSynced.ShouldBe(1_100), r => r.CompaniesSynced.ShouldBe(1),
            r => r.DealsSynced.ShouldBe(1), r => r.Created.ShouldBe(1_102), r => r.Failed.ShouldBe(0), r => r.Errors.ShouldBeEmpty());
        (await bed.CountAsync("crm_contacts")).ShouldBe(1_100);
        (await bed.CountAsync("crm_record_links where state = 'live'")).ShouldBe(1_102);
        (await bed.CountAsync("crm_associations where deleted_at is null")).ShouldBe(2);
        (await bed.ScalarAsync<string>("select o.email from crm_contacts c join crm_owners o using (owner_id)")).ShouldBe("olga@example.com");
        (await bed.ScalarAsync<string>("select s.label || ' ' || d.status || ' ' || d.amount from crm_deals d join crm_stages s using (stage_id)")).ShouldBe("Won won 12.5000");
        (await bed.ScalarAsync<string>("select state from crm_sync_configs")).ShouldBe("live");
    }

    [Fact]
    public async Task The_next_page_is_read_while_the_present_one_is_written_and_no_page_twice()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(1_100);
        var lists = 0;
        long written = -1;
        bed.Crm.Before = call =>
        {
            // The sixth is of the second step.
            if (call == "list contact" && ++lists == 6)
                written = Task.Run(() => bed.CountAsync("crm_contacts")).GetAwaiter().GetResult();
        };

        (await bed.RunAsync()).Created.ShouldBe(1_100);

        written.ShouldBe(0);
        lists.ShouldBe(11);
    }

    [Fact]
    public async Task A_page_that_was_read_ahead_and_waited_for_too_long_is_read_again()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(1_100);
        var job = await bed.StartAsync();
        while ((await bed.CountAsync("crm_contacts")) == 0)
            job = (await bed.StepAsync(job)).Job!;
        var lists = bed.Crm.CallsOf("list contact");
        bed.Clock.Advance(TimeSpan.FromMinutes(2));
        await bed.StepAsync(job);

        (lists, bed.Crm.CallsOf("list contact")).ShouldBe((10, 16));
    }

    [Fact]
    public async Task An_unchanged_pass_writes_nothing()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(700);
        bed.Crm.Add(RemoteKind.Company, ("name", "Acme"));
        await bed.RunAsync();
        var before = await bed.FingerprintAsync();
        bed.Wait();

        var result = await bed.RunAsync(SyncMode.Initial);

        result.Unchanged.ShouldBe(701);
        result.ContactsSynced.ShouldBe(700);
        (result.Created + result.Updated + result.Deleted + result.Failed).ShouldBe(0);
        (await bed.FingerprintAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task The_next_sync_after_the_first_load_is_incremental_and_begins_where_the_load_began()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var contacts = bed.Crm.AddContacts(300);
        var isEdited = false;
        bed.Crm.Before = call =>
        {
            // Behind the page that has just been read: only the incremental read can bring it.
            if (call == "list deal" && !isEdited)
            {
                isEdited = true;
                bed.Clock.Advance(TimeSpan.FromSeconds(1));
                bed.Crm.Edit(RemoteKind.Contact, contacts[0], ("firstname", "Edited meanwhile"));
            }
        };
        await bed.RunAsync();
        (await bed.CountAsync("crm_contacts where first_name = 'Edited meanwhile'")).ShouldBe(0);
        bed.Wait();

        var result = await bed.RunAsync();

        result.Mode.ShouldBe(SyncMode.Incremental);
        result.Updated.ShouldBe(1);
        (await bed.CountAsync("crm_contacts where first_name = 'Edited meanwhile'")).ShouldBe(1);
    }

    [Fact]
    public async Task A_record_that_cannot_be_mapped_fails_alone_and_says_why_without_its_values()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.Add(RemoteKind.Deal, ("dealname", "Good"), ("amount", "1"));
        var bad = bed.Crm.Add(RemoteKind.Deal, ("dealname", "Bad"), ("amount", "a secret sum"));
        bed.Crm.Add(RemoteKind.Deal, ("dealname", "Also good"), ("amount", "2"));

        var result = await bed.RunAsync();

        result.DealsSynced.ShouldBe(2);
        result.Failed.ShouldBe(1);
        result.Errors.ShouldHaveSingleItem().ShouldBe($"deal {bad}: Property 'amount': The value is not a number below 10^15.");
    }

    [Fact]
    public async Task Progress_ends_at_the_total_that_the_platform_named()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(1_200);
        bed.Crm.Add(RemoteKind.Company, ("name", "Acme"));
        bed.Crm.Before = call => bed.Clock.Advance(TimeSpan.FromMilliseconds(100));
        var seen = new List<SyncProgress>();

        await bed.Sync.SyncAsync(SyncBed.Request, new Listener(seen), CancellationToken.None);

        seen.Select(p => p.Done).ShouldBe(seen.Select(p => p.Done).Order());
        seen.ShouldAllBe(p => p.Total == 1_201);
        seen.Select(p => p.Step).ShouldBe(Enumerable.Range(1, seen.Count).Select(n => (long)n));
        var midway = seen.First(p => p.Done == 501);
        midway.Kind.ShouldBe(RemoteKind.Contact);
        midway.PerSecond.ShouldBeGreaterThan(0);
        midway.TimeLeft!.Value.TotalSeconds.ShouldBe(700 / midway.PerSecond, 0.01);
        seen[^1].ShouldSatisfyAllConditions(p => p.Done.ShouldBe(1_201), p => p.TimeLeft.ShouldBe(TimeSpan.Zero));
    }

    private sealed class Listener(List<SyncProgress> seen) : IProgress<SyncProgress>
    {
        public void Report(SyncProgress value) => seen.Add(value);
    }
}
