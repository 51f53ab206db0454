using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Rules;
using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Apps;

/// <summary>What an erasure takes out of the apps' events, and that nothing of it comes back.</summary>
public sealed class AppErasureTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    private const string Raw = "convert_from(raw, 'UTF8') = '', external_id, status, reason";

    [Fact]
    public async Task The_event_that_made_a_contact_goes_with_it_and_its_redelivery_brings_nothing_back()
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Bidflow);
        var (message, other) = (AppMessages.Inquiry(tenant), AppMessages.Inquiry(tenant, "G2B-2", "xminsu.kim@haneul.example"));
        await fixture.RunAsync(message, other);
        await EraseAsync(tenant, "minsu.kim@haneul.example");

        (await fixture.RowsAsync(tenant, Raw, "crm_webhook_events", "order by id")).ShouldBe(["True||applied|erased", $"False|{other["id"]}|applied|"]);
        await fixture.RunAsync(message);
        (await fixture.RowsAsync(tenant, "email", "crm_contacts", "order by id")).ShouldBe(["", "xminsu.kim@haneul.example"]);
        (await fixture.RowsAsync(tenant, "count(*)", "crm_webhook_events")).ShouldBe(["2"]);
    }

    [Fact]
    public async Task The_event_that_only_found_a_contact_goes_with_it_too()
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Hephaitos);
        await fixture.Hub.ExecuteAsync($"""
            insert into crm_contacts (tenant_id, id, email, owner_id) values ('{tenant}', md5('{tenant}c')::uuid, 'old@student.example', md5('{tenant}ann')::uuid);
            insert into crm_identities (tenant_id, kind, key, record_id) values ('{tenant}', 'contact', 'email:old@student.example', md5('{tenant}c')::uuid)
            """);
        await fixture.RunAsync(AppMessages.Signup(tenant, "H-1", "old@student.example"));
        // Its address was changed since: only what the rule did leads to the event.
        await fixture.Hub.ExecuteAsync($"""
            update crm_contacts set email = 'new@student.example' where tenant_id = '{tenant}';
            update crm_identities set key = 'email:new@student.example' where tenant_id = '{tenant}' and kind = 'contact'
            """);
        await EraseAsync(tenant, "new@student.example");
        (await fixture.RowsAsync(tenant, Raw, "crm_webhook_events")).ShouldBe(["True||applied|erased"]);
    }

    [Fact]
    public async Task Events_that_failed_or_came_to_nothing_or_wait_go_by_the_address_that_they_name()
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Bidflow, PlatformApp.Hephaitos);
        const string address = "min+su@haneul.example";
        await fixture.RunAsync(AppMessages.Inquiry(tenant, "G2B-1", address));
        await fixture.RunAsync(
            AppMessages.Inquiry(tenant, "G2B-1", "MIN+SU@haneul.example"),
            AppMessages.Inquiry(tenant, "G2B-2", address).With("data.title", null),
            AppMessages.Inquiry(tenant, "G2B-3").With("dataschema", "urn:forge-crm:bidflow.inquiry.submitted:9").With("data.contact", null).With("data.sender", "minsu@haneul.example"),
            AppMessages.Inquiry(tenant, "G2B-4", "someone@haneul.example").With("data.title", null));
        (await fixture.SendAsync(AppMessages.Signup(tenant, "H-1", address))).ShouldBeNull();
        await fixture.Hub.ExecuteAsync($"""
            insert into crm_identities (tenant_id, kind, key, record_id) select '{tenant}', 'contact', 'email:minsu@haneul.example', id from crm_contacts where tenant_id = '{tenant}'
            """);
        await EraseAsync(tenant, address);

        (await fixture.RowsAsync(tenant, "convert_from(raw, 'UTF8') = '', status, reason = 'erased'", "crm_webhook_events", "order by id"))
            .ShouldBe(["True|applied|True", "True|ignored|True", "True|failed|True", "True|failed|True", "False|failed|False", "True|ignored|True"]);
        await fixture.DrainAsync(tenant);
        (await fixture.RowsAsync(tenant, "email", "crm_contacts")).ShouldBe([""]);
        (await fixture.RowsAsync(tenant, "status", "crm_rule_events")).ShouldBe(["done"]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("update crm_contacts set email = 'new@haneul.example' where email like 'minsu%'; update crm_identities set key = 'email:new@haneul.example' where kind = 'contact' and key like '%minsu%'")]
    [InlineData("update crm_activities set from_email = null")]
    public async Task What_the_person_wrote_is_a_note_that_goes_with_them_everywhere_and_a_transactions_note_stays(string? since)
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Bidflow, PlatformApp.Folio);
        const string Words = "견적을 부탁드립니다.";
        var transaction = AppMessages.Transaction(tenant, "T-1").With("data.contact", new System.Text.Json.Nodes.JsonObject { ["email"] = "minsu.kim@haneul.example" });
        await fixture.RunAsync(AppMessages.Inquiry(tenant), AppMessages.Inquiry(tenant, "G2B-2", "other@haneul.example"), transaction);
        await fixture.Hub.AddConfigAsync(tenant, "hubspot", "two_way");
        await fixture.Hub.ExecuteAsync($"""
            insert into crm_record_links (tenant_id, platform, remote_kind, external_id, record_id, state_at, seen)
            select '{tenant}', 'hubspot', 'note', row_number() over (order by id), id, now(), jsonb_build_object('body', body) from crm_activities where tenant_id = '{tenant}';
            {since?.Replace(" where ", $" where tenant_id = '{tenant}' and ", StringComparison.Ordinal)}
            """);
        await EraseAsync(tenant, since?.Contains("new@", StringComparison.Ordinal) == true ? "new@haneul.example" : "minsu.kim@haneul.example");

        (await fixture.RowsAsync(tenant, "subject, body, from_email is not null or from_name is not null", "crm_activities", "order by id")).ShouldBe(
            ["||False", $"BIDFLOW: inquiry|{Words}|True", "FOLIO: completed|FOLIO: transaction T-1 completed, 12900 KRW|False"]);
        foreach (var table in new[] { "crm_activities", "crm_deals", "crm_audit_log", "crm_record_links" })
            (await fixture.RowsAsync(tenant, $"count(*) filter (where to_jsonb(t)::text like '%{Words}%') <= case '{table}' when 'crm_deals' then 0 else 1 end", $"{table} t")).ShouldBe(["True"], table);
        (await fixture.RowsAsync(tenant, "kind, cause", "crm_outbox", "and cause = 'erase'")).ShouldBe(["activity|erase"]);
        (await fixture.RowsAsync(tenant, "kind, targets #>> '{hubspot,state}'", "crm_erasures", "order by 1")).ShouldBe(["activity|due", "contact|"]);
        (await fixture.RowsAsync(tenant, "name", "crm_deals", "order by id")).ShouldBe(["스마트 교실 구축", "스마트 교실 구축", "한강서점"]);
    }

    [Fact]
    public async Task Of_an_erasure_while_an_event_is_at_work_nothing_of_the_event_stays()
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Bidflow);
        await fixture.RunAsync(AppMessages.Inquiry(tenant));
        (await fixture.SendAsync(AppMessages.Inquiry(tenant, "G2B-2"))).ShouldBeNull();
        var set = await fixture.Get<RuleSets>().OfAsync(tenant, CancellationToken.None);
        var ids = await fixture.Get<RuleEventRows>().ClaimAsync(tenant, CancellationToken.None);
        await using (var transaction = await fixture.Hub.Tenant.BeginAsync(tenant, CancellationToken.None))
        {
            var heard = (await RuleEventRows.ReadAsync(transaction, tenant, set, ids, CancellationToken.None)).ShouldHaveSingleItem();
            await EraseAsync(tenant, "minsu.kim@haneul.example");
            await Should.ThrowAsync<StaleStepException>(() => fixture.Get<RuleRunner>().RunAsync(transaction, tenant, set, heard, set.Facts, CancellationToken.None));
        }

        await fixture.Hub.ExecuteAsync($"update crm_rule_events set next_attempt_at = null where tenant_id = '{tenant}'");
        await fixture.DrainAsync(tenant);
        (await fixture.RowsAsync(tenant, "email", "crm_contacts")).ShouldBe([""]);
        (await fixture.RowsAsync(tenant, "count(*)", "crm_deals")).ShouldBe(["1"]);
    }

    [Fact]
    public async Task Another_tenants_event_about_the_same_person_stays()
    {
        var (a, b) = (await fixture.TenantAsync(PlatformApp.Bidflow), await fixture.TenantAsync(PlatformApp.Bidflow));
        await fixture.RunAsync(AppMessages.Inquiry(a), AppMessages.Inquiry(b));
        await EraseAsync(a, "minsu.kim@haneul.example");
        (await fixture.RowsAsync(b, "email", "crm_contacts")).ShouldBe(["minsu.kim@haneul.example"]);
        (await fixture.RowsAsync(b, "length(raw) > 0", "crm_webhook_events")).ShouldBe(["True"]);
    }

    private async Task EraseAsync(TenantId tenant, string address)
    {
        var contact = await fixture.Hub.ScalarAsync<Guid>($"select id from crm_contacts where tenant_id = '{tenant}' and email = '{address}'");
        (await fixture.Get<Erasures>().EraseAsync(tenant, RecordKind.Contact, contact, "test", CancellationToken.None)).ShouldBeTrue();
    }
}
