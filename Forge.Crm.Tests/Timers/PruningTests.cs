using Forge.Crm.Adapters.Postgres;

namespace Forge.Crm.Tests.Timers;

public sealed class PruningTests : IAsyncLifetime
{
    private TimerHub _hub = null!;

    public async Task InitializeAsync() => _hub = await TimerHub.CreateAsync();

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task Finished_events_go_after_a_month_failed_ones_after_three_and_pending_ones_never()
    {
        foreach (var tenant in new[] { await _hub.AddTenantAsync(), await _hub.AddTenantAsync() })
        {
            foreach (var status in new[] { "pending", "applied", "unchanged", "ignored", "failed" })
            {
                foreach (var days in new[] { 29, 31, 91 })
                    await _hub.AddEventAsync(tenant, $"{status} {days}", more: $"status = '{status}', received_at = now() - interval '{days} days'");
            }
        }

        (await new Pruning(_hub.Hub.Tenant, _hub.Queries).RunAsync(CancellationToken.None)).ShouldBe(14);

        (await _hub.Hub.RowsAsync("select event_key, count(*) from crm_webhook_events group by event_key order by event_key")).ShouldBe(
        [
            "applied 29|2", "failed 29|2", "failed 31|2", "ignored 29|2", "pending 29|2", "pending 31|2", "pending 91|2", "unchanged 29|2",
        ]);
    }

    [Fact]
    public async Task What_rules_heard_and_did_goes_after_three_months_and_an_occasion_stays_as_long_as_its_rule()
    {
        var tenant = await _hub.AddTenantAsync();
        await _hub.Hub.ExecuteAsync($"""
            insert into crm_automation_rules (tenant_id, id, name) values ('{tenant}', md5('rule')::uuid, 'rule');
            insert into crm_rule_events (tenant_id, type, rule_id, occasion, status, finished_at)
            select '{tenant}', 'time', md5(rule)::uuid, occasion, status, case status when 'pending' then null else now() - days * interval '1 day' end
              from (values ('rule', null, 'done', 89), ('rule', null, 'failed', 91), ('rule', null, 'pending', 91), ('rule', 'a', 'done', 91), ('gone', 'b', 'done', 91)) as e(rule, occasion, status, days);
            insert into crm_rule_runs (tenant_id, rule_id, event_id, rule_version, status, at) select '{tenant}', md5('rule')::uuid, days, 1, 'done', now() - days * interval '1 day' from unnest(array[89, 91]) as days
            """);

        (await new Pruning(_hub.Hub.Tenant, _hub.Queries).RunAsync(CancellationToken.None)).ShouldBe(3);

        (await _hub.Hub.RowsAsync($"select status, occasion from crm_rule_events where tenant_id = '{tenant}' order by id")).ShouldBe(["done|", "pending|", "done|a"]);
        (await _hub.Hub.RowsAsync($"select event_id from crm_rule_runs where tenant_id = '{tenant}'")).ShouldBe(["89"]);
    }

    [Fact]
    public async Task A_lead_that_is_or_may_be_at_HubSpot_stays_and_any_other_goes_once_it_is_old()
    {
        var tenant = await _hub.AddTenantAsync();
        await _hub.Hub.ExecuteAsync($"""
            insert into crm_hubspot_leads (tenant_id, rule_id, event_id, place, contact_id, name, status, sent_to, created_at)
            select '{tenant}', gen_random_uuid(), 1, 0, gen_random_uuid(), status || ' ' || days, status, sent_to, now() - days * interval '1 day'
              from (values ('none', 29, null), ('none', 31, null), ('failed', 89, null), ('failed', 91, null), ('failed', 92, '7'), ('made', 500, '7'), ('pending', 91, null)) as l(status, days, sent_to)
            """);

        (await new Pruning(_hub.Hub.Tenant, _hub.Queries).RunAsync(CancellationToken.None)).ShouldBe(2);

        (await _hub.Hub.RowsAsync("select name from crm_hubspot_leads order by name")).ShouldBe(["failed 89", "failed 92", "made 500", "none 29", "pending 91"]);
    }

    [Fact]
    public async Task More_than_a_chunk_goes_in_one_run()
    {
        var tenant = await _hub.AddTenantAsync();
        await _hub.Hub.ExecuteAsync($"""
            insert into crm_webhook_events (tenant_id, platform, event_key, raw, change, status, received_at)
            select '{tenant}', 'hubspot', i::text, '', 'changed', 'applied', now() - interval '40 days' from generate_series(1, 12000) i
            """);
        (await new Pruning(_hub.Hub.Tenant, _hub.Queries).RunAsync(CancellationToken.None)).ShouldBe(12_000);
    }

    [Fact]
    public async Task The_plan_of_a_dry_run_goes_a_week_after_its_end()
    {
        var tenant = await _hub.AddTenantAsync();
        await _hub.Hub.ExecuteAsync($"""
            insert into crm_sync_jobs (tenant_id, platform, mode, kinds, state, requested_by, is_dry_run, finished_at)
            select '{tenant}', 'hubspot', 'sweep', array['contact'], 'done', days::text, true, now() - days * interval '1 day' from unnest(array[6, 8]) as days;
            insert into crm_sync_plans (tenant_id, job_id, platform, kind, action, record_id) select tenant_id, id, 'supabase', 'contact', 'update', gen_random_uuid() from crm_sync_jobs, generate_series(1, 3) where tenant_id = '{tenant}'
            """);

        (await new Pruning(_hub.Hub.Tenant, _hub.Queries).RunAsync(CancellationToken.None)).ShouldBe(3);

        (await _hub.Hub.RowsAsync($"select distinct j.requested_by from crm_sync_plans p join crm_sync_jobs j on j.id = p.job_id where p.tenant_id = '{tenant}'")).ShouldBe(["6"]);
    }

    [Fact]
    public async Task Of_a_match_plan_that_was_carried_out_only_what_waits_for_a_person_or_is_kept_out_by_one_stays()
    {
        var (settled, loading) = (await _hub.AddTenantAsync("state = 'live', match_state = 'settled'"), await _hub.AddTenantAsync("state = 'importing', match_state = 'settled'"));
        foreach (var tenant in new[] { settled, loading })
        {
            await _hub.Hub.ExecuteAsync($"""
                insert into crm_match_items (tenant_id, platform, kind, id, side, remote_kind, label, class, decision)
                select '{tenant}', 'hubspot', 'contact', gen_random_uuid(), 'there', 'contact', concat_ws(' ', class, decision), class, decision
                  from (values ('matched', null), ('only_there', null), ('ambiguous', null), ('ambiguous', 'join'), ('ambiguous', 'new'), ('ambiguous', 'out'), ('only_there', 'out')) as i(class, decision);
                insert into crm_match_keys (tenant_id, platform, kind, key, side, item_id) select tenant_id, platform, kind, 'k' || label, side, id from crm_match_items where tenant_id = '{tenant}'
                """);
        }

        (await new Pruning(_hub.Hub.Tenant, _hub.Queries).RunAsync(CancellationToken.None)).ShouldBe(8);

        string[] kept = ["ambiguous", "ambiguous out", "only_there out"];
        (await _hub.Hub.RowsAsync($"select label from crm_match_items where tenant_id = '{settled}' order by label")).ShouldBe(kept);
        (await _hub.Hub.RowsAsync($"select key from crm_match_keys where tenant_id = '{settled}' order by key")).ShouldBe(kept.Select(label => $"k{label}"));
        (await _hub.Hub.ScalarAsync<long>($"select count(*) from crm_match_items where tenant_id = '{loading}'")).ShouldBe(7);
    }
}
