using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Rules;
using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Apps;

/// <summary>Events that failed or came to nothing, once more.</summary>
public sealed class AppRedriveTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task An_event_whose_rule_failed_is_shown_to_it_again_and_nothing_of_the_failure_stays()
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Folio);
        await fixture.SetAsync(tenant, "folio-transaction", """{"completed_stage": "없는 단계"}""");
        await fixture.RunAsync(AppMessages.Transaction(tenant, "T-1"));
        (await fixture.JournalAsync(tenant)).ShouldBe(["folio.transaction.completed|failed|a rule failed; its run says why"]);
        (await fixture.RowsAsync(tenant, "id", "crm_deals")).ShouldBeEmpty();
        (await RedriveAsync(tenant)).ShouldBe(Redrive.Pending);
        await fixture.DrainAsync(tenant);
        (await fixture.RowsAsync(tenant, "status, failures", "crm_rule_runs join crm_automation_rules rule using (tenant_id)", "and rule.id = rule_id")).ShouldBe(["failed|2"]);

        await fixture.SetAsync(tenant, "folio-transaction", """{"completed_stage": "거래 완료"}""");
        (await RedriveAsync(tenant)).ShouldBe(Redrive.Pending);
        (await fixture.Hub.RowsAsync($"select count(*) > 0 from local_bus.messages where session_id = '{tenant}'")).ShouldBe(["True"]);
        await fixture.DrainAsync(tenant);

        (await fixture.JournalAsync(tenant)).ShouldBe(["folio.transaction.completed|applied|"]);
        (await fixture.RowsAsync(tenant, "name, status", "crm_deals")).ShouldBe(["한강서점|won"]);
        (await fixture.RowsAsync(tenant, "distinct kind, old_value, new_value, actor", "crm_audit_log", "and kind = 'event'")).ShouldBe(["event|failed|pending|person"]);
        (await RedriveAsync(tenant)).ShouldBe(Redrive.NotFailed);
    }

    [Fact]
    public async Task An_event_that_came_while_its_rule_was_off_is_shown_to_it_once_it_is_on()
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Bidflow);
        await fixture.Hub.ExecuteAsync($"update crm_automation_rules set enabled = false where tenant_id = '{tenant}'");
        await fixture.RunAsync(AppMessages.Inquiry(tenant));
        (await fixture.JournalAsync(tenant)).ShouldBe(["bidflow.inquiry.submitted|ignored|no rule acts on it"]);
        await fixture.Hub.ExecuteAsync($"update crm_automation_rules set enabled = true where tenant_id = '{tenant}'");
        (await RedriveAsync(tenant)).ShouldBe(Redrive.Pending);
        // Though the rules that this process knows are older.
        await fixture.DrainAsync(tenant);
        (await fixture.JournalAsync(tenant)).ShouldBe(["bidflow.inquiry.submitted|applied|"]);
        (await fixture.RowsAsync(tenant, "name", "crm_deals")).ShouldBe(["스마트 교실 구축"]);
    }

    [Fact]
    public async Task An_event_that_broke_its_contract_or_was_erased_is_refused_and_anothers_is_not_there()
    {
        var (tenant, other) = (await fixture.TenantAsync(PlatformApp.Bidflow), await fixture.TenantAsync(PlatformApp.Bidflow));
        await fixture.RunAsync(AppMessages.Inquiry(tenant).With("data.title", null));
        (await RedriveAsync(tenant)).ShouldBe(Redrive.Refused);
        var id = await fixture.Hub.ScalarAsync<long>($"select id from crm_webhook_events where tenant_id = '{tenant}'");
        (await fixture.Get<EventList>().RedriveAsync(other, id, "person", CancellationToken.None)).ShouldBe(Redrive.NotFound);

        // A version that is known by now.
        await fixture.Hub.ExecuteAsync($"""
            update crm_webhook_events set raw = convert_to(replace(convert_from(raw, 'UTF8'), '"channel"', '"title":"t","channel"'), 'UTF8') where tenant_id = '{tenant}'
            """);
        (await RedriveAsync(tenant)).ShouldBe(Redrive.Pending);
        await fixture.DrainAsync(tenant);
        (await fixture.RowsAsync(tenant, "name", "crm_deals")).ShouldBe(["t"]);

        await fixture.Hub.ExecuteAsync($"update crm_webhook_events set raw = '', status = 'failed' where tenant_id = '{tenant}'");
        (await RedriveAsync(tenant)).ShouldBe(Redrive.Refused);
    }

    [Fact]
    public async Task A_rule_that_acted_does_not_act_again_beside_one_that_failed()
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Bidflow);
        await fixture.Get<RuleSettings>().SaveAsync(
            tenant, null,
            """{"name": "breaks", "settings": {"stage": "없는 단계"}, "when": {"on": "event", "type": "bidflow.inquiry.submitted"}, "then": [{"do": "create", "kind": "deal", "fields": {"name": "2", "stage_id": "{{ settings.stage }}"}}]}""",
            true, null, "person", CancellationToken.None);
        await fixture.RunAsync(AppMessages.Inquiry(tenant));
        (await fixture.JournalAsync(tenant)).Single().ShouldContain("failed");
        (await RedriveAsync(tenant)).ShouldBe(Redrive.Pending);
        await fixture.DrainAsync(tenant);
        (await fixture.RowsAsync(tenant, "name", "crm_deals")).ShouldBe(["스마트 교실 구축"]);
        (await fixture.RowsAsync(tenant, "status", "crm_rule_runs", "order by status")).ShouldBe(["done", "failed"]);
    }

    private async Task<Redrive> RedriveAsync(TenantId tenant) => await fixture.Get<EventList>().RedriveAsync(
        tenant, await fixture.Hub.ScalarAsync<long>($"select id from crm_webhook_events where tenant_id = '{tenant}'"), "person", CancellationToken.None);
}
