using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Reports;

public sealed class ActivityReportTests : IAsyncLifetime
{
    private const string Week = "2026-11-23";

    private ReportBed _bed = null!;
    private TenantId _tenant;

    public async Task InitializeAsync()
    {
        _bed = await ReportBed.CreateAsync();
        _tenant = await _bed.TenantAsync("Asia/Seoul"); // the week begins on Sunday at 15:00 UTC
    }

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task What_happened_in_the_tenants_week_is_counted_by_owner()
    {
        foreach (var (type, at) in new[]
        {
            ("call", "2026-11-22 14:59:59Z"), ("call", "2026-11-22 15:00Z"), ("call", "2026-11-24 10:00Z"), ("email", "2026-11-24 10:00Z"),
            ("meeting", "2026-11-29 14:59:59Z"), ("note", "2026-11-24 10:00Z"), ("meeting", "2026-11-29 15:00Z"),
        })
            await ActivityAsync(1, type, at);
        await ActivityAsync(2, "email", "2026-11-24 10:00Z");
        await ActivityAsync(2, "email", "2026-11-24 10:00Z", "deleted_at = '2026-11-24 11:00Z'");
        await ActivityAsync(0, "call", "2026-11-24 10:00Z");

        await _bed.TakeAsync(_bed.Activities, _tenant, Week, "2026-12-01 00:00Z");

        (await RowsAsync()).ShouldBe(["0|1|0|0|0|0|0", "1|2|1|1|0|0|0", "2|0|1|0|0|0|0"]);
    }

    [Fact]
    public async Task Contacts_and_deals_count_once_for_an_owner_however_often()
    {
        var (first, second) = (await ActivityAsync(1, "call", "2026-11-24 10:00Z"), await ActivityAsync(1, "meeting", "2026-11-24 11:00Z"));
        var (note, other) = (await ActivityAsync(1, "note", "2026-11-24 12:00Z"), await ActivityAsync(2, "call", "2026-11-24 12:00Z"));
        foreach (var (activity, kind, to) in new[]
        {
            (first, "contact", "ann"), (second, "contact", "ann"), (second, "contact", "bob"), (second, "company", "acme"), (first, "deal", "big"),
            (note, "contact", "cid"), (note, "deal", "big"), (note, "deal", "small"), (other, "contact", "ann"),
        })
            await LinkAsync(activity, kind, to);
        await LinkAsync(other, "contact", "gone", "2026-11-24 13:00Z");

        await _bed.TakeAsync(_bed.Activities, _tenant, Week, "2026-11-25 00:00Z");

        // A note engages nobody, and touches a deal.
        (await RowsAsync()).ShouldBe(["1|1|0|1|0|2|2", "2|1|0|0|0|1|0"]);
    }

    [Fact]
    public async Task Two_contacts_that_are_one_by_then_count_once()
    {
        var (ann, again) = (await ContactAsync(), await ContactAsync());
        var call = await ActivityAsync(1, "call", "2026-11-24 10:00Z");
        await LinkAsync(call, "contact", ann);
        await LinkAsync(call, "contact", again);
        await _bed.LiveAsync(_tenant, again, "merge", "2026-11-25 10:00Z", ann, "crm_contacts");

        await _bed.TakeAsync(_bed.Activities, _tenant, Week, "2026-11-25 10:00Z");
        (await RowsAsync()).ShouldBe(["1|1|0|0|0|2|0"]);
        await _bed.TakeAsync(_bed.Activities, _tenant, Week, "2026-11-25 10:01Z");
        (await RowsAsync()).ShouldBe(["1|1|0|0|0|1|0"]);
    }

    [Fact]
    public async Task Tasks_count_when_they_were_done_by_their_own_word_or_by_the_history()
    {
        await TaskAsync("2026-11-01", "status = 'completed', completed_at = '2026-11-24 10:00Z'");
        await TaskAsync("2026-11-01", "status = 'completed', completed_at = '2026-11-20 10:00Z'");
        await TaskAsync("2026-11-01", "status = 'not_started'");
        // HubSpot does not say when.
        var done = await TaskAsync("2026-11-01", "status = 'not_started'");
        await _bed.SetAsync(_tenant, done, "status", "'not_started'", "'completed'", "2026-11-24 10:00Z", "crm_tasks");
        var before = await TaskAsync("2026-11-01", "status = 'not_started'");
        await _bed.SetAsync(_tenant, before, "status", "'not_started'", "'completed'", "2026-11-18 10:00Z", "crm_tasks");
        var undone = await TaskAsync("2026-11-01", "status = 'not_started'");
        await _bed.SetAsync(_tenant, undone, "status", "'not_started'", "'completed'", "2026-11-24 10:00Z", "crm_tasks");
        await _bed.SetAsync(_tenant, undone, "status", "'completed'", "'not_started'", "2026-11-24 12:00Z", "crm_tasks");
        var made = await TaskAsync("2026-11-24 10:00Z", "status = 'completed'");
        await _bed.Hub.ExecuteAsync($$"""
            set session_replication_role = replica;
            update crm_audit_log set new_value = '{"status": "completed"}' where record_id = md5('{{made}}')::uuid;
            """);

        await _bed.TakeAsync(_bed.Activities, _tenant, Week, "2026-11-25 00:00Z");
        (await RowsAsync()).ShouldBe(["1|0|0|0|3|0|0"]);

        await _bed.TakeAsync(_bed.Activities, _tenant, Week, "2026-11-24 11:00Z");
        (await RowsAsync()).ShouldBe(["1|0|0|0|4|0|0"]);
    }

    [Fact]
    public async Task From_Monday_on_there_is_a_row_for_everybody_who_may_own_something()
    {
        await _bed.Hub.ExecuteAsync($"""
            insert into crm_owners (tenant_id, platform, external_id, owner_id, active)
            values ('{_tenant}', 'hubspot', '1', {ReportBed.Owner(_tenant, 1)}, true), ('{_tenant}', 'pipedrive', '1', {ReportBed.Owner(_tenant, 1)}, true),
                   ('{_tenant}', 'hubspot', '2', {ReportBed.Owner(_tenant, 2)}, false)
            """);

        await _bed.TakeAsync(_bed.Activities, _tenant, Week, "2100-01-01 00:00Z");

        (await RowsAsync()).ShouldBe(["1|0|0|0|0|0|0"]);
    }

    [Fact]
    public async Task Taken_again_nothing_is_written_and_what_is_not_so_any_more_goes()
    {
        var call = await ActivityAsync(1, "call", "2026-11-24 10:00Z");
        (await _bed.TakeAsync(_bed.Activities, _tenant, Week, "2026-11-25 00:00Z")).ShouldBe(1);
        (await _bed.TakeAsync(_bed.Activities, _tenant, Week, "2026-11-25 00:00Z")).ShouldBe(0);

        await _bed.SetAsync(_tenant, call, "owner_id", ReportBed.Owner(_tenant, 1), ReportBed.Owner(_tenant, 2), "2026-11-25 00:00Z", "crm_activities");
        (await _bed.TakeAsync(_bed.Activities, _tenant, Week, "2026-11-25 00:00:01Z")).ShouldBe(1);
        (await RowsAsync()).ShouldBe(["2|1|0|0|0|0|0"]);
    }

    private Task<string> ActivityAsync(int owner, string type, string at, string more = "subject = 'x'") => _bed.RecordAsync(
        _tenant, "activity", "crm_activities", "2026-11-01", $"type = '{type}', occurred_at = '{at}', owner_id = {(owner == 0 ? "null" : ReportBed.Owner(_tenant, owner))}", more);

    private Task<string> TaskAsync(string created, string set) =>
        _bed.RecordAsync(_tenant, "task", "crm_tasks", created, $"owner_id = {ReportBed.Owner(_tenant, 1)}, {set}");

    private Task<string> ContactAsync() => _bed.RecordAsync(_tenant, "contact", "crm_contacts", "2026-11-01", "first_name = 'Ann'");

    private Task LinkAsync(string activity, string kind, string to, string? deleted = null) => _bed.Hub.ExecuteAsync($"""
        set session_replication_role = replica;
        insert into crm_associations (tenant_id, from_kind, from_id, to_kind, to_id, stamp, deleted_at)
        values ('{_tenant}', 'activity', md5('{activity}')::uuid, '{kind}', md5('{to}')::uuid, 's', {(deleted is null ? "null" : $"'{deleted}'")})
        """);

    private Task<List<string>> RowsAsync() => _bed.Hub.RowsAsync($"""
        select coalesce((select o from generate_series(1, 9) o where md5('{_tenant}o' || o)::uuid = owner_id), 0) as owner,
               calls, emails, meetings, tasks_done, contacts_engaged, deals_touched
          from crm_activity_summaries where tenant_id = '{_tenant}' and period_start = '{Week}' order by 1
        """);
}
