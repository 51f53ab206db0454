using System.Globalization;
using System.Text.Json;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.PostgreSql;

namespace Forge.Crm.Tests.Rehearsal;

/// <summary>What a dry run says is what the real run does, and between the two nothing has changed.</summary>
public sealed class DryRunTests(DryRunHub hub) : IClassFixture<DryRunHub>
{
    [Theory]
    [InlineData(SyncMode.Incremental, 1)]
    [InlineData(SyncMode.Incremental, 2)]
    [InlineData(SyncMode.Incremental, 3)]
    [InlineData(SyncMode.Incremental, 4)]
    [InlineData(SyncMode.Incremental, 5)]
    [InlineData(SyncMode.Incremental, 6)]
    [InlineData(SyncMode.Sweep, 7)]
    [InlineData(SyncMode.Sweep, 8)]
    [InlineData(SyncMode.Manual, 9)]
    [InlineData(SyncMode.Initial, 10)]
    public async Task A_dry_run_says_what_the_real_run_then_does(SyncMode mode, int seed)
    {
        var bed = await DryRunBed.CreateAsync(hub.Database);
        var people = new People(bed, seed, sees: mode is not (SyncMode.Manual or SyncMode.Initial));
        if (mode != SyncMode.Initial)
        {
            await people.FillAsync();
            await bed.RunAsync();
            await bed.PushAsync();
        }
        else
        {
            await people.FillAsync();
        }

        for (var i = 0; i < 14; i++)
            await people.WorkAsync();
        bed.HubSpot.SearchSize = 2; // so that what belongs together is on several pages
        bed.HubSpot.ListSize = 3;

        await CompareAsync(bed, mode);
    }

    [Fact]
    public async Task What_the_platform_lacks_is_in_the_plan_of_a_sweep_but_for_what_an_earlier_page_would_join()
    {
        var bed = await DryRunBed.CreateAsync(hub.Database);
        bed.HubSpot.AddContacts(2);
        await bed.RunAsync();
        await bed.PushAsync();
        await bed.ExecuteAsync("""
            insert into crm_contacts (tenant_id, id, email) values ($tenant, gen_random_uuid(), 'lost@example.com'), ($tenant, gen_random_uuid(), 'there@example.com');
            insert into crm_identities (tenant_id, kind, key, record_id) select tenant_id, 'contact', 'email:' || email, id from crm_contacts where tenant_id = $tenant and email in ('lost@example.com', 'there@example.com');
            delete from crm_outbox where tenant_id = $tenant and platform = 'hubspot'
            """);
        bed.HubSpot.Add(RemoteKind.Contact, ("email", "there@example.com"));

        var lines = await CompareAsync(bed, SyncMode.Sweep);

        lines.Count(line => line.Contains("hubspot", StringComparison.Ordinal) && line.Contains("create", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Two_records_of_one_address_on_two_pages_are_not_joined_to_the_same_one()
    {
        var bed = await DryRunBed.CreateAsync(hub.Database);
        bed.HubSpot.AddContacts(1);
        await bed.RunAsync();
        await bed.PushAsync();
        await bed.ExecuteAsync("""
            insert into crm_contacts (tenant_id, id, email) values ($tenant, gen_random_uuid(), 'same@example.com');
            insert into crm_identities (tenant_id, kind, key, record_id) select tenant_id, 'contact', 'email:' || email, id from crm_contacts where tenant_id = $tenant and email = 'same@example.com'
            """);
        bed.HubSpot.Add(RemoteKind.Contact, ("email", "same@example.com"), ("firstname", "Ann"));
        bed.HubSpot.Add(RemoteKind.Contact, ("email", "same@example.com"), ("firstname", "Bob"));
        bed.HubSpot.SearchSize = 1;

        var lines = await CompareAsync(bed, SyncMode.Incremental);

        lines.Count(line => line.StartsWith("supabase contact link", StringComparison.Ordinal)).ShouldBe(1);
        lines.ShouldContain(line => line.StartsWith("supabase contact create", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_only_waits_in_the_outbox_is_in_the_plan()
    {
        var bed = await DryRunBed.CreateAsync(hub.Database);
        var contacts = bed.HubSpot.AddContacts(3);
        await bed.RunAsync();
        await bed.PushAsync();
        await bed.ExecuteAsync("update crm_contacts set job_title = 'CEO' where tenant_id = $tenant and email = 'c1@example.com'");
        bed.HubSpot.Edit(RemoteKind.Contact, contacts[1], ("jobtitle", "VP"));

        var lines = await CompareAsync(bed, SyncMode.Incremental);

        lines.Count(line => line.StartsWith("hubspot contact update", StringComparison.Ordinal)).ShouldBe(1);
        lines.Count(line => line.StartsWith("pipedrive contact update", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public async Task Single_records_are_rehearsed_alone()
    {
        var bed = await DryRunBed.CreateAsync(hub.Database);
        var contacts = bed.HubSpot.AddContacts(3);
        await bed.RunAsync();
        await bed.PushAsync();
        foreach (var id in contacts)
            bed.HubSpot.Edit(RemoteKind.Contact, id, ("jobtitle", "VP"));

        (await CompareAsync(bed, null, contacts[1])).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Deletions_that_would_be_held_are_said_to_be()
    {
        var bed = await DryRunBed.CreateAsync(hub.Database);
        var contacts = bed.HubSpot.AddContacts(40);
        await bed.RunAsync();
        await bed.PushAsync();
        foreach (var id in contacts.Take(30))
            bed.HubSpot.Archive(RemoteKind.Contact, id);
        bed.HubSpot.Edit(RemoteKind.Contact, contacts[35], ("jobtitle", "VP"));
        var job = await bed.DryRunAsync(SyncMode.Incremental);

        var plan = (await bed.Plans.FindAsync(bed.Tenant, job.Id, CancellationToken.None))!;

        plan.Held.ShouldBe([new("pipedrive", "contact", 30, 25, 2)]);
        plan.Changes.ShouldBe(
            [new("pipedrive", "contact", "delete", 30), new("pipedrive", "contact", "update", 1), new("supabase", "contact", "delete", 30), new("supabase", "contact", "update", 1)]);
        plan.Calls.Pushing.ShouldBe([new("pipedrive", 2, 0)]); // of a platform in memory: read and write the one batch
        await bed.RunAsync(SyncMode.Incremental);
        await bed.PushAsync();
        (await bed.RowsAsync("select count(*) from crm_outbox where tenant_id = $tenant and platform = 'pipedrive' and status = 'held'")).ShouldBe(["30"]);
    }

    [Fact]
    public async Task A_dry_run_and_a_job_run_side_by_side_and_neither_passes_for_the_other()
    {
        var bed = await DryRunBed.CreateAsync(hub.Database);
        bed.HubSpot.AddContacts(2);
        var dry = await bed.StartAsync(null, isDryRun: true);

        var real = await bed.StartAsync(null, isDryRun: false);

        real.Id.ShouldNotBe(dry.Id);
        (await bed.StartAsync(null, isDryRun: true)).Id.ShouldBe(dry.Id);
        (await bed.StartAsync(null, isDryRun: false)).Id.ShouldBe(real.Id);
        (await bed.RunAsync(isDryRun: true)).ShouldSatisfyAllConditions(job => job.Id.ShouldBe(dry.Id), job => job.Mode.ShouldBe(SyncMode.Initial), job => job.Counts.Of(RemoteKind.Contact).Created.ShouldBe(2));
        (await bed.RowsAsync("select count(*) from crm_contacts where tenant_id = $tenant")).ShouldBe(["0"]);
        (await bed.RowsAsync("select state, cursors from crm_sync_configs where tenant_id = $tenant and platform = 'hubspot'")).ShouldBe(["connected|{}"]);
        (await bed.RunAsync()).Counts.Of(RemoteKind.Contact).Created.ShouldBe(2);
    }

    [Fact]
    public async Task A_plan_ends_with_the_next_dry_run_of_its_platform()
    {
        var bed = await DryRunBed.CreateAsync(hub.Database);
        bed.HubSpot.AddContacts(2);
        var first = await bed.DryRunAsync();
        (await bed.Plans.IsKeptAsync(bed.Tenant, first.Id, CancellationToken.None)).ShouldBe(true);

        var second = await bed.DryRunAsync();

        (await bed.RowsAsync("select distinct job_id from crm_sync_plans where tenant_id = $tenant")).ShouldBe([$"{second.Id}"]);
        (await bed.Plans.IsKeptAsync(bed.Tenant, first.Id, CancellationToken.None)).ShouldBe(false);
        (await bed.Plans.IsKeptAsync(bed.Tenant, (await bed.RunAsync()).Id, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_first_load_that_waits_for_its_match_plan_has_that_for_a_dry_run()
    {
        var bed = await DryRunBed.CreateAsync(hub.Database);
        await bed.ExecuteAsync("insert into crm_contacts (tenant_id, id, email) values ($tenant, gen_random_uuid(), 'here@example.com')");
        var before = await bed.DumpAsync();

        await Should.ThrowAsync<MatchPlanException>(() => bed.StartAsync(null, isDryRun: true));

        (await bed.DumpAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Beyond_a_thousand_records_are_counted_and_named_without_their_fields()
    {
        var bed = await DryRunBed.CreateAsync(hub.Database);
        bed.HubSpot.AddContacts(1_100);

        var job = await bed.DryRunAsync();

        (await bed.Plans.FindAsync(bed.Tenant, job.Id, CancellationToken.None))!.Changes.ShouldBe([new("pipedrive", "contact", "create", 1_100), new("supabase", "contact", "create", 1_100)]);
        (await bed.RowsAsync("select platform, count(fields) from crm_sync_plans where tenant_id = $tenant group by platform order by platform")).ShouldBe(["pipedrive|1000", "supabase|1000"]);
        var (items, after, pages) = (0, default(string), 0);
        do
        {
            using var page = JsonDocument.Parse(await bed.Plans.ItemsAsync(bed.Tenant, job.Id, Platform.Supabase, null, PlannedAction.Create, after, CancellationToken.None));
            items += page.RootElement.GetProperty("items").GetArrayLength();
            after = page.RootElement.GetProperty("after").GetString();
            pages++;
        }
        while (after is not null);
        (items, pages).ShouldBe((1_100, 12));
    }

    private static async Task<IReadOnlyList<string>> CompareAsync(DryRunBed bed, SyncMode? mode, params string[] contacts)
    {
        var before = await bed.DumpAsync();
        var writes = new Dictionary<Platform, int> { [Platform.HubSpot] = bed.HubSpot.Writes.Count, [Platform.Pipedrive] = bed.Pipedrive.Writes.Count };
        var last = long.Parse((await bed.RowsAsync("select coalesce(max(id), 0) from crm_audit_log"))[0], CultureInfo.InvariantCulture);
        var dry = await bed.DryRunAsync(mode, contacts);
        (await bed.DumpAsync()).ShouldBe(before);
        (bed.HubSpot.Writes.Count, bed.Pipedrive.Writes.Count).ShouldBe((writes[Platform.HubSpot], writes[Platform.Pipedrive]));
        var planned = await Lines.PlannedAsync(bed, dry.Id);

        var links = await Lines.LinksAsync(bed);
        var real = await bed.RunAsync(mode, contacts: contacts);
        var done = await Lines.HistoryAsync(bed, last, links);
        await bed.PushAsync();

        Lines.Difference(planned, done.Concat(Lines.Writes(bed, writes))).ShouldBe("");
        dry.Counts.Kinds.ShouldBe(real.Counts.Kinds);
        return planned;
    }
}

/// <summary>One migrated hub for the tenants of all tests.</summary>
public sealed class DryRunHub : IAsyncLifetime
{
    internal HubDatabase Database { get; private set; } = null!;

    public async Task InitializeAsync() => Database = await HubDatabase.CreateAsync();

    public async Task DisposeAsync() => await Database.DisposeAsync();
}
