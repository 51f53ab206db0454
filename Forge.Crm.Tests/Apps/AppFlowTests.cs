using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Apps;

/// <summary>The apps' flows, from the message to the hub's rows.</summary>
public sealed class AppFlowTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private const string Stage = "(select label from crm_stages s where s.tenant_id = crm_deals.tenant_id and s.stage_id = crm_deals.stage_id)";

    [Fact]
    public async Task An_inquiry_makes_a_lead_and_a_deal_with_a_sales_rep()
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Bidflow);
        await fixture.SetAsync(tenant, "bidflow-inquiry", """{"stage": "환불", "sales_reps": "bo@team.example"}""");
        await fixture.RunAsync(AppMessages.Inquiry(tenant));

        (await fixture.RowsAsync(
            tenant, $"email, phone, first_name, last_name, company_name, job_title, lifecycle_stage, lead_status, lead_source, lead_value, lead_currency, {OwnerOf("crm_contacts")}", "crm_contacts"))
            .ShouldBe(["minsu.kim@haneul.example|+821012345678|김민수||하늘건설 주식회사|과장|lead|NEW|narajangteo|45000000.0000|KRW|bo"]);
        (await fixture.RowsAsync(tenant, $"name, amount, currency, {Stage}, status, close_date::text, description, {OwnerOf("crm_deals")}", "crm_deals"))
            .ShouldBe(["스마트 교실 구축|45000000.0000|KRW|환불|open|2026-12-24||bo"]);
        (await fixture.RowsAsync(tenant, $"type, subject, body, from_email, from_name, {OwnerOf("crm_activities")}", "crm_activities"))
            .ShouldBe(["note|BIDFLOW: inquiry|견적을 부탁드립니다.|minsu.kim@haneul.example|김민수|bo"]);
        (await fixture.RowsAsync(tenant, "from_kind, to_kind", "crm_associations", "order by 1, 2")).ShouldBe(["activity|contact", "activity|deal", "deal|contact"]);
        (await fixture.JournalAsync(tenant)).ShouldBe(["bidflow.inquiry.submitted|applied|"]);
        (await fixture.RowsAsync(tenant, "distinct cause, actor", "crm_audit_log", "and kind in ('contact', 'deal')")).ShouldBe(["rule|rule 'BIDFLOW: inquiry to lead and deal'"]);
    }

    [Fact]
    public async Task An_inquiry_makes_a_lead_at_HubSpot_due_once_where_HubSpot_is_written_to()
    {
        var (alone, read, written) = (await fixture.TenantAsync(PlatformApp.Bidflow), await fixture.TenantAsync(PlatformApp.Bidflow), await fixture.TenantAsync(PlatformApp.Bidflow));
        await fixture.Hub.AddConfigAsync(read, "hubspot");
        await fixture.Hub.AddConfigAsync(written, "hubspot", "two_way");
        var inquiry = AppMessages.Inquiry(written);
        await fixture.RunAsync(AppMessages.Inquiry(alone), AppMessages.Inquiry(read), inquiry);
        await fixture.RunAsync(inquiry);
        // The event is shown to the rules once more, as after a worker died: its run is there.
        foreach (var table in new[] { "crm_rule_events", "crm_webhook_events" })
            await fixture.Hub.ExecuteAsync($"update {table} set status = 'pending', attempts = 0, next_attempt_at = null where tenant_id = '{written}'");
        await fixture.DrainAsync(written);

        (await fixture.RowsAsync(written, "name, status, contact_id = (select id from crm_contacts c where c.tenant_id = l.tenant_id)", "crm_hubspot_leads l")).ShouldBe(["스마트 교실 구축|pending|True"]);
        (await fixture.RowsAsync(written, "actions @? '$[*] ? (@.do == \"hubspot_lead\")'", "crm_rule_runs")).ShouldBe(["True"]);
        foreach (var tenant in new[] { alone, read })
            (await fixture.RowsAsync(tenant, "count(*)", "crm_hubspot_leads")).ShouldBe(["0"]);
    }

    [Fact]
    public async Task Of_a_contact_that_is_there_what_people_wrote_stays()
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Bidflow);
        await fixture.Hub.ExecuteAsync($"""
            insert into crm_contacts (tenant_id, id, email, first_name, phone, lifecycle_stage, owner_id)
            values ('{tenant}', md5('{tenant}c')::uuid, 'minsu.kim@haneul.example', '민수', '+8225550000', 'customer', md5('{tenant}ann')::uuid);
            insert into crm_identities (tenant_id, kind, key, record_id) values ('{tenant}', 'contact', 'email:minsu.kim@haneul.example', md5('{tenant}c')::uuid)
            """);
        await fixture.RunAsync(AppMessages.Inquiry(tenant, "G2B-1", "MinSu.Kim@Haneul.example"), AppMessages.Inquiry(tenant, "G2B-2"));

        (await fixture.RowsAsync(tenant, "first_name, phone, company_name, lifecycle_stage, lead_value", "crm_contacts"))
            .ShouldBe(["민수|+8225550000|하늘건설 주식회사|customer|45000000.0000"]);
        (await fixture.RowsAsync(tenant, $"name, {OwnerOf("crm_deals")}", "crm_deals")).ShouldBe(["스마트 교실 구축|ann", "스마트 교실 구축|ann"]);
    }

    [Theory]
    [InlineData("round_robin", "ann bo ann")]
    [InlineData("least_loaded", "bo bo ann")]
    public async Task Sales_reps_take_turns_or_whoever_has_the_fewest_open_deals_gets_it(string by, string owners)
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Bidflow);
        await fixture.SetAsync(tenant, "bidflow-inquiry", $$"""{"assign_by": "{{by}}"}""");
        await fixture.Hub.ExecuteAsync($"insert into crm_deals (tenant_id, name, status, owner_id) select '{tenant}', 'old', 'open', md5('{tenant}ann')::uuid from generate_series(1, 2)");
        foreach (var i in Enumerable.Range(1, 3))
            await fixture.RunAsync(AppMessages.Inquiry(tenant, $"G2B-{i}", $"person{i}@x.example"));
        string.Join(' ', await fixture.RowsAsync(tenant, OwnerOf("crm_deals"), "crm_deals", "and name <> 'old' order by id")).ShouldBe(owners);
    }

    [Fact]
    public async Task Where_no_sales_rep_is_free_the_deal_is_made_and_administrators_are_told()
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Bidflow);
        await fixture.Hub.ExecuteAsync($"update crm_owners set active = false where tenant_id = '{tenant}'");
        await fixture.RunAsync(AppMessages.Inquiry(tenant));
        (await fixture.RowsAsync(tenant, "name, owner_id", "crm_deals")).ShouldBe(["스마트 교실 구축|"]);
        (await fixture.RowsAsync(tenant, "target, subject, kind", "crm_notices")).ShouldBe(["administrators|No sales rep is free: 스마트 교실 구축|deal"]);
        (await fixture.RowsAsync(tenant, "status, notes[1]", "crm_rule_runs")).ShouldBe(["done|no owner is free: none that the rule names is active"]);
    }

    [Fact]
    public async Task Without_an_address_a_telephone_number_is_enough()
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Bidflow);
        await fixture.RunAsync(AppMessages.Inquiry(tenant).With("data.contact.email", null).With("data.contact.phone", "010-1234-5678").With("data.message", null));
        (await fixture.RowsAsync(tenant, "count(*)", "crm_activities")).ShouldBe(["0"]);
        (await fixture.RowsAsync(tenant, "email, phone", "crm_contacts")).ShouldBe(["|+821012345678"]);
    }

    [Fact]
    public async Task A_transaction_makes_the_stores_deal_and_moves_it_and_a_refund_moves_it_back()
    {
        var tenant = await StoreAsync();
        await fixture.RunAsync(AppMessages.Transaction(tenant, "T-1", minute: 1));
        (await DealAsync(tenant)).ShouldBe("한강서점|12900.0000|KRW|거래 완료|won");
        await fixture.RunAsync(AppMessages.Transaction(tenant, "T-1", "refunded", 2));
        (await DealAsync(tenant)).ShouldBe("한강서점|12900.0000|KRW|환불|open");
        await fixture.RunAsync(AppMessages.Transaction(tenant, "T-2", minute: 3));
        (await DealAsync(tenant)).ShouldBe("한강서점|12900.0000|KRW|거래 완료|won");

        (await fixture.RowsAsync(tenant, "subject, body", "crm_activities", "order by occurred_at")).ShouldBe(
        [
            "FOLIO: completed|FOLIO: transaction T-1 completed, 12900 KRW", "FOLIO: refunded|FOLIO: transaction T-1 refunded, 12900 KRW",
            "FOLIO: completed|FOLIO: transaction T-2 completed, 12900 KRW",
        ]);
        (await fixture.RowsAsync(tenant, "last_name, first_name, phone, company_name", "crm_contacts")).ShouldBe(["이|지영|+8223123456|한강서점"]);
        (await fixture.RowsAsync(tenant, "from_kind, to_kind, count(*)", "crm_associations", "group by 1, 2 order by 1, 2"))
            .ShouldBe(["activity|contact|3", "activity|deal|3", "deal|contact|1"]);
    }

    [Fact]
    public async Task A_transaction_that_comes_late_is_noted_and_moves_nothing()
    {
        var tenant = await StoreAsync();
        await fixture.RunAsync(AppMessages.Transaction(tenant, "T-1", "refunded", 2));
        await fixture.RunAsync(AppMessages.Transaction(tenant, "T-1", "completed", 1), AppMessages.Transaction(tenant, "T-9", "completed", 2));
        (await DealAsync(tenant)).ShouldEndWith("|환불|open");
        (await fixture.RowsAsync(tenant, "count(*)", "crm_activities")).ShouldBe(["3"]);
    }

    [Fact]
    public async Task In_whatever_order_transactions_come_the_deal_ends_in_one_stage()
    {
        foreach (var order in new[] { (int[])[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0] })
        {
            var tenant = await StoreAsync();
            var messages = new[] { AppMessages.Transaction(tenant, "T-1", minute: 1), AppMessages.Transaction(tenant, "T-2", minute: 2), AppMessages.Transaction(tenant, "T-1", "refunded", 2) };
            await fixture.RunAsync([.. order.Select(i => messages[i])]);
            (await DealAsync(tenant)).ShouldEndWith("|환불|open", customMessage: string.Join(' ', order));
        }
    }

    [Fact]
    public async Task A_transaction_told_again_in_another_event_changes_nothing()
    {
        var tenant = await StoreAsync();
        await fixture.RunAsync(AppMessages.Transaction(tenant, "T-1"));
        var before = await fixture.RowsAsync(tenant, "count(*)", "crm_audit_log");
        await fixture.RunAsync(AppMessages.Transaction(tenant, "T-1", minute: 5));
        (await fixture.RowsAsync(tenant, "count(*)", "crm_audit_log")).ShouldBe(before);
        (await fixture.JournalAsync(tenant)).ShouldBe(["folio.transaction.completed|applied|", "folio.transaction.completed|ignored|no rule acts on it"]);
    }

    [Fact]
    public async Task Until_stages_are_named_a_store_is_a_deal_that_is_not_moved()
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Folio);
        await fixture.RunAsync(AppMessages.Transaction(tenant, "T-1"), AppMessages.Transaction(tenant, "T-1", "refunded", 1).With("data.contact", null));
        (await DealAsync(tenant)).ShouldEndWith("|신규|open");
        (await fixture.RowsAsync(tenant, "warning", "crm_automation_rules", "and preset = 'folio-transaction'")).Single().ShouldContain("set one of the tenant's");
    }

    [Fact]
    public async Task A_signup_makes_a_contact_with_a_mentor_by_turns_and_the_tasks_of_the_onboarding()
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Hephaitos);
        await fixture.SetAsync(tenant, "hephaitos-signup", """{"mentors": "bo@team.example, ann@team.example", "business_days": false, "onboarding_2": "", "onboarding_4": "졸업"}""");
        await fixture.RunAsync(AppMessages.Signup(tenant));
        await fixture.RunAsync(AppMessages.Signup(tenant, "H-2", "juwon@student.example"));
        await fixture.RunAsync(AppMessages.Signup(tenant, "H-1", "another@student.example"));

        (await fixture.RowsAsync(tenant, $"email, phone, last_name, first_name, lifecycle_stage, {OwnerOf("crm_contacts")}", "crm_contacts", "order by id")).ShouldBe(
        [
            "sujin.park@student.example|+821098765432|박|수진|customer|bo", "juwon@student.example|+821098765432|박|수진|customer|ann",
        ]);
        var today = TimeZoneInfo.ConvertTimeBySystemTimeZoneId(AppMessages.Now, "Asia/Seoul").Date;
        string Due(int days) => $"{today.AddDays(days):yyyy-MM-dd} 09:00:00";
        (await fixture.RowsAsync(
            tenant, $"subject, body, status, (due_at at time zone 'Asia/Seoul')::text, {OwnerOf("crm_tasks")}", "crm_tasks",
            "and id in (select from_id from crm_associations a join crm_contacts c on c.id = a.to_id where c.email = 'sujin.park@student.example') order by due_at")).ShouldBe(
        [
            $"Introduce yourself to the new student|용접 기초|not_started|{Due(1)}|bo", $"Onboarding: first lesson|용접 기초|not_started|{Due(3)}|bo",
            $"Onboarding: goals for the next month|용접 기초|not_started|{Due(14)}|bo", $"졸업|용접 기초|not_started|{Due(30)}|bo",
        ]);
        (await fixture.RowsAsync(tenant, "count(*)", "crm_tasks")).ShouldBe(["8"]);
    }

    [Fact]
    public async Task Where_no_mentor_is_free_the_tasks_are_made_and_administrators_are_told()
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Hephaitos);
        await fixture.SetAsync(tenant, "hephaitos-signup", """{"mentors": "gone@team.example"}""");
        await fixture.RunAsync(AppMessages.Signup(tenant));
        (await fixture.RowsAsync(tenant, "count(*), count(owner_id)", "crm_tasks")).ShouldBe(["4|0"]);
        (await fixture.RowsAsync(tenant, "target, subject", "crm_notices")).ShouldBe(["administrators|No mentor is free"]);
    }

    private static string OwnerOf(string table) => $"(select name from crm_owners o where o.tenant_id = {table}.tenant_id and o.owner_id = {table}.owner_id)";

    private async Task<TenantId> StoreAsync()
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Folio);
        await fixture.SetAsync(tenant, "folio-transaction", """{"completed_stage": "거래 완료", "refunded_stage": "환불"}""");
        return tenant;
    }

    private async Task<string> DealAsync(TenantId tenant) => (await fixture.RowsAsync(tenant, $"name, amount, currency, {Stage}, status", "crm_deals")).ShouldHaveSingleItem();
}
