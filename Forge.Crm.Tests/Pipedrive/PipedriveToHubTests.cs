using System.Text.Json.Nodes;
using Forge.Crm.Adapters.Timers;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Pipedrive;
using Forge.Crm.LocalHost.Stack;
using Forge.Crm.Tests.PostgreSql;
using Forge.Crm.Tests.Timers;
using Microsoft.Extensions.DependencyInjection;
using PipedriveAccount = Forge.Crm.LocalHost.Pipedrive.PipedriveAccount;

namespace Forge.Crm.Tests.Pipedrive;

/// <summary>People work in the simulated Pipedrive; webhooks, journal, bus and engine bring it to the hub.</summary>
public sealed class PipedriveToHubTests : IAsyncLifetime
{
    private const string WebhookPassword = "a-password-of-our-own";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private HubDatabase _hub = null!;
    private PipedriveSimulator _simulator = null!;
    private PipedriveAccount _account = null!;
    private LocalFunctions _functions = null!;
    private string _secrets = null!;

    public async Task InitializeAsync()
    {
        _hub = await HubDatabase.CreateAsync();
        _simulator = await PipedriveSimulator.StartAsync(new(), CancellationToken.None);
        _account = _simulator.AddAccount(8_000_001, "end-to-end-token");
        PipedriveDemoData.Fill(_account, seed: 3, persons: 120, organizations: 30, deals: 20, activities: 25);
        _secrets = Path.Combine(Path.GetTempPath(), $"forge-{Guid.NewGuid():n}.json");
        _functions = await LocalFunctions.StartAsync(
            new(_hub.ConnectionString, _hub.AppConnectionString, _hub.RelayConnectionString), _secrets,
            new Dictionary<string, string?> { ["Pipedrive:BaseAddress"] = _simulator.BaseAddress.ToString(), ["Pipedrive:CallsPerTwoSeconds"] = "1000" },
            CancellationToken.None);
        var connection = await _functions.Sync.ConnectAsync(
            _hub.Id, Platform.Pipedrive, CrmCredentials.ApiToken("end-to-end-token", "forge", WebhookPassword), CancellationToken.None);
        await _hub.ExecuteAsync("update crm_sync_configs set kinds = '{company,contact,deal,activity,task}'");
        await _functions.Sync.SyncAsync(new(_hub.Id, Platform.Pipedrive), null, CancellationToken.None);
        _account.AddWebhook(new(_functions.Address, $"webhooks/pipedrive/{connection.PathKey}"), "forge", WebhookPassword);
    }

    public async Task DisposeAsync()
    {
        await _functions.DisposeAsync();
        await _simulator.DisposeAsync();
        await _hub.DisposeAsync();
        File.Delete(_secrets);
    }

    [Fact]
    public async Task What_people_do_in_Pipedrive_arrives_whatever_the_delivery_does()
    {
        await ShouldEqualAsync();
        _simulator.Webhooks.Duplicates = 0.3;
        var persons = Ids("persons");
        for (var i = 0; i < 40; i++)
            _account.Edit("persons", persons[i % 30], new() { ["first_name"] = $"First {i}", ["last_name"] = $"Last {i}" });
        var organization = _account.Create("organizations", new() { ["name"] = "New Org", ["website"] = "https://new-org.example" });
        var person = _account.Create("persons", new()
        {
            ["name"] = "New Person",
            ["org_id"] = long.Parse(organization, null),
            ["emails"] = new JsonArray(new JsonObject { ["value"] = "new.person@example.com" }),
        });
        _account.Delete("persons", persons[41]);
        _account.Merge("persons", persons[43], persons[44]);
        _account.Edit("deals", Ids("deals")[0], new() { ["status"] = "lost", ["lost_reason"] = "Price" });
        _account.Delete("deals", Ids("deals")[1]);
        var call = _account.Create("activities", new()
        {
            ["subject"] = "Intro",
            ["type"] = "call",
            ["due_date"] = "2026-10-02",
            ["due_time"] = "15:00",
            ["duration"] = "00:30",
            ["participants"] = new JsonArray(new JsonObject { ["person_id"] = long.Parse(person, null), ["primary"] = true }),
        });

        await SettledAsync();

        await ShouldEqualAsync();
        (await StateOfAsync("contact", persons[41])).ShouldBe("deleted");
        (await StateOfAsync("contact", persons[44])).ShouldBe("merged");
        (await _hub.RowsAsync("select status, lost_reason from crm_deals d join crm_record_links l on l.record_id = d.id where l.external_id = '1' and l.remote_kind = 'deal'"))
            .ShouldBe(["lost|Price"]);
        (await _hub.RowsAsync("""
            select k.domain from crm_associations a join crm_contacts c on c.id = a.from_id join crm_companies k on k.id = a.to_id
             where c.email = 'new.person@example.com' and a.deleted_at is null
            """)).ShouldBe(["new-org.example"]);
        (await _hub.RowsAsync($"""
            select v.type, v.subject, v.duration_seconds, c.email
              from crm_record_links l join crm_activities v on v.id = l.record_id
              join crm_associations a on a.from_id = v.id join crm_contacts c on c.id = a.to_id
             where l.remote_kind = 'call' and l.external_id = '{call}' and a.deleted_at is null
            """)).ShouldBe(["call|Intro|1800|new.person@example.com"]);
        (await _hub.ScalarAsync<long>("select count(*) from crm_webhook_events where status = 'failed'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_field_takes_the_time_of_the_event_that_names_it()
    {
        var id = Ids("persons")[0];
        (await StampAsync(id)).ShouldEndWith(" pipedrive~");
        _account.Edit("persons", id, new() { ["first_name"] = "Exactly" });
        await SettledAsync();
        (await StampAsync(id)).ShouldEndWith(" pipedrive");
    }

    [Fact]
    public async Task A_lead_makes_no_contact_of_its_own()
    {
        var before = await _hub.ScalarAsync<long>("select count(*) from crm_contacts");
        _account.Create("leads", new() { ["title"] = "Lead", ["person_id"] = 1 });
        await SettledAsync();
        (await _hub.RowsAsync("select status, reason from crm_webhook_events where remote_kind = 'lead'")).ShouldBe(["ignored|lead is not synced"]);
        (await _hub.ScalarAsync<long>("select count(*) from crm_contacts")).ShouldBe(before);
    }

    [Fact]
    public async Task Edits_whose_webhooks_are_lost_come_with_the_next_sync()
    {
        _simulator.Webhooks.Drops = 1;
        foreach (var id in Ids("persons").Take(20))
            _account.Edit("persons", id, new() { ["first_name"] = "Unheard" });
        _account.Delete("deals", Ids("deals")[3]);
        _account.Edit("activities", Ids("activities")[0], new() { ["subject"] = "Unheard" });

        await _functions.Sync.SyncAsync(new(_hub.Id, Platform.Pipedrive) { Mode = SyncMode.Incremental }, null, CancellationToken.None);

        await ShouldEqualAsync();
        (await StateOfAsync("deal", "4")).ShouldBe("deleted");
        (await _hub.ScalarAsync<long>("select count(*) from crm_record_links l where l.external_id = '1' and l.remote_kind in ('call', 'email', 'meeting', 'task')")).ShouldBe(1);
    }

    [Fact]
    public async Task Deletions_whose_webhooks_are_lost_come_with_the_next_sweep()
    {
        _simulator.Webhooks.Drops = 1;
        _account.Delete("persons", "5");
        _account.Delete("organizations", "6");
        _account.Delete("activities", "7");
        _account.Edit("activities", "8", new() { ["type"] = _account.Find("activities", "8")!["type"]!.ToString() == "call" ? "task" : "call" });

        var swept = await _functions.Sync.SyncAsync(new(_hub.Id, Platform.Pipedrive) { Mode = SyncMode.Sweep }, null, CancellationToken.None);

        swept.Missing.ShouldBe(0);
        // Pipedrive counts nothing: as many as were linked, and no list is read only to hear that.
        (await _hub.ScalarAsync<long>("select total from crm_sync_jobs where mode = 'sweep'")).ShouldBe(120 + 30 + 20 + 25);
        _simulator.Ledger.Entries.ShouldNotContain(request => request.Query.Contains("1970", StringComparison.Ordinal));
        await ShouldEqualAsync();
        (await StateOfAsync("contact", "5")).ShouldBe("deleted");
    }

    [Fact]
    public async Task What_happened_while_a_webhook_was_banned_comes_with_the_sweep_that_follows_the_ban()
    {
        var webhook = _account.Webhooks.All.Single(webhook => webhook.Entity == "*");
        (_simulator.Webhooks.Timeout, _simulator.Webhooks.RetryDelays) = (TimeSpan.Zero, [TimeSpan.FromSeconds(2)]); // nobody answers in time
        foreach (var id in Ids("persons")[10..20])
            _account.Edit("persons", id, new() { ["first_name"] = "Told late" });
        await Wait.UntilAsync(() => Task.FromResult(webhook.BannedUntil is not null), "no ban");
        webhook.LastStatus.ShouldBe(0);
        _simulator.Webhooks.Timeout = TimeSpan.FromSeconds(10);
        _account.Delete("persons", "5");
        await SettledAsync();
        (await StateOfAsync("contact", "5")).ShouldBe("live");

        // The retries that were heard told of it; time goes by.
        (await _hub.ScalarAsync<bool>("select sweep_wanted_at between now() + interval '29 minutes' and now() + interval '30 minutes' from crm_sync_configs")).ShouldBeTrue();
        await _hub.ExecuteAsync("update crm_sync_configs set sweep_wanted_at = now(), reconciled_at = null");
        await _functions.Services.GetRequiredService<Reconciliation>().RunAsync(CancellationToken.None);
        await Wait.UntilAsync(
            async () => await _hub.ScalarAsync<long>("select count(*) from crm_sync_jobs where mode = 'sweep' and state = 'done'") > 0, "no sweep");

        (await StateOfAsync("contact", "5")).ShouldBe("deleted");
        await ShouldEqualAsync();
    }

    [Fact]
    public async Task A_large_id_and_words_that_nobody_knows_cost_no_other_record_anything()
    {
        const long First = 3_000_000_001; // above 2^31
        Plant(PipedriveEntity.Deal, First, new() { ["title"] = "Large" });
        Plant(PipedriveEntity.Deal, First + 1, new() { ["title"] = "Unheard of", ["status"] = "on_hold" });
        Plant(PipedriveEntity.Deal, First + 2, new() { ["title"] = "Behind it" });
        Plant(PipedriveEntity.Activity, First, new() { ["subject"] = "Visit", ["type"] = "site_visit" });

        await _functions.Sync.SyncAsync(new(_hub.Id, Platform.Pipedrive) { Mode = SyncMode.Initial }, null, CancellationToken.None);

        (await _hub.RowsAsync($"select l.external_id, d.name from crm_record_links l join crm_deals d on d.id = l.record_id where length(l.external_id) = 10 order by 1"))
            .ShouldBe([$"{First}|Large", $"{First + 2}|Behind it"]);
        (await _hub.RowsAsync("select l.external_id, t.subject, t.type from crm_record_links l join crm_tasks t on t.id = l.record_id where length(l.external_id) = 10"))
            .ShouldBe([$"{First}|Visit|site_visit"]);
        (await _hub.RowsAsync("select counts -> 'deal' ->> 'failed', state from crm_sync_jobs order by created_at desc limit 1")).ShouldBe(["1|done"]);
        _account.Edit("deals", $"{First}", new() { ["title"] = "Larger" });
        await SettledAsync();
        (await _hub.ScalarAsync<long>("select count(*) from crm_deals where name = 'Larger'")).ShouldBe(1);
    }

    /// <summary>A record as the API would not let anybody make it: a copy of the first of its kind.</summary>
    private void Plant(PipedriveEntity entity, long id, JsonObject fields)
    {
        lock (_account.Gate)
        {
            var planted = _account.Table(entity).Find("1")!.Fields.DeepClone().AsObject();
            planted["id"] = id;
            foreach (var (name, value) in fields)
                planted[name] = value?.DeepClone();
            _account.Table(entity).Add(new(id, planted));
        }
    }

    private List<string> Ids(string plural) => [.. _account.Records(plural).Select(record => record["id"]!.ToString())];

    private Task<string?> StateOfAsync(string kind, string id) =>
        _hub.ScalarAsync<string>($"select state from crm_record_links where remote_kind = '{kind}' and external_id = '{id}'");

    private async Task<string> StampAsync(string id) => (await _hub.ScalarAsync<string>($"""
        select coalesce(c.field_stamps ->> 'first_name', c.field_stamps ->> '*') from crm_contacts c join crm_record_links l on l.record_id = c.id
         where l.remote_kind = 'contact' and l.external_id = '{id}'
        """))!;

    private async Task ShouldEqualAsync()
    {
        await ShouldHoldAsync("contact", "concat_ws(' ', h.first_name, h.last_name)", "crm_contacts", "persons", "name");
        await ShouldHoldAsync("company", "h.name", "crm_companies", "organizations", "name");
        await ShouldHoldAsync("deal", "h.name", "crm_deals", "deals", "title");
        var subjects = _account.Records("activities").Select(record => $"{record["id"]}|{record["subject"]}").ToList();
        (await _hub.RowsAsync("""
            select l.external_id, coalesce(a.subject, t.subject) from crm_record_links l
              left join crm_activities a on a.id = l.record_id left join crm_tasks t on t.id = l.record_id
             where l.remote_kind in ('call', 'email', 'meeting', 'task') and l.state = 'live'
            """)).ShouldBe(subjects, ignoreOrder: true);
    }

    private async Task ShouldHoldAsync(string kind, string name, string table, string plural, string member) =>
        (await _hub.RowsAsync($"""
            select l.external_id, {name} from {table} h join crm_record_links l on l.record_id = h.id and l.remote_kind = '{kind}' and l.state = 'live'
             where h.deleted_at is null
            """)).ShouldBe(_account.Records(plural).Select(record => $"{record["id"]}|{record[member]}"), ignoreOrder: true);

    private async Task SettledAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _simulator.WebhooksIdleAsync(patience.Token);
        while (await _hub.ScalarAsync<long>("select count(*) from crm_webhook_events where status = 'pending'") > 0)
            await Task.Delay(20, patience.Token);
    }
}
