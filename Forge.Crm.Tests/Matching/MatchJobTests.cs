using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Sync;
using Npgsql;

namespace Forge.Crm.Tests.Matching;

/// <summary>The job that makes a plan: what it finds, and that it writes nothing else.</summary>
public sealed class MatchJobTests
{
    [Fact]
    public async Task It_finds_who_is_matched_ambiguous_and_on_one_side_only()
    {
        await using var bed = await MatchBed.CreateAsync("Ann:ann@x.example Bob:bob@x.example Cleo:cleo@x.example Cleo2:cleo@x.example Dan:dan@x.example Eve:");
        await bed.ConnectAsync();
        foreach (var (name, email) in new[] { ("ann", "ANN@x.example"), ("cleo", "cleo@x.example"), ("dan", "dan@x.example"), ("dan2", "dan@x.example"), ("fay", "fay@x.example"), ("gus", "") })
            bed.AddThere(name, email);

        var plan = await bed.MakeAsync();

        (await bed.ItemsAsync()).ShouldBe(
        [
            "ann ann@x.example there matched email", "Ann ann@x.example here matched email", "Bob bob@x.example here only_here",
            "cleo cleo@x.example there ambiguous email", "Cleo cleo@x.example here ambiguous email", "Cleo2 cleo@x.example here ambiguous email",
            "dan dan@x.example there ambiguous email", "Dan dan@x.example here ambiguous email", "dan2 dan@x.example there ambiguous email",
            "Eve here only_here", "fay fay@x.example there only_there", "gus there only_there",
        ], ignoreOrder: true);
        var view = await bed.ViewAsync();
        (view.State, view.Plan, view.Job!.State).ShouldBe(("ready", plan, "done"));
        var counts = view.Kinds["contact"];
        (counts.Matched, counts.AmbiguousHere, counts.AmbiguousThere, counts.OnlyHere, counts.OnlyThere, counts.Undecided).ShouldBe((1, 3, 3, 2, 2, 6));
        counts.MatchedBy.ShouldBe(new Dictionary<string, long> { ["email"] = 1 });
        counts.Calls.ShouldBe(new MatchCalls(Load: 1, HistoryAtMost: 1, CreateThere: 2));
    }

    [Fact]
    public async Task It_writes_no_record_no_link_and_nothing_on_the_platform()
    {
        await using var bed = await MatchBed.CreateAsync("Ann:ann@x.example Bob:bob@x.example");
        await bed.ConnectAsync();
        bed.AddThere("ann", "ann@x.example");
        bed.AddThere("fay", "fay@x.example");
        const string rows = "select id::text || xmin as line from crm_contacts union all select id::text || xmin from crm_audit_log where action <> 'configure' order by line";
        var before = await bed.RowsAsync(rows);

        await bed.MakeAsync();

        (await bed.RowsAsync(rows)).ShouldBe(before);
        (await bed.Sync.CountAsync("crm_record_links")).ShouldBe(0);
        (await bed.Sync.CountAsync("crm_identities")).ShouldBe(0);
        bed.Crm.Writes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Our_own_id_on_the_platforms_record_is_a_key_too()
    {
        await using var bed = await MatchBed.CreateAsync("Ann:ann@x.example");
        var ann = await bed.AddHereAsync("Ann again", "");
        await bed.ConnectAsync();
        bed.Crm.Create(RemoteKind.Contact, new(ann, new Dictionary<string, string?> { ["firstname"] = "annie" }));

        await bed.MakeAsync();

        (await bed.ItemsAsync()).ShouldBe(["Ann again here matched sync", "Ann ann@x.example here only_here", "annie there matched sync"], ignoreOrder: true);
    }

    [Fact]
    public async Task What_is_linked_already_or_deleted_is_in_no_plan()
    {
        await using var bed = await MatchBed.CreateAsync("Ann:ann@x.example Bob:bob@x.example Gone:gone@x.example");
        await bed.ConnectAsync();
        var linked = bed.AddThere("bob", "bob@x.example");
        bed.Crm.Archive(RemoteKind.Contact, bed.AddThere("binned", "ann@x.example"));
        await bed.Sync.ExecuteAsync($"""
            update crm_contacts set deleted_at = now() where first_name = 'Gone';
            insert into crm_record_links (tenant_id, platform, remote_kind, external_id, record_id, state_at)
            select tenant_id, 'hubspot', 'contact', '{linked}', id, now() from crm_contacts where first_name = 'Bob'
            """);

        await bed.MakeAsync();

        (await bed.ItemsAsync()).ShouldBe(["Ann ann@x.example here only_here"]);
    }

    [Fact]
    public async Task A_deal_matches_by_the_tenants_rule_and_by_nothing_else()
    {
        await using var bed = await MatchBed.CreateAsync();
        var acme = await bed.InsertAsync("crm_companies", "name, domain", "'Acme', 'acme.example'");
        var (big, small) = (await bed.InsertAsync("crm_deals", "name, amount", "'Big', 100"), await bed.InsertAsync("crm_deals", "name, amount", "'Small', 5"));
        foreach (var deal in new[] { big, small })
            await bed.Sync.ExecuteAsync($"insert into crm_associations (tenant_id, from_kind, from_id, to_kind, to_id, stamp) values ('{SyncBed.Tenant}', 'deal', '{deal}', 'company', '{acme}', '2026-01-01T00:00:00.000000Z supabase')");
        await bed.ConnectAsync();
        var company = bed.Crm.Add(RemoteKind.Company, ("name", "ACME Inc"), ("domain", "acme.example"));
        foreach (var (name, amount) in new[] { ("big", "100.00"), ("Small", "6") })
            bed.Crm.Associate(RemoteKind.Deal, bed.Crm.Add(RemoteKind.Deal, ("dealname", name), ("amount", amount)), RemoteKind.Company, company);
        bed.Crm.Add(RemoteKind.Deal, ("dealname", "Big"), ("amount", "100")); // of no company

        await bed.MakeAsync();
        (await bed.ItemsAsync()).ShouldNotContain(item => item.Contains("rule", StringComparison.Ordinal));
        (await bed.Plans.SetDealRuleAsync(SyncBed.Tenant, Platform.HubSpot, ["name", "company", "amount"], "ann", CancellationToken.None)).ShouldBeTrue();
        (await bed.ViewAsync()).State.ShouldBe("needed");
        await bed.MakeAsync();

        (await bed.ItemsAsync()).ShouldBe(
        [
            "ACME Inc acme.example there matched domain", "Acme acme.example here matched domain",
            "Big 100 here matched rule", "big 100 there matched rule", "Big 100 there only_there", "Small 5 here only_here", "Small 6 there only_there",
        ], ignoreOrder: true);
        (await bed.ViewAsync()).DealRule.ShouldBe(["name", "company", "amount"]);
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_is_in_no_plan_and_the_job_says_why()
    {
        await using var bed = await MatchBed.CreateAsync("Ann:ann@x.example");
        await bed.ConnectAsync();
        bed.Crm.Add(RemoteKind.Deal, ("dealname", "Bad"), ("amount", "a secret sum"));

        var job = await bed.Sync.JobAsync(await bed.MakeAsync());

        job.Cursor.Errors.ShouldHaveSingleItem().Reason.ShouldBe("Property 'amount': The value is not a number below 10^15.");
        (await bed.ViewAsync()).Job!.Failed.ShouldBe(1);
        (await bed.ItemsAsync()).ShouldBe(["Ann ann@x.example here only_here"]);
    }

    [Fact]
    public async Task A_crash_after_any_step_and_messages_that_come_twice_change_nothing_of_the_plan()
    {
        await using var bed = await MatchBed.CreateAsync();
        await bed.Sync.ExecuteAsync($"insert into crm_contacts (tenant_id, first_name, email) select '{SyncBed.Tenant}', 'H' || i, 'c' || i || '@example.com' from generate_series(601, 1800) i");
        await bed.ConnectAsync();
        bed.Crm.AddContacts(1_200);
        var id = (await bed.Plans.StartAsync(SyncBed.Tenant, Platform.HubSpot, "ann", CancellationToken.None)).Job!.Value;
        var steps = 0;
        for (var job = await bed.Sync.JobAsync(id); job.IsRunnable; job = await bed.Sync.JobAsync(id))
        {
            (await bed.Sync.StepAsync(job)).State.ShouldNotBe(StepState.NotMine);
            (await bed.Sync.StepAsync(job)).State.ShouldBe(StepState.NotMine);
            steps++;
        }

        steps.ShouldBeGreaterThan(10);
        var counts = (await bed.ViewAsync()).Kinds["contact"];
        (counts.Matched, counts.OnlyHere, counts.OnlyThere, counts.AmbiguousHere + counts.AmbiguousThere).ShouldBe((600, 600, 600, 0));
    }

    [Fact]
    public async Task A_step_that_dies_before_its_commit_leaves_nothing_and_is_repeated()
    {
        await using var bed = await MatchBed.CreateAsync("Ann:c7@example.com");
        await bed.ConnectAsync();
        bed.Crm.AddContacts(700);
        var id = (await bed.Plans.StartAsync(SyncBed.Tenant, Platform.HubSpot, "ann", CancellationToken.None)).Job!.Value;
        var job = await bed.Sync.JobAsync(id);
        while (job.Cursor is not { Phase: SyncPhase.List, Kind: RemoteKind.Contact, After: not null })
            job = (await bed.Sync.StepAsync(job)).Job!;
        await bed.Sync.ExecuteAsync("""
            create function die() returns trigger language plpgsql as $$ begin raise 'the server goes down' using errcode = 'admin_shutdown'; end $$;
            create trigger die before update on crm_sync_jobs for each row execute function die()
            """);
        await Should.ThrowAsync<PostgresException>(() => bed.Sync.StepAsync(job));
        (await bed.Sync.CountAsync("crm_match_items")).ShouldBe(500);

        await bed.Sync.ExecuteAsync("drop trigger die on crm_sync_jobs");
        (await bed.FinishAsync(id)).State.ShouldBe(JobState.Done);

        var counts = (await bed.ViewAsync()).Kinds["contact"];
        (counts.Matched, counts.OnlyHere, counts.OnlyThere).ShouldBe((1, 0, 699));
    }

    [Fact]
    public async Task A_plan_that_is_made_anew_forgets_the_one_before()
    {
        await using var bed = await MatchBed.CreateAsync("Ann:ann@x.example");
        await bed.ConnectAsync();
        var ann = bed.AddThere("ann", "ann@x.example");
        var first = await bed.MakeAsync();
        bed.Crm.Archive(RemoteKind.Contact, ann);

        var second = await bed.MakeAsync();

        second.ShouldNotBe(first);
        (await bed.ItemsAsync()).ShouldBe(["Ann ann@x.example here only_here"]);
        (await bed.Sync.CountAsync("crm_match_keys")).ShouldBe(2);
    }

    [Theory, InlineData(1, 20), InlineData(2, 600), InlineData(3, 1_500)]
    public async Task What_the_database_finds_is_what_the_rule_says_of_every_record_looked_at_with_every_other(int seed, int most)
    {
        await using var bed = await MatchBed.CreateAsync("Ann:ann@x.example");
        await bed.ConnectAsync();
        var job = await bed.Sync.JobAsync((await bed.Plans.StartAsync(SyncBed.Tenant, Platform.HubSpot, "ann", CancellationToken.None)).Job!.Value);
        while (job.Cursor is not { Phase: SyncPhase.Judge, Kind: RemoteKind.Contact })
            job = (await bed.Sync.StepAsync(job)).Job!;
        var model = MatchModel.Random(new Random(seed), most);
        var session = await bed.Sync.Sessions.OpenAsync(SyncBed.Tenant, Platform.HubSpot, CallLane.Backfill, CancellationToken.None, isForPlan: true);
        await bed.Sync.ExecuteAsync("delete from crm_match_items; delete from crm_match_keys");
        await bed.Sync.Database.ExecuteAsync(
            SyncBed.Tenant,
            MatchStore.Insert(session!, RecordKind.Contact, model.Items.Select(item => new MatchItem(
                item.Id, item.Side, RemoteKind.Contact, item.Side == MatchSide.There ? item.Name : null, item.Name, [.. item.Keys.Select(key => $"email:{key}")]))),
            CancellationToken.None);

        await bed.Sync.FinishAsync(job);

        (await bed.RowsAsync("select label || ' ' || class from crm_match_items")).Order()
            .ShouldBe(model.Classes().Select(pair => $"{pair.Name} {pair.Class.ToName()}").Order());
    }

    [Fact]
    public async Task An_address_that_very_many_share_costs_no_more_and_is_ambiguous()
    {
        await using var bed = await MatchBed.CreateAsync();
        await bed.Sync.ExecuteAsync($"insert into crm_contacts (tenant_id, first_name, email) select '{SyncBed.Tenant}', 'H' || i, 'info@example.com' from generate_series(1, 300) i");
        await bed.ConnectAsync();
        bed.AddThere("r", "info@example.com");

        await bed.MakeAsync();

        var counts = (await bed.ViewAsync()).Kinds["contact"];
        (counts.AmbiguousHere, counts.AmbiguousThere).ShouldBe((300, 1));
        (await bed.Sync.ScalarAsync<int>("select max(cardinality(candidates)) from crm_match_items")).ShouldBe(20);
    }
}
