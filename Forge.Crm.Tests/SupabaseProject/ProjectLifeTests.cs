using System.Text.Json.Nodes;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Demo;
using Forge.Crm.Tests.PostgreSql;

namespace Forge.Crm.Tests.SupabaseProject;

/// <summary>A project of a tenant's own is connected like any platform: compared, approved, rehearsed, kept the same both ways, and erased from.</summary>
public sealed class ProjectLifeTests : IAsyncLifetime
{
    private const string NameOfPlatform = "supabase_project";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private ProjectHost _host = null!;

    private HubDatabase Hub => _host.Hub;

    private ProjectBed Bed => _host.Bed;

    public async Task InitializeAsync()
    {
        _host = await ProjectHost.StartAsync("""
            insert into firms (name, domain) select 'Firm ' || i, 'firm' || i || '.example' from generate_series(1, 5) i;
            insert into people (mail, vorname, nachname, firm_id) select 'p' || i || '@x.example', 'First', 'Last ' || i, 1 + i % 5 from generate_series(1, 20) i
            """);
        await Hub.ExecuteAsync($"""
            insert into crm_contacts (tenant_id, id, email, phone) select '{Hub.Id}', gen_random_uuid(), mail, '+14155550100'
              from unnest(array['p1@x.example', 'p2@x.example', 'only.here@x.example']) mail
            """);
        await _host.ConnectAsync();
        await _host.MapAsync(ProjectBed.Mapping);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_filled_project_is_compared_approved_rehearsed_and_erased_from()
    {
        await ApprovedAsync();
        await RehearsedAsync();
        await ErasedAsync();
    }

    private async Task ApprovedAsync()
    {
        using var first = new FirstConnection(_host.Functions, Hub.Id, Platform.SupabaseProject);
        await first.OpenBothWaysAsync(CancellationToken.None);
        (await _host.SendAsync("POST", "sync", $$"""{"platform":"{{NameOfPlatform}}"}""")).Status.ShouldBe(409, "nothing is read before the plan is approved");

        var contacts = (await first.ApproveAsync(CancellationToken.None))["kinds"]!["contact"]!;
        await RestAsync();

        (contacts["matched_by"]!["email"]!.GetValue<long>(), contacts["only_here"]!.GetValue<long>(), contacts["only_there"]!.GetValue<long>()).ShouldBe((2, 1, 18));
        (await ContactsAsync()).ShouldBe(await PeopleAsync());
        (await Bed.ScalarAsync<long>("select count(*) from people where mail = 'only.here@x.example' and forge_sync_id is not null")).ShouldBe(1);
        (await Hub.ScalarAsync<long>("select count(*) from crm_contacts where phone is not null")).ShouldBe(3, "who was here is still the same record");
        (await Hub.ScalarAsync<long>("select count(*) from crm_companies")).ShouldBe(5);
    }

    private async Task RehearsedAsync()
    {
        await Bed.ExecuteAsync("""
            update people set vorname = 'Edited' where mail = 'p1@x.example';
            update people set removed_at = now() where mail = 'p4@x.example';
            insert into people (mail, vorname) values ('new@x.example', 'New')
            """);
        var before = await ContactsAsync();

        var plan = await PlanAsync(await StartAsync("""{"platform":"supabase_project","mode":"sweep","dryRun":true}"""));

        (await ContactsAsync()).ShouldBe(before, "a dry run changes nothing");
        Counts(plan).ShouldBe(["supabase contact create 1", "supabase contact delete 1", "supabase contact update 1"]);
        plan["calls"]!["reading"]!.GetValue<long>().ShouldBeGreaterThan(0);
        await FinishedAsync(await StartAsync("""{"platform":"supabase_project","mode":"sweep"}"""));
        await RestAsync();
        (await ContactsAsync()).ShouldBe(await PeopleAsync());
    }

    private async Task ErasedAsync()
    {
        var id = await Hub.ScalarAsync<Guid>("select id from crm_contacts where email = 'p2@x.example'");

        (await _host.SendAsync("POST", "erase", $$"""{"kind":"contact","id":"{{id}}"}""")).Status.ShouldBe(200);
        await RestAsync();

        (await Bed.ScalarAsync<long>("select count(*) from people where mail = 'p2@x.example'")).ShouldBe(0);
        (await Hub.ScalarAsync<long>("select count(*) from crm_contacts where email = 'p2@x.example'")).ShouldBe(0);
        var (_, certificate) = await _host.SendAsync("GET", $"erasures/contact/{id}");
        certificate.ShouldContain(NameOfPlatform);
        certificate.ShouldNotContain("pending");
        certificate.ShouldNotContain("p2@x.example");
    }

    private Task<List<string>> ContactsAsync() => Hub.RowsAsync("""
        select l.external_id, c.email, c.first_name from crm_contacts c join crm_record_links l on l.record_id = c.id and l.platform = 'supabase_project' and l.state = 'live'
         where c.deleted_at is null order by c.email
        """);

    private async Task<List<string>> PeopleAsync() =>
        [.. (await Bed.ScalarAsync<string[]>("select array(select concat(nr, '|', mail, '|', vorname) from people where removed_at is null order by mail)"))!];

    private static IEnumerable<string> Counts(JsonNode plan) =>
        plan["changes"]!.AsArray().Select(change => $"{change!["platform"]} {change["kind"]} {change["action"]} {change["count"]}");

    private async Task<string> StartAsync(string body)
    {
        var (status, answer) = await _host.SendAsync("POST", "sync", body);
        status.ShouldBe(202, answer);
        return JsonNode.Parse(answer)!["id"]!.GetValue<string>();
    }

    private async Task<JsonNode> PlanAsync(string job)
    {
        await FinishedAsync(job);
        return JsonNode.Parse((await _host.SendAsync("GET", $"jobs/{job}/plan")).Body)!;
    }

    private async Task FinishedAsync(string job)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (await Hub.ScalarAsync<string>($"select state from crm_sync_jobs where id = '{job}'") is var state && state != "done")
        {
            state.ShouldBeOneOf("queued", "running");
            await Task.Delay(30, patience.Token);
        }
    }

    private async Task RestAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        while (await Hub.ScalarAsync<long>("select (select count(*) from crm_outbox where status = 'pending') + (select count(*) from crm_sync_jobs where state in ('queued', 'running'))") > 0)
            await Task.Delay(30, patience.Token);
    }
}
