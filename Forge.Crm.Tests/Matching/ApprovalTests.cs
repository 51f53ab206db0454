using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Sync;

namespace Forge.Crm.Tests.Matching;

/// <summary>What a first load makes of an approved plan.</summary>
public sealed class ApprovalTests
{
    private const string Hub = "Ann:ann@x.example Bob:bob@x.example Cleo:cleo@x.example Cleo2:cleo@x.example";

    [Theory]
    [InlineData(MatchChoice.LinkOnly, 4, 3)]
    [InlineData(MatchChoice.CreateHere, 5, 3)]
    [InlineData(MatchChoice.CreateThere, 4, 4)]
    [InlineData(MatchChoice.CreateMissing, 5, 4)]
    public async Task Pairs_are_joined_the_ambiguous_wait_and_what_is_missing_is_created_where_that_was_chosen(MatchChoice choice, int here, int there)
    {
        await using var bed = await FilledAsync();

        await bed.ApproveAsync(await bed.MakeAsync(), choice);
        await bed.PushAsync();

        (await bed.Sync.CountAsync("crm_contacts where deleted_at is null")).ShouldBe(here);
        bed.Crm.All(RemoteKind.Contact).Count.ShouldBe(there);
        // Joined to exactly that record, and both took what only the other had.
        (await bed.RowsAsync("select c.first_name || ' ' || c.job_title || ' ' || l.external_id from crm_contacts c join crm_record_links l on l.record_id = c.id and l.state = 'live' where c.email = 'ann@x.example'"))
            .ShouldBe(["Ann Boss 101"]);
        bed.Crm.All(RemoteKind.Contact).Single(contact => contact.Ref.Id == "101").Properties["firstname"].ShouldBe("Ann");
        (await bed.LinksAsync()).Where(link => link.Contains("held", StringComparison.Ordinal)).ShouldBe(["102 held", "new held Cleo", "new held Cleo2"]);
        bed.Crm.Writes.Count(write => write.StartsWith("create", StringComparison.Ordinal)).ShouldBe(choice.CreatesThere() ? 1 : 0);
        (await bed.Sync.CountAsync("crm_outbox")).ShouldBe(0);
        var config = await bed.RowsAsync("select state || ' ' || match_state || ' ' || (match_plan ->> 'approved_by') from crm_sync_configs");
        config.ShouldBe(["live settled boss"]);
    }

    [Fact]
    public async Task What_stays_out_stays_out_of_later_syncs_webhooks_and_pushes()
    {
        await using var bed = await FilledAsync();
        await bed.ApproveAsync(await bed.MakeAsync(), MatchChoice.LinkOnly);
        await bed.PushAsync();
        bed.Sync.Wait();
        bed.Crm.Writes.Clear();
        foreach (var id in new[] { "102", "103" })
            bed.Crm.Edit(RemoteKind.Contact, id, ("phone", "+4930123456"));
        await bed.Sync.ExecuteAsync("update crm_contacts set phone = '+4930123456' where first_name in ('Bob', 'Cleo')");
        var finds = bed.Crm.CallsOf("find contact");

        (await bed.Sync.RunAsync()).ShouldSatisfyAllConditions(r => r.Mode.ShouldBe(SyncMode.Incremental), r => r.Created.ShouldBe(0), r => r.Failed.ShouldBe(0));
        bed.Sync.Wait();
        (await bed.Sync.RunAsync(SyncMode.Sweep)).ShouldSatisfyAllConditions(r => r.Created.ShouldBe(0), r => r.Missing.ShouldBe(0));
        await bed.PushAsync();

        (await bed.Sync.CountAsync("crm_contacts")).ShouldBe(4);
        bed.Crm.Writes.ShouldBeEmpty();
        bed.Crm.CallsOf("find contact").ShouldBe(finds);
        (await bed.Sync.CountAsync("crm_outbox")).ShouldBe(0);
    }

    [Fact]
    public async Task What_was_left_out_is_joined_when_its_match_turns_up_later()
    {
        await using var bed = await FilledAsync();
        await bed.ApproveAsync(await bed.MakeAsync(), MatchChoice.LinkOnly);
        await bed.PushAsync();
        bed.Sync.Wait();
        // Fay of the platform was left out, and now a person adds her here; Bob was, and now he is added there.
        await bed.AddHereAsync("Fay H", "fay@x.example");
        var bob = bed.AddThere("bob", "bob@x.example");
        await bed.PushAsync();
        await bed.Sync.ExecuteAsync($"insert into crm_identities (tenant_id, kind, key, record_id) select '{SyncBed.Tenant}', 'contact', 'email:bob@x.example', id from crm_contacts where first_name = 'Bob' on conflict do nothing");
        await bed.Sync.RunAsync();

        (await bed.LinksAsync()).ShouldContain("103 live Fay H");
        (await bed.LinksAsync()).ShouldContain($"{bob} live Bob");
        bed.Crm.Writes.ShouldNotContain(write => write.StartsWith("create", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_new_record_of_the_platform_is_not_joined_to_one_that_waits_for_a_person()
    {
        await using var bed = await FilledAsync();
        await bed.ApproveAsync(await bed.MakeAsync(), MatchChoice.CreateMissing);
        await bed.Sync.ExecuteAsync($"insert into crm_identities (tenant_id, kind, key, record_id) select '{SyncBed.Tenant}', 'contact', 'email:cleo@x.example', id from crm_contacts where first_name = 'Cleo'");
        bed.Sync.Wait();
        var another = bed.AddThere("another cleo", "cleo@x.example");

        await bed.Sync.RunAsync();

        (await bed.LinksAsync()).ShouldContain($"{another} live another cleo");
        (await bed.LinksAsync()).ShouldContain("new held Cleo");
    }

    [Fact]
    public async Task Companies_are_offered_before_the_contacts_that_are_created_with_them()
    {
        await using var bed = await MatchBed.CreateAsync("Ann:ann@x.example");
        await bed.InsertAsync("crm_deals", "name", "'Deal'");
        await bed.InsertAsync("crm_companies", "name", "'Acme'");
        await bed.ConnectAsync();

        await bed.ApproveAsync(await bed.MakeAsync(), MatchChoice.CreateMissing);

        (await bed.RowsAsync("select kind from crm_outbox order by queued_at")).ShouldBe(["company", "contact", "deal"]);
    }

    [Fact]
    public async Task A_kind_that_is_ignored_is_synced_no_more()
    {
        await using var bed = await FilledAsync();
        bed.Crm.Add(RemoteKind.Company, ("name", "Acme"), ("domain", "acme.example"));
        await bed.InsertAsync("crm_companies", "name, domain", "'Acme', 'acme.example'");

        await bed.ApproveAsync(await bed.MakeAsync(), MatchChoice.CreateMissing, MatchChoice.Ignore);
        await bed.PushAsync();

        (await bed.Sync.ScalarAsync<string[]>("select kinds from crm_sync_configs")).ShouldBe(["contact"]);
        (await bed.Sync.CountAsync("crm_record_links where remote_kind = 'company'")).ShouldBe(0);
        (await bed.Sync.CountAsync("crm_companies")).ShouldBe(1);
    }

    [Fact]
    public async Task Who_approved_what_is_in_the_history()
    {
        await using var bed = await FilledAsync();
        await bed.ApproveAsync(await bed.MakeAsync(), MatchChoice.LinkOnly);
        (await bed.RowsAsync("select actor || ' ' || cause || ' ' || (new_value::jsonb -> 'match_plan' -> 'choices' ->> 'contact') from crm_audit_log where action = 'configure' and new_value::jsonb ->> 'match_state' = 'approved'"))
            .ShouldBe(["boss person link_only"]);
    }

    [Fact]
    public async Task A_crash_after_any_step_of_the_load_joins_and_creates_once()
    {
        await using var bed = await MatchBed.CreateAsync();
        await bed.Sync.ExecuteAsync($"insert into crm_contacts (tenant_id, first_name, email) select '{SyncBed.Tenant}', 'H' || i, 'c' || i || '@example.com' from generate_series(601, 1800) i");
        await bed.ConnectAsync();
        bed.Crm.AddContacts(1_200);
        var answer = await bed.TryApproveAsync(await bed.MakeAsync(), MatchChoice.CreateMissing);
        for (var job = await bed.Sync.JobAsync(answer.Job!.Value); job.IsRunnable; job = await bed.Sync.JobAsync(job.Id))
        {
            (await bed.Sync.StepAsync(job)).State.ShouldNotBe(StepState.NotMine);
            (await bed.Sync.StepAsync(job)).State.ShouldBe(StepState.NotMine);
        }

        (await bed.Sync.CountAsync("crm_contacts")).ShouldBe(1_800);
        (await bed.Sync.CountAsync("crm_record_links where state = 'live'")).ShouldBe(1_200);
        while ((await bed.PushAsync()).Rows > 0)
            continue;
        bed.Crm.All(RemoteKind.Contact).Count.ShouldBe(1_800);
        (await bed.Sync.CountAsync("crm_record_links where state = 'live'")).ShouldBe(1_800);
    }

    [Fact]
    public async Task A_load_that_failed_goes_on_with_the_plan_when_it_is_started_again()
    {
        await using var bed = await FilledAsync();
        var answer = await bed.TryApproveAsync(await bed.MakeAsync(), MatchChoice.LinkOnly);
        bed.Crm.Before = call => _ = call == "list contact" ? throw new Domain.Ports.CrmCallException(Platform.HubSpot, System.Net.HttpStatusCode.Forbidden, "scope") : 0;
        (await bed.FinishAsync(answer.Job!.Value)).State.ShouldBe(JobState.Failed);
        bed.Crm.Before = _ => { };

        var result = await bed.Sync.RunAsync();

        (result.Mode, result.Created, result.Updated).ShouldBe((SyncMode.Initial, 0, 1));
        (await bed.LinksAsync()).ShouldContain("101 live Ann");
    }

    [Fact]
    public async Task A_pair_that_is_no_longer_there_is_not_joined()
    {
        await using var bed = await MatchBed.CreateAsync("Ann:ann@x.example Bob:bob@x.example Cleo:cleo@x.example");
        await bed.ConnectAsync();
        var (ann, bob, cleo) = (bed.AddThere("ann", "ann@x.example"), bed.AddThere("bob", "bob@x.example"), bed.AddThere("cleo", "cleo@x.example"));
        var plan = await bed.MakeAsync();
        await bed.Sync.ExecuteAsync("update crm_contacts set deleted_at = now() where first_name = 'Ann'"); // gone here
        bed.Crm.Archive(RemoteKind.Contact, bob); // gone there

        await bed.ApproveAsync(plan, MatchChoice.LinkOnly);
        await bed.PushAsync();

        (await bed.LinksAsync()).ShouldBe([$"{ann} excluded", $"{bob} deleted Bob", $"{cleo} live Cleo"], ignoreOrder: true);
        (await bed.Sync.CountAsync("crm_contacts where deleted_at is null")).ShouldBe(2);
        bed.Crm.All(RemoteKind.Contact).Select(contact => contact.Ref.Id).ShouldBe([ann, cleo]);
    }

    [Fact]
    public async Task Deals_keep_their_companies_on_both_sides()
    {
        await using var bed = await MatchBed.CreateAsync();
        var acme = await bed.InsertAsync("crm_companies", "name, domain", "'Acme', 'acme.example'");
        await bed.ConnectAsync();
        var company = bed.Crm.Add(RemoteKind.Company, ("name", "Acme"), ("domain", "acme.example"));
        bed.Crm.Associate(RemoteKind.Deal, bed.Crm.Add(RemoteKind.Deal, ("dealname", "Big"), ("amount", "1")), RemoteKind.Company, company);

        await bed.ApproveAsync(await bed.MakeAsync(), MatchChoice.CreateHere);

        (await bed.Sync.ScalarAsync<Guid>("select a.to_id from crm_associations a join crm_deals d on d.id = a.from_id where a.deleted_at is null")).ShouldBe(acme);
    }

    [Theory]
    [InlineData("read", MatchChoice.CreateMissing, "choices.contact: create_missing writes to the platform, and this connection only reads; choose create_here or link_only")]
    [InlineData("write", MatchChoice.CreateHere, "choices.contact: create_here takes records from the platform, and this connection only writes")]
    [InlineData("two_way", MatchChoice.Ignore, "choices: with every kind ignored nothing is left to sync")]
    public async Task What_the_connection_cannot_do_is_refused_with_its_remedy(string direction, MatchChoice choice, string reason)
    {
        await using var bed = await FilledAsync(direction);
        var answer = await bed.TryApproveAsync(await bed.MakeAsync(), choice, choice == MatchChoice.Ignore ? choice : MatchChoice.LinkOnly);
        answer.State.ShouldBe(MatchAnswerState.Refused);
        answer.Reason!.ShouldStartWith(reason);
        (await bed.ViewAsync()).State.ShouldBe("ready");
    }

    [Fact]
    public async Task Every_kind_has_a_choice_and_no_other()
    {
        await using var bed = await FilledAsync();
        var plan = await bed.MakeAsync();
        Task<MatchAnswer> TryAsync(params RecordKind[] kinds) => bed.Plans.ApproveAsync(
            SyncBed.Tenant, Platform.HubSpot, plan, kinds.ToDictionary(kind => kind, _ => MatchChoice.LinkOnly), "boss", CancellationToken.None);
        (await TryAsync(RecordKind.Contact)).Reason!.ShouldStartWith("choices: there is none for company, deal; name every kind");
        (await TryAsync(RecordKind.Contact, RecordKind.Company, RecordKind.Deal, RecordKind.Task)).Reason.ShouldBe("choices: task is not synced with this platform; leave it out.");
    }

    [Fact]
    public async Task Only_the_plan_that_was_looked_at_is_approved_and_only_once()
    {
        await using var bed = await FilledAsync();
        (await bed.TryApproveAsync(Guid.NewGuid(), MatchChoice.LinkOnly)).Reason.ShouldBe("There is no plan to approve: its state is needed.");
        var first = await bed.MakeAsync();
        var second = await bed.MakeAsync();
        (await bed.TryApproveAsync(first, MatchChoice.LinkOnly)).Reason.ShouldBe("Another plan has been made since; look at that one.");
        await bed.ApproveAsync(second, MatchChoice.LinkOnly);
        (await bed.TryApproveAsync(second, MatchChoice.CreateMissing)).ShouldBe(MatchAnswer.Closed("There is no plan to approve: its state is settled."));
    }

    [Fact]
    public async Task While_a_plan_is_made_anew_nothing_can_be_approved()
    {
        await using var bed = await FilledAsync();
        var plan = await bed.MakeAsync();
        await bed.Plans.StartAsync(SyncBed.Tenant, Platform.HubSpot, "ann", CancellationToken.None);
        (await bed.TryApproveAsync(plan, MatchChoice.LinkOnly)).State.ShouldBe(MatchAnswerState.Closed);
    }

    [Fact]
    public async Task A_plan_that_another_platforms_load_has_overtaken_has_to_be_made_again()
    {
        await using var bed = await FilledAsync();
        await bed.Sync.ExecuteAsync($"insert into crm_sync_configs (tenant_id, platform, state, match_state) values ('{SyncBed.Tenant}', 'pipedrive', 'connected', 'ready')");
        await bed.ApproveAsync(await bed.MakeAsync(), MatchChoice.CreateHere);
        (await bed.Sync.ScalarAsync<string>("select match_state from crm_sync_configs where platform = 'pipedrive'")).ShouldBe("needed");
    }

    // Ann is on both sides, Cleo twice here and once there, Bob only here, Fay only there.
    private static async Task<MatchBed> FilledAsync(string direction = "two_way")
    {
        var bed = await MatchBed.CreateAsync(Hub);
        await bed.ConnectAsync(direction);
        bed.Crm.Add(RemoteKind.Contact, ("firstname", "annie"), ("email", "ann@x.example"), ("jobtitle", "Boss")).ShouldBe("101");
        bed.AddThere("cleo", "cleo@x.example");
        bed.AddThere("Fay", "fay@x.example");
        return bed;
    }
}
