using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Forge.Crm.Tests.Engine;

/// <summary>A person decides a held field.</summary>
public sealed class ReviewTests : IAsyncLifetime
{
    private const string Person = "5f0c1f3e-0000-4000-8000-000000000007";

    private StoreBed _bed = null!;
    private SyncConfigs _configs = null!;
    private Reviews _reviews = null!;

    public async Task InitializeAsync()
    {
        _bed = await StoreBed.CreateAsync();
        await _bed.Hub.AddConfigAsync(_bed.Hub.Id, "hubspot", "two_way");
        await _bed.Hub.AddConfigAsync(_bed.Hub.Id, "pipedrive", "two_way");
        await _bed.Hub.ExecuteAsync("update crm_sync_configs set strategy = 'manual_review'");
        _configs = new(_bed.Hub.Tenant, TimeProvider.System, NullLogger<SyncConfigs>.Instance);
        var sessions = new PlatformSessions(_configs, new(_bed.Hub.Tenant), new FakeSecretStore(), [], TimeProvider.System);
        _reviews = new(_bed.Store, new ConflictViews(_bed.Hub.Tenant), _configs, sessions);
    }

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Theory]
    [InlineData(ReviewPick.Hub, null, "CEO", "VP", new[] { "job_title" })]
    [InlineData(ReviewPick.Remote, null, "VP", null, new string[0])]
    [InlineData(ReviewPick.Value, "Chair", "Chair", "VP", new[] { "job_title" })]
    [InlineData(ReviewPick.Value, " VP ", "VP", null, new string[0])]
    [InlineData(ReviewPick.Value, null, null, "VP", new[] { "job_title" })]
    public async Task Each_pick_frees_the_field_and_the_value_not_chosen_is_in_the_history(
        ReviewPick pick, string? typed, string? becomes, string? lost, string[] due)
    {
        var id = await OpenAsync();

        var result = await ResolveAsync(id, new(pick, typed));

        result.State.ShouldBe(ReviewState.Resolved);
        var shown = JsonDocument.Parse(result.Conflict!).RootElement;
        shown.GetProperty("state").GetString().ShouldBe("resolved");
        (await _bed.Hub.RowsAsync("select state, resolution, resolved_by, resolved_at is not null from crm_conflict_records"))
            .ShouldBe([$"resolved|{pick.ToName()}|{Person}|True"]);
        (await _bed.Hub.ScalarAsync<string>("select job_title from crm_contacts")).ShouldBe(becomes);
        (await _bed.Hub.RowsAsync("select new_value from crm_audit_log where action = 'lost'")).ShouldBe(lost is null ? [] : [lost]);
        (await _bed.Hub.RowsAsync("select distinct cause, cause_id, actor from crm_audit_log where cause = 'person'"))
            .ShouldBe([$"person|{id}|{Person}"]);
        (await _bed.Hub.RowsAsync("select platform from crm_outbox order by 1")).ShouldBe(["hubspot", "pipedrive"]);
        var look = await _bed.LookAsync(await _bed.OnlyContactAsync());
        _bed.NamesOf(look).ShouldBe(due);
    }

    [Fact]
    public async Task What_a_person_decided_is_not_asked_again_when_the_platform_shows_the_same_once_more()
    {
        await ResolveAsync(await OpenAsync(), new(ReviewPick.Hub));

        await _bed.ApplyAsync(_bed.Contact("1", -1, ("job_title", "VP")));

        (await _bed.Hub.ScalarAsync<long>("select count(*) from crm_conflict_records where state = 'open'")).ShouldBe(0);
        (await _bed.Hub.ScalarAsync<string>("select job_title from crm_contacts")).ShouldBe("CEO");
    }

    [Theory, InlineData(ReviewPick.Hub, "supabase"), InlineData(ReviewPick.Remote, "hubspot")]
    public async Task Always_makes_the_side_win_the_field_on_every_platform_and_history_says_who_did(ReviewPick pick, string first)
    {
        await _bed.Hub.ExecuteAsync("""update crm_sync_configs set strategies = '{"contact.phone": "source_priority"}' where platform = 'pipedrive'""");
        var id = await OpenAsync();
        await _configs.OfAsync(_bed.Hub.Id, CancellationToken.None); // kept from before

        (await ResolveAsync(id, new(pick), always: true)).State.ShouldBe(ReviewState.Resolved);

        (await _bed.Hub.RowsAsync("select strategies -> 'contact.job_title', strategies -> 'contact.phone' from crm_sync_configs order by platform"))
            .ShouldBe([$$"""{"source": "{{first}}", "strategy": "source_priority"}|""", $$"""{"source": "{{first}}", "strategy": "source_priority"}|"source_priority" """.TrimEnd()]);
        (await _bed.Hub.RowsAsync("select field, cause, actor from crm_audit_log where action = 'configure' and kind = 'sync_config' order by id desc limit 2"))
            .Order().ShouldBe([$"hubspot|person|{Person}", $"pipedrive|person|{Person}"]);
        var config = (await _configs.OfAsync(_bed.Hub.Id, CancellationToken.None))!.Of(Platform.Pipedrive)!;
        var rule = config.Strategies!.For(RecordKind.Contact, "job_title");
        (rule.Strategy, rule.Ranks[0].ToName()).ShouldBe((Strategy.SourcePriority, first));
        config.Strategies.For(RecordKind.Contact, "city").Strategy.ShouldBe(Strategy.ManualReview);
    }

    [Theory]
    [InlineData("lead_value", "a lot", "The value is not a number below 10^15.")]
    [InlineData("owner_id", "Olga", null)]
    [InlineData("lead_value", "99999999999999999999", "The value is not a number below 10^15.")]
    public async Task A_value_that_the_field_cannot_hold_is_refused_and_nothing_changes(string field, string typed, string? reason)
    {
        var (mine, theirs) = field == "owner_id" ? (Guid.NewGuid().ToString(), Guid.NewGuid().ToString()) : ("10", "20");
        var id = await OpenAsync(field, mine, theirs);

        var result = await ResolveAsync(id, new(ReviewPick.Value, typed));

        result.State.ShouldBe(ReviewState.Refused);
        (reason ?? result.Reason).ShouldBe(result.Reason);
        result.Reason!.ShouldNotContain(typed);
        (await _bed.Hub.RowsAsync($"select c.state, t.{field} from crm_conflict_records c, crm_contacts t"))
            .ShouldBe([$"open|{(field == "lead_value" ? "10.0000" : mine)}"]);
    }

    [Fact]
    public async Task A_value_that_the_table_refuses_is_refused_too()
    {
        await _bed.Hub.ExecuteAsync($"""
            insert into crm_deals (tenant_id, id, status) values ('{_bed.Hub.Id}', '{Person}', 'open');
            insert into crm_conflict_records (tenant_id, kind, record_id, field, platform, hub_value, hub_stamp, remote_value, remote_stamp)
            select '{_bed.Hub.Id}', 'deal', '{Person}', 'status', 'hubspot', 'open', field_stamps ->> '*', 'won', field_stamps ->> '*' from crm_deals
            """);

        var result = await ResolveAsync(await _bed.Hub.ScalarAsync<Guid>("select id from crm_conflict_records"), new(ReviewPick.Value, "perhaps"));

        (result.State, result.Reason).ShouldBe((ReviewState.Refused, "The field cannot hold the value: 23514 ck_crm_deals_status"));
        (await _bed.Hub.RowsAsync("select c.state, d.status from crm_conflict_records c, crm_deals d")).ShouldBe(["open|open"]);
    }

    [Fact]
    public async Task Of_many_who_decide_at_once_one_wins_and_the_others_are_shown_what_it_became()
    {
        var id = await OpenAsync();

        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => ResolveAsync(id, new(ReviewPick.Value, $"Title {i}"), person: $"person-{i}")));

        results.Count(result => result.State == ReviewState.Resolved).ShouldBe(1);
        results.Count(result => result.State == ReviewState.Closed).ShouldBe(7);
        var winner = Array.FindIndex(results, result => result.State == ReviewState.Resolved);
        results.ShouldAllBe(result => JsonDocument.Parse(result.Conflict!).RootElement.GetProperty("resolved_by").GetString() == $"person-{winner}");
        (await _bed.Hub.ScalarAsync<string>("select job_title from crm_contacts")).ShouldBe($"Title {winner}");
        (await _bed.Hub.ScalarAsync<long>("select count(*) from crm_audit_log where action = 'set' and cause = 'person'")).ShouldBe(1);
    }

    [Fact]
    public async Task One_that_closed_by_itself_is_not_decided_in_the_place_of_the_next()
    {
        var first = await OpenAsync();
        await _bed.Hub.ExecuteAsync("update crm_contacts set job_title = 'VP'");
        await _bed.LookAsync(await _bed.OnlyContactAsync());
        await _bed.Hub.ExecuteAsync("update crm_contacts set job_title = 'Chair'");
        await _bed.ApplyAsync(_bed.Contact("1", 5, ("job_title", "Clerk")));

        (await ResolveAsync(first, new(ReviewPick.Remote))).State.ShouldBe(ReviewState.Closed);

        (await _bed.Hub.RowsAsync("select state from crm_conflict_records order by opened_at")).ShouldBe(["superseded", "open"]);
        (await _bed.Hub.ScalarAsync<string>("select job_title from crm_contacts")).ShouldBe("Chair");
    }

    [Fact]
    public async Task Strategies_that_cannot_be_read_do_not_keep_a_person_from_deciding()
    {
        var id = await OpenAsync();
        await _bed.Hub.ExecuteAsync("""update crm_sync_configs set strategies = '["?"]' where platform = 'hubspot'""");

        (await ResolveAsync(id, new(ReviewPick.Remote), always: true)).State.ShouldBe(ReviewState.Resolved);

        (await _bed.Hub.RowsAsync("select strategies from crm_sync_configs where platform = 'hubspot'")).ShouldBe(["[\"?\"]"]);
        (await _bed.Hub.RowsAsync("select strategies -> 'contact.job_title' ->> 'source' from crm_sync_configs where platform = 'pipedrive'")).ShouldBe(["hubspot"]);
    }

    private async Task<Guid> OpenAsync(string field = "job_title", string mine = "CEO", string theirs = "VP")
    {
        await _bed.ApplyAsync(_bed.Contact("1", -60, (field, null)));
        await _bed.Hub.ExecuteAsync($"update crm_contacts set {field} = '{mine}'");
        await _bed.Hub.ExecuteAsync("delete from crm_outbox");
        await _bed.ApplyAsync(_bed.Contact("1", -1, (field, theirs)));
        return await _bed.Hub.ScalarAsync<Guid>("select id from crm_conflict_records where state = 'open'");
    }

    private Task<ReviewResult> ResolveAsync(Guid id, ReviewChoice choice, bool always = false, string person = Person) =>
        _reviews.ResolveAsync(_bed.Hub.Id, id, choice, always, person, CancellationToken.None);
}
