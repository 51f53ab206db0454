using Forge.Crm.Adapters.Rules;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Rules;

/// <summary>Rules over PostgreSQL: in the engine's transactions, and behind people's edits.</summary>
public sealed class RulesAtWorkTests : IAsyncLifetime
{
    private const string Runs = "select status, coalesce(reason, '') from crm_rule_runs order by event_id, at";

    private RuleBed _bed = null!;

    public async Task InitializeAsync() => _bed = await RuleBed.CreateAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task A_reply_from_an_unknown_address_makes_contact_and_deal_in_the_transaction_of_the_mail_and_is_pushed()
    {
        var rule = await _bed.AddPresetAsync("contact-on-reply");
        (await _bed.ApplyMailAsync("900", "ji-woo@customer.kr", "김지우")).ShouldBe(ChangeOutcome.Created);

        (await _bed.RowsAsync("select email, first_name, lead_source from crm_contacts")).ShouldBe(["ji-woo@customer.kr|김지우|email"]);
        (await _bed.RowsAsync($"select name, status, stage_id from crm_deals")).ShouldBe([$"김지우|open|{A.StageId(1)}"]);
        (await _bed.RowsAsync("select from_kind, to_kind from crm_associations where deleted_at is null order by 1, 2")).ShouldBe(["activity|contact", "activity|deal", "deal|contact"]);
        var @event = await _bed.Hub.ScalarAsync<long>("select id from crm_rule_events where status = 'done'");
        (await _bed.RowsAsync("select distinct cause, cause_id, actor from crm_audit_log where kind in ('contact', 'deal')"))
            .ShouldBe([$"rule|{rule}:{@event}|rule 'Auto-create contact on e-mail reply'"]);
        (await _bed.RowsAsync("select kind, count(*) from crm_outbox where platform = 'hubspot' group by kind order by kind")).ShouldBe(["contact|1", "deal|1"]);
        (await _bed.RowsAsync(Runs)).ShouldBe(["done|"]);
        (await _bed.RowsAsync("select key from crm_identities where kind = 'contact'")).ShouldBe(["email:ji-woo@customer.kr"]);
    }

    [Fact]
    public async Task Never_a_second_contact_and_never_a_second_open_deal_however_many_mails_come_at_once()
    {
        await _bed.AddPresetAsync("contact-on-reply");
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => _bed.ApplyMailAsync($"{900 + i}", "ji-woo@customer.kr", "Ji-woo")));
        for (var i = 0; i < 20 && await _bed.Hub.ScalarAsync<long>("select count(*) from crm_rule_events where status = 'pending'") > 0; i++)
        {
            await _bed.Hub.ExecuteAsync("update crm_rule_events set next_attempt_at = null where status = 'pending'");
            await _bed.DrainAsync();
        }

        (await _bed.Hub.ScalarAsync<long>("select count(*) from crm_contacts")).ShouldBe(1);
        (await _bed.Hub.ScalarAsync<long>("select count(*) from crm_deals")).ShouldBe(1);
        await _bed.EditAsync("update crm_deals set status = 'won'");
        await _bed.ApplyMailAsync("950", "JI-WOO@customer.kr", minute: 30);
        (await _bed.RowsAsync("select status from crm_deals order by created_at")).ShouldBe(["won", "open"]);
        (await _bed.Hub.ScalarAsync<long>("select count(*) from crm_contacts")).ShouldBe(1);
    }

    [Fact]
    public async Task What_a_person_does_by_SQL_is_heard_in_its_transaction_and_acted_on_once()
    {
        await _bed.AddPresetAsync("task-on-proposal");
        await _bed.EditAsync($"insert into crm_deals (tenant_id, name, stage_id, owner_id) values ('{_bed.Hub.Id}', 'Robots', '{A.StageId(1)}', '{A.Ann}')");
        await _bed.DrainAsync();
        await _bed.EditAsync($"update crm_deals set stage_id = '{A.StageId(3)}', amount = 5");
        (await _bed.RowsAsync("select type, kind, status, depth from crm_rule_events")).ShouldBe(["changed|deal|pending|0"]);

        await Task.WhenAll(_bed.DrainAsync(), _bed.DrainAsync(), _bed.DrainAsync());

        (await _bed.RowsAsync("select subject, status, owner_id from crm_tasks")).ShouldBe([$"Follow up: Robots|not_started|{A.Ann}"]);
        (await _bed.RowsAsync("select status from crm_rule_events")).ShouldBe(["done"]);
        // What does not concern it leaves no trace.
        await _bed.EditAsync("update crm_deals set amount = 6");
        await _bed.EditAsync($"update crm_deals set stage_id = '{A.StageId(2)}'");
        await _bed.DrainAsync();
        (await _bed.RowsAsync("select status from crm_rule_events")).ShouldBe(["done"]);
    }

    [Fact]
    public async Task A_rule_that_fails_is_noted_never_stops_the_sync_and_is_switched_off_in_the_end()
    {
        var rule = await _bed.AddAsync("""{ "name": "Wrong", "when": { "on": "created", "kind": "contact" }, "then": [{ "do": "set", "record": "record", "fields": { "lead_value": "{{ record.city }}" } }] }""");
        var good = await _bed.AddAsync("""{ "name": "Right", "when": { "on": "created", "kind": "contact" }, "then": [{ "do": "set", "record": "record", "fields": { "country": "KR" } }] }""");
        for (var i = 0; i < RuleRunRows.MaxFailures; i++)
            (await _bed.ApplyAsync(RemoteKind.Contact, $"{i}", 0, null, ("email", $"a{i}@example.com"), ("city", "Seoul"))).ShouldBe(ChangeOutcome.Created);

        (await _bed.RowsAsync("select country, lead_value from crm_contacts")).ShouldBe(Enumerable.Repeat("KR|", RuleRunRows.MaxFailures));
        (await _bed.RowsAsync($"select distinct status, reason from crm_rule_runs where rule_id = '{rule}'")).ShouldBe(["failed|contact.lead_value: The value is not a number below 10^15."]);
        (await _bed.RowsAsync($"select enabled, disabled_reason from crm_automation_rules where id = '{rule}'"))
            .ShouldBe(["False|it failed 5 times in a row: contact.lead_value: The value is not a number below 10^15."]);
        (await _bed.RowsAsync($"select enabled, failures from crm_automation_rules where id = '{good}'")).ShouldBe(["True|0"]);
        (await _bed.RowsAsync("select target, subject from crm_notices")).ShouldBe(["administrators|The rule 'Wrong' is switched off"]);
    }

    [Fact]
    public async Task Rules_that_set_each_other_off_are_stopped_and_reported()
    {
        await _bed.AddAsync("""{ "name": "A", "when": { "on": "changed", "kind": "contact", "field": "city" }, "then": [{ "do": "set", "record": "record", "fields": { "state": "{{ record.city }}x" } }] }""");
        await _bed.AddAsync("""{ "name": "B", "when": { "on": "changed", "kind": "contact", "field": "state" }, "then": [{ "do": "set", "record": "record", "fields": { "city": "{{ record.state }}x" } }] }""");
        await _bed.EditAsync($"insert into crm_contacts (tenant_id, email) values ('{_bed.Hub.Id}', 'ann@example.com')");
        await _bed.EditAsync("update crm_contacts set city = 'x'");
        await _bed.DrainAsync();

        (await _bed.RowsAsync("select city, state from crm_contacts")).ShouldBe(["xxxxx|xxxxxx"]);
        (await _bed.RowsAsync("select depth, status from crm_rule_events order by depth")).ShouldBe(["0|done", "1|done", "2|done", "3|done", "4|done", "5|stopped"]);
        (await _bed.RowsAsync("select reason from crm_rule_runs where status = 'stopped'")).ShouldBe(["rules set each other off: 5 in a row lead here"]);
        (await _bed.RowsAsync("select subject from crm_notices")).ShouldHaveSingleItem().ShouldContain("goes round in a circle");
    }

    [Fact]
    public async Task A_rule_that_a_platform_undoes_again_and_again_is_stopped_by_the_hour()
    {
        await _bed.AddAsync("""{ "name": "A", "when": { "on": "changed", "kind": "contact", "field": "city" }, "then": [{ "do": "set", "record": "record", "fields": { "state": "{{ record.city }}" } }] }""");
        await _bed.ApplyAsync(RemoteKind.Contact, "1", 0, null, ("email", "a@example.com"), ("city", "0"));
        for (var minute = 1; minute <= RuleRunner.MaxRunsAnHour + 2; minute++)
            await _bed.ApplyAsync(RemoteKind.Contact, "1", minute, null, ("email", "a@example.com"), ("city", $"{minute}"));
        (await _bed.RowsAsync("select status, count(*) from crm_rule_runs group by status order by status")).ShouldBe([$"done|{RuleRunner.MaxRunsAnHour}", "stopped|2"]);
        (await _bed.RowsAsync("select city, state from crm_contacts")).ShouldBe([$"{RuleRunner.MaxRunsAnHour + 2}|{RuleRunner.MaxRunsAnHour}"]);
    }

    [Fact]
    public async Task A_first_load_is_no_news_and_a_reconciliation_is()
    {
        await _bed.AddAsync("""{ "name": "A", "when": { "on": "created", "kind": "contact" }, "then": [{ "do": "set", "record": "record", "fields": { "country": "KR" } }] }""");
        await _bed.ApplyAsync(RemoteKind.Contact, "1", 0, new(CauseKind.Job, "j") { IsNews = false }, ("email", "a@example.com"));
        await _bed.ApplyAsync(RemoteKind.Contact, "2", 0, new(CauseKind.Job, "j"), ("email", "b@example.com"));
        (await _bed.RowsAsync("select email, country from crm_contacts order by email")).ShouldBe(["a@example.com|", "b@example.com|KR"]);
    }

    [Fact]
    public async Task What_comes_twice_is_acted_on_once()
    {
        await _bed.AddAsync("""{ "name": "A", "when": { "on": "created", "kind": "contact" }, "then": [{ "do": "create", "kind": "task", "fields": { "subject": "Welcome {{ record.first_name }}" }, "link": ["record"] }] }""");
        for (var i = 0; i < 3; i++)
            await _bed.ApplyAsync(RemoteKind.Contact, "1", 0, null, ("email", "a@example.com"), ("first_name", "Ann"));
        await _bed.DrainAsync();
        (await _bed.RowsAsync("select subject from crm_tasks")).ShouldBe(["Welcome Ann"]);
    }

    [Fact]
    public async Task Owners_take_turns_over_all_events_and_who_is_told_stands_in_the_outbox()
    {
        await _bed.AddAsync("""
            { "name": "Assign", "when": { "on": "created", "kind": "deal" }, "then": [
                { "do": "assign", "record": "record", "by": "round_robin" },
                { "do": "alert", "to": "owner", "subject": "Yours: {{ record.name }}", "text": "<b>{{ record.name }}</b>" },
                { "do": "webhook", "url": "https://hooks.example.com/deal", "secret": "hook", "body": { "deal": "{{ record.id }}", "name": "{{ record.name }}" } }] }
            """);
        for (var i = 0; i < 3; i++)
            await _bed.ApplyAsync(RemoteKind.Deal, $"{i}", 0, null, ("name", $"D{i}"));
        (await _bed.RowsAsync("select name, owner_id from crm_deals order by name")).ShouldBe([$"D0|{A.Ann}", $"D1|{A.Bo}", $"D2|{A.Ann}"]);
        (await _bed.RowsAsync("select target, owner_id, subject, body from crm_notices where target = 'owner' order by subject"))
            .ShouldBe([$"owner|{A.Ann}|Yours: D0|<b>D0</b>", $"owner|{A.Bo}|Yours: D1|<b>D1</b>", $"owner|{A.Ann}|Yours: D2|<b>D2</b>"]);
        (await _bed.RowsAsync("select address, secret_name, payload::json->>'name' from crm_notices where target = 'webhook' order by 3"))
            .ShouldBe(["https://hooks.example.com/deal|hook|D0", "https://hooks.example.com/deal|hook|D1", "https://hooks.example.com/deal|hook|D2"]);
    }

    [Fact]
    public async Task A_rule_by_SQL_is_live_once_it_is_checked_and_one_that_is_none_is_switched_off_with_the_reason()
    {
        await _bed.Hub.ExecuteAsync($$"""
            insert into crm_automation_rules (tenant_id, name, document) values
                ('{{_bed.Hub.Id}}', 'Good', '{ "when": { "on": "created", "kind": "contact" }, "then": [{ "do": "set", "record": "record", "fields": { "country": "KR" } }] }'),
                ('{{_bed.Hub.Id}}', 'Bad', '{ "when": { "on": "created", "kind": "contact" }, "then": [{ "do": "set", "record": "record", "fields": { "colour": "KR" } }] }'),
                ('{{_bed.Hub.Id}}', 'No stage', '{ "when": { "on": "stage_entered", "stage": "Offer out" }, "then": [{ "do": "set", "record": "record", "fields": { "name": "x" } }] }');
            """);
        await _bed.Get<RuleChecks>().RunAsync(CancellationToken.None);
        (await _bed.RowsAsync("select name, enabled, listens, warning, disabled_reason is not null from crm_automation_rules order by name")).ShouldSatisfyAllConditions(
            rows => rows[0].ShouldStartWith("Bad|False|"), rows => rows[0].ShouldEndWith("|True"),
            rows => rows[1].ShouldStartWith("Good|True|"),
            rows => rows[2].ShouldContain("no stage is called 'Offer out': set one of the tenant's in the rule's settings"));
        (await _bed.Hub.ScalarAsync<string>("select disabled_reason from crm_automation_rules where name = 'Bad'"))!.ShouldStartWith("/then/0/fields/colour: a contact has no field 'colour'");
        await _bed.ApplyAsync(RemoteKind.Contact, "1", 0, null, ("email", "a@example.com"));
        (await _bed.RowsAsync("select country from crm_contacts")).ShouldBe(["KR"]);
        // Another document is another version, and is checked anew.
        await _bed.Hub.ExecuteAsync("update crm_automation_rules set document = jsonb_set(document, '{then,0,fields,country}', '\"US\"') where name = 'Good'");
        (await _bed.RowsAsync("select version, checked_version from crm_automation_rules where name = 'Good'")).ShouldBe(["2|1"]);
        await _bed.Get<RuleChecks>().RunAsync(CancellationToken.None);
        await _bed.ApplyAsync(RemoteKind.Contact, "2", 0, null, ("email", "b@example.com"));
        (await _bed.Hub.ScalarAsync<string>("select country from crm_contacts where email = 'b@example.com'")).ShouldBe("US");
    }

    [Fact]
    public async Task A_deal_at_risk_is_told_of_once_for_each_close_date_and_not_where_something_was_heard()
    {
        var rule = await _bed.AddPresetAsync("alert-at-risk");
        async Task<List<string>> RehearseAsync(Guid? id)
        {
            var rehearsal = await _bed.Get<RuleRehearsals>().RunAsync(
                _bed.Hub.Id, Domain.Rules.ReadyMadeRules.All[3].Document, TimeProvider.System.GetUtcNow().AddDays(-1), 100, CancellationToken.None, id);
            return [.. rehearsal.Runs.SelectMany(run => run.Effects).Select(effect => ((Domain.Rules.RuleEffect.Alert)effect).Subject)];
        }

        Task<int> LookAsync() => _bed.Get<TimedRules>().RunAsync(_bed.Hub.Id, CancellationToken.None);
        var (soon, later, busy) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        await _bed.EditAsync($"""
            insert into crm_deals (tenant_id, id, name, close_date, owner_id, status) values
                ('{_bed.Hub.Id}', '{soon}', 'Soon', current_date + 6, '{A.Ann}', null),
                ('{_bed.Hub.Id}', '{later}', 'Later', current_date + 7, '{A.Ann}', 'open'),
                ('{_bed.Hub.Id}', '{busy}', 'Busy', current_date + 1, '{A.Ann}', 'open'),
                ('{_bed.Hub.Id}', gen_random_uuid(), 'Won', current_date + 1, '{A.Ann}', 'won'),
                ('{_bed.Hub.Id}', gen_random_uuid(), 'Over', current_date - 1, '{A.Ann}', 'open');
            insert into crm_activities (tenant_id, id, type, occurred_at) values ('{_bed.Hub.Id}', '{soon}', 'call', now() - interval '8 days'), ('{_bed.Hub.Id}', '{busy}', 'call', now() - interval '1 day');
            insert into crm_associations (tenant_id, from_kind, from_id, to_kind, to_id) values
                ('{_bed.Hub.Id}', 'activity', '{soon}', 'deal', '{soon}'), ('{_bed.Hub.Id}', 'activity', '{busy}', 'deal', '{busy}');
            """);
        (await RehearseAsync(null)).ShouldBe(["At risk: Soon"]);
        (await RehearseAsync(rule)).ShouldBe(["At risk: Soon"]);
        (await _bed.RowsAsync("select count(*) from crm_rule_events union all select count(*) from crm_notices")).ShouldBe(["0", "0"]);
        for (var i = 0; i < 3; i++)
        {
            await LookAsync();
            await _bed.DrainAsync();
        }

        (await _bed.RowsAsync("select subject from crm_notices")).ShouldBe(["At risk: Soon"]);
        (await RehearseAsync(rule)).ShouldBeEmpty();
        (await RehearseAsync(null)).ShouldBe(["At risk: Soon"]);
        await _bed.EditAsync($"update crm_deals set close_date = current_date + 3 where id = '{soon}'");
        await LookAsync();
        await _bed.DrainAsync();
        (await _bed.RowsAsync("select subject from crm_notices")).ShouldBe(["At risk: Soon", "At risk: Soon"]);
    }

    [Fact]
    public async Task A_dry_run_finds_where_its_time_begins_in_a_long_history_and_reads_no_further_back()
    {
        await _bed.EditAsync($"""
            set session_replication_role = replica;
            insert into crm_deals (tenant_id, id, name, stage_id) values ('{_bed.Hub.Id}', '{A.Bo}', 'Robots', '{A.StageId(3)}');
            insert into crm_audit_log (tenant_id, kind, record_id, field, action, new_value, source, changed_at, cause, at)
            select case when i % 3 = 0 then gen_random_uuid() else '{_bed.Hub.Id}' end, 'deal', '{A.Bo}', 'stage_id', 'set', '{A.StageId(3)}', 'hubspot', now(), 'event', now() - (30000 - i) * interval '1 minute'
              from generate_series(1, 30000) i;
            reset session_replication_role; analyze crm_audit_log
            """);
        var end = await _bed.Hub.ScalarAsync<DateTime>("select max(at) from crm_audit_log");
        foreach (var (hours, expected) in new[] { (1, 40), (100, 200), (1_000, 200), (0, 0) })
        {
            var since = new DateTimeOffset(end).AddHours(-hours).AddSeconds(hours == 0 ? 30 : -30);
            var rehearsal = await _bed.Get<RuleRehearsals>().RunAsync(_bed.Hub.Id, Domain.Rules.ReadyMadeRules.All[2].Document, since, 200, CancellationToken.None);
            (rehearsal.Events, rehearsal.Runs.Count).ShouldBe((expected, expected));
            rehearsal.Runs.ShouldAllBe(run => run.At >= since);
        }

        (await _bed.Get<RuleRehearsals>().RunAsync(await _bed.Hub.AddTenantAsync(), Domain.Rules.ReadyMadeRules.All[2].Document, default, 200, CancellationToken.None)).Events.ShouldBe(0);
    }

    [Fact]
    public async Task A_dry_run_tells_what_past_events_would_have_come_to_and_changes_nothing()
    {
        await _bed.ApplyAsync(RemoteKind.Deal, "1", 0, null, ("name", "Robots"), ("stage_id", A.StageId(1).ToString()));
        await _bed.ApplyAsync(RemoteKind.Deal, "1", 1, null, ("name", "Robots"), ("stage_id", A.StageId(3).ToString()));
        await _bed.EditAsync($"update crm_deals set stage_id = '{A.StageId(4)}'");
        var before = await _bed.RowsAsync("select count(*) from crm_audit_log union all select count(*) from crm_tasks union all select count(*) from crm_rule_events");

        var rehearsal = await _bed.Get<RuleRehearsals>().RunAsync(
            _bed.Hub.Id, Domain.Rules.ReadyMadeRules.All[2].Document, TimeProvider.System.GetUtcNow().AddDays(-1), 100, CancellationToken.None);

        rehearsal.Events.ShouldBe(3);
        rehearsal.Runs.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            run => run.Event.ShouldBe("changed"), run => run.Effects.ShouldHaveSingleItem().ShouldBeOfType<Domain.Rules.RuleEffect.Create>().Values["subject"].ShouldBe("Follow up: Robots"));
        (await _bed.RowsAsync("select count(*) from crm_audit_log union all select count(*) from crm_tasks union all select count(*) from crm_rule_events")).ShouldBe(before);
    }
}
