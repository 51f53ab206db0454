using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.PostgreSql;

namespace Forge.Crm.Tests.SupabaseProject;

/// <summary>People work in a project of their own by SQL; webhooks, journal, bus and engine bring it to the hub.</summary>
public sealed class ProjectToHubTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private ProjectHost _host = null!;

    private HubDatabase Hub => _host.Hub;

    private ProjectBed Bed => _host.Bed;

    public async Task InitializeAsync()
    {
        _host = await ProjectHost.StartAsync("""
            insert into firms (name, domain) select 'Firm ' || i, 'firm' || i || '.example' from generate_series(1, 20) i;
            insert into people (mail, vorname, nachname, firm_id) select 'p' || i || '@x.example', 'First', 'Last ' || i, 1 + i % 20 from generate_series(1, 60) i;
            insert into deals (title, amount, phase, person_nr) select 'Deal ' || row_number() over (), 10, 'neu', nr from people limit 15;
            insert into activities (type, title) values ('call', 'Hello'), ('lunch', 'Not ours')
            """);
        var pathKey = await _host.ConnectAsync();
        await Hub.ExecuteAsync("update crm_sync_configs set kinds = '{company,contact,deal,activity,task}'");
        await _host.MapAsync(ProjectBed.Mapping);
        await SyncAsync(SyncMode.Initial);
        foreach (var table in new[] { "firms", "people", "deals", "activities" })
        {
            await Bed.Simulator.Webhooks.AddAsync(
                table, new(_host.Functions.Address, $"webhooks/supabase-project/{pathKey}"), "X-Forge-Secret", ProjectHost.WebhookSecret, CancellationToken.None);
        }
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task What_people_do_in_their_project_arrives()
    {
        await ShouldEqualAsync();
        await Bed.ExecuteAsync("""
            update people set vorname = 'Edited' where mail like 'p1%';
            update people set removed_at = now() where mail = 'p2@x.example';
            update people set removed_at = now() where mail = 'p3@x.example';
            update people set removed_at = null where mail = 'p3@x.example';
            insert into people (mail, vorname, staff_id, firm_id) values ('new@x.example', 'New', 'ann', 5);
            update deals set phase = 'gewonnen', closes = '2026-12-31' where id = 1;
            delete from deals where id = 2;
            update activities set type = 'call' where title = 'Not ours'
            """);

        await SettledAsync();

        await ShouldEqualAsync();
        (await Hub.RowsAsync("select d.status, d.close_date::text, s.label, s.pipeline from crm_deals d join crm_stages s on s.stage_id = d.stage_id where d.name = 'Deal 1'"))
            .ShouldBe(["won|2026-12-31|gewonnen|Verkauf"]);
        (await Hub.RowsAsync("""
            select c.first_name, o.email, k.name from crm_contacts c join crm_owners o on o.owner_id = c.owner_id
              join crm_associations a on a.from_id = c.id and a.deleted_at is null join crm_companies k on k.id = a.to_id where c.email = 'new@x.example'
            """)).ShouldBe(["New|ann@acme.example|Firm 5"]);
        (await Hub.ScalarAsync<string>("select coalesce(field_stamps ->> 'first_name', field_stamps ->> '*') from crm_contacts where email = 'p1@x.example'"))!.ShouldEndWith(" supabase_project");
        (await Hub.ScalarAsync<long>("select count(*) from crm_activities where type = 'call' and deleted_at is null")).ShouldBe(2);
        (await Hub.RowsAsync("select distinct status, reason from crm_webhook_events where status = 'failed'")).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_webhooks_lose_comes_with_the_next_sync_and_a_row_that_is_gone_for_good_is_listed_by_the_sweep()
    {
        Bed.Simulator.Options.Webhooks.Drops = 1;
        await Bed.ExecuteAsync("""
            update people set vorname = 'Unheard' where mail like 'p1%';
            update people set removed_at = now() where mail = 'p2@x.example';
            delete from deals where id = 3
            """);
        await SyncAsync(SyncMode.Incremental);
        (await Hub.ScalarAsync<long>("select count(*) from crm_contacts where first_name = 'Unheard'")).ShouldBe(11);
        (await Hub.ScalarAsync<long>("select count(*) from crm_deals where deleted_at is null")).ShouldBe(15);
        (await SyncAsync(SyncMode.Sweep)).Missing.ShouldBe(1, "a policy may hide it: that it is not shown is no deletion");
        (await Hub.RowsAsync("select state from crm_record_links where remote_kind = 'deal' and external_id = '3'")).ShouldBe(["live"]);
        (await Hub.ScalarAsync<long>("select count(*) from crm_contacts where deleted_at is not null")).ShouldBe(1);
        (await Hub.ScalarAsync<long>("select count(*) from crm_webhook_events")).ShouldBe(0);
    }

    [Fact]
    public async Task Our_own_writes_are_put_aside_and_an_edit_of_a_row_that_we_wrote_is_not()
    {
        await Bed.ExecuteAsync("update people set written_by = 'forge:1', job = 'Ours' where mail = 'p1@x.example'");
        await Bed.ExecuteAsync("update people set job = 'Theirs' where mail = 'p1@x.example'");
        await SettledAsync();
        (await Hub.RowsAsync("select status, reason from crm_webhook_events order by id")).ShouldBe(["ignored|our own write", "applied|"]);
        (await Hub.ScalarAsync<string>("select job_title from crm_contacts where email = 'p1@x.example'")).ShouldBe("Theirs");
    }

    [Fact]
    public async Task A_webhook_without_the_secret_is_turned_away()
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var key = await Hub.ScalarAsync<string>("select path_key from crm_connections where platform = 'supabase_project'");
        foreach (var (path, secret) in new[] { (key, "another-secret-of-24-bytes-or-more"), (key, null), ("nobody", ProjectHost.WebhookSecret) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_host.Functions.Address, $"webhooks/supabase-project/{path}"))
            {
                Content = new StringContent("""{"type":"INSERT","table":"people","record":{"nr":"1"}}""", System.Text.Encoding.UTF8, "application/json"),
            };
            if (secret is not null)
                request.Headers.Add("X-Forge-Secret", secret);
            using var response = await http.SendAsync(request, CancellationToken.None);
            response.StatusCode.ShouldBe(System.Net.HttpStatusCode.Unauthorized);
        }

        (await Hub.ScalarAsync<long>("select count(*) from crm_webhook_events")).ShouldBe(0);
    }

    [Fact]
    public async Task A_mapping_that_does_not_fit_changes_nothing_and_one_that_cannot_be_read_stops_the_project_alone()
    {
        (await Should.ThrowAsync<FormatException>(() => _host.MapAsync("""{"contact":{"table":"nowhere","fields":{"email":"mail"}}}"""))).Message.ShouldContain("no table 'nowhere'");
        (await _host.Mappings.FindAsync(Hub.Id, Platform.SupabaseProject, CancellationToken.None))!.Problem.ShouldBeNull();
        await Hub.ExecuteAsync("""update crm_sync_configs set mapping = '{"person":{}}'""");
        (await _host.Mappings.FindAsync(Hub.Id, Platform.SupabaseProject, CancellationToken.None))!.Problem!.ShouldContain("mapping.\"person\" is no kind");
        await _host.MapAsync(ProjectBed.Mapping);
        (await Hub.ScalarAsync<long>("select count(*) from crm_audit_log where action = 'configure' and actor = 'ann' and field = 'supabase_project'")).ShouldBe(2);
        (await _host.Mappings.SetAsync(new(Guid.NewGuid()), Platform.SupabaseProject, System.Text.Json.JsonElement.Parse("{}"), "ann", CancellationToken.None)).ShouldBeFalse();
    }

    [Fact]
    public async Task The_API_reads_and_sets_the_mapping_and_says_what_is_wrong_with_one()
    {
        (await CallAsync("GET", null)).Body.ShouldContain("\"table\":\"people\"");
        var (status, body) = await CallAsync("PUT", """{"company":{"table":"firms","fields":{"name":"title"}}}""");
        (status, System.Text.Json.JsonElement.Parse(body).GetProperty("detail").GetString()).ShouldBe(
            (400, "mapping.\"company\".fields.\"name\": 'firms' has no column 'title'; there are: id, name, domain, updated_at"));
        (await CallAsync("PUT", "{")).Status.ShouldBe(400);
        (await CallAsync("PUT", "7")).Status.ShouldBe(400);
        (await CallAsync("PUT", """{"company":{"table":"firms","fields":{"name":"name"}}}""")).ShouldBe(
            (200, """{"mapping":{"company":{"table":"firms","fields":{"name":"name"}}},"problem":null}"""));
        Bed.Simulator.Faults.FailNext("/rest/v1/", new() { Status = 401, Body = """{"message":"Invalid API key"}""" });
        (await CallAsync("PUT", "{}")).Status.ShouldBe(502);
    }

    private Task<(int Status, string Body)> CallAsync(string method, string? body) => _host.SendAsync(method, "connections/supabase_project/mapping", body);

    private Task<SyncResult> SyncAsync(SyncMode mode) => _host.Functions.Sync.SyncAsync(new(Hub.Id, Platform.SupabaseProject) { Mode = mode }, null, CancellationToken.None);

    private async Task ShouldEqualAsync()
    {
        await ShouldHoldAsync("contact", "crm_contacts", "concat_ws('|', h.email, h.first_name, h.last_name)", "select concat_ws('|', nr, mail, vorname, nachname) from people where removed_at is null");
        await ShouldHoldAsync("company", "crm_companies", "concat_ws('|', h.name, h.domain)", "select concat_ws('|', id, name, domain) from firms");
        await ShouldHoldAsync("deal", "crm_deals", "h.name", "select concat_ws('|', id, title) from deals");
        await ShouldHoldAsync("call", "crm_activities", "h.subject", "select concat_ws('|', id, title) from activities where type = 'call'");
    }

    private async Task ShouldHoldAsync(string kind, string table, string values, string there)
    {
        var expected = await Bed.ScalarAsync<string[]>($"select array({there} order by 1)");
        (await Hub.RowsAsync($"""
            select concat_ws('|', l.external_id, {values}) from {table} h join crm_record_links l on l.record_id = h.id and l.remote_kind = '{kind}' and l.state = 'live'
             where h.deleted_at is null order by 1
            """)).ShouldBe(expected!);
    }

    private async Task SettledAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await Bed.Simulator.Webhooks.IdleAsync(patience.Token);
        while (await Hub.ScalarAsync<long>("select count(*) from crm_webhook_events where status = 'pending'") > 0)
            await Task.Delay(20, patience.Token);
    }
}
