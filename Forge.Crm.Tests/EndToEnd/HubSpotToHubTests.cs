using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.LocalHost.Stack;
using Forge.Crm.Tests.PostgreSql;

namespace Forge.Crm.Tests.EndToEnd;

/// <summary>People work in the simulated HubSpot; signed webhooks, journal, bus and engine bring it to the hub.</summary>
public sealed class HubSpotToHubTests : IAsyncLifetime
{
    private const long Portal = 9_200_001;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private HubDatabase _hub = null!;
    private HubSpotSimulator _simulator = null!;
    private HubSpotAccount _account = null!;
    private LocalFunctions _functions = null!;
    private string _secrets = null!;

    public async Task InitializeAsync()
    {
        _hub = await HubDatabase.CreateAsync();
        _simulator = await HubSpotSimulator.StartAsync(new HubSpotSimulatorOptions(), CancellationToken.None);
        _account = _simulator.AddAccount(Portal, "end-to-end-token");
        HubSpotDemoData.Fill(_account, seed: 3, contacts: 150, companies: 30, deals: 20);
        _secrets = Path.Combine(Path.GetTempPath(), $"forge-{Guid.NewGuid():n}.json");
        _functions = await LocalFunctions.StartAsync(
            new(_hub.ConnectionString, _hub.AppConnectionString, _hub.RelayConnectionString), _secrets,
            new Dictionary<string, string?> { ["HubSpot:BaseAddress"] = _simulator.BaseAddress.ToString(), ["HubSpot:ClientSecret"] = _simulator.Options.ClientSecret },
            CancellationToken.None);
        await _functions.Sync.ConnectAsync(_hub.Id, Platform.HubSpot, CrmCredentials.PrivateApp("end-to-end-token"), CancellationToken.None);
        await _functions.Sync.SyncAsync(new(_hub.Id, Platform.HubSpot), null, CancellationToken.None);
        _simulator.Webhooks.Target = new Uri(_functions.Address, "webhooks/hubspot").ToString();
    }

    public async Task DisposeAsync()
    {
        await _functions.DisposeAsync();
        await _simulator.DisposeAsync();
        await _hub.DisposeAsync();
        File.Delete(_secrets);
    }

    [Fact]
    public async Task What_people_do_in_HubSpot_arrives_whatever_the_delivery_does()
    {
        _simulator.Webhooks.Duplicates = 0.3;
        _simulator.Webhooks.ReorderWindow = 8;
        var contacts = _account.Records("contacts");
        for (var i = 0; i < 60; i++)
            _account.Edit("contacts", contacts[i % 40].Id, Properties(("jobtitle", $"Title {i}"), ("city", $"City {i}")));
        var created = _account.Create("contacts", Properties(("email", "new.person@example.com"), ("firstname", "New")));
        _account.Associate("contacts", created, "companies", _account.Records("companies")[0].Id);
        _account.Archive("contacts", contacts[41].Id);
        _account.Archive("contacts", contacts[42].Id);
        _account.Restore("contacts", contacts[42].Id);
        var survivor = _account.Merge("contacts", contacts[43].Id, contacts[44].Id, newId: true);
        var last = _account.Merge("contacts", survivor, contacts[45].Id, newId: true);
        _account.GdprDelete(contacts[46].Id);
        var firms = _account.Records("companies");
        _account.Associate("contacts", contacts[47].Id, "companies", firms[1].Id);
        await SettledAsync();
        var silent = _account.Merge("contacts", contacts[48].Id, contacts[47].Id);

        await SettledAsync();

        await ShouldEqualAsync(_account);
        (await StateOfAsync(contacts[41].Id)).ShouldBe("deleted");
        (await StateOfAsync(contacts[42].Id)).ShouldBe("live");
        (await StateOfAsync(contacts[43].Id)).ShouldBe("merged");
        (await StateOfAsync(last)).ShouldBe("live");
        (await StateOfAsync(contacts[46].Id)).ShouldBe("erased");
        foreach (var id in new[] { last, silent })
            (await FirmsOfAsync(id)).ShouldBe(_account.AssociatedIds("contacts", id, "companies").Select(firm => $"{firm}"), ignoreOrder: true, "HubSpot tells of none that a merge moves");
        (await FirmsOfAsync(silent)).ShouldContain($"{firms[1].Id}");
        (await _hub.ScalarAsync<long>($"select count(*) from crm_contacts c where c::text ilike '%{contacts[46]["email"]}%'")).ShouldBe(0);
        (await _hub.RowsAsync("""
            select k.domain from crm_associations a join crm_contacts c on c.id = a.from_id join crm_companies k on k.id = a.to_id
             where c.email = 'new.person@example.com' and a.deleted_at is null
            """)).ShouldBe([_account.Records("companies")[0]["domain"]!]);
        (await _hub.ScalarAsync<long>("select count(*) from crm_webhook_events where status = 'failed'")).ShouldBe(0);
    }

    [Fact]
    public async Task Edits_whose_webhooks_are_lost_come_with_the_next_sync()
    {
        _simulator.Webhooks.Drops = 1;
        foreach (var contact in _account.Records("contacts").Take(20))
            _account.Edit("contacts", contact.Id, Properties(("jobtitle", "Unheard")));

        await _functions.Sync.SyncAsync(new(_hub.Id, Platform.HubSpot) { Mode = SyncMode.Incremental }, null, CancellationToken.None);

        await ShouldEqualAsync(_account);
    }

    private Task<List<string>> FirmsOfAsync(string contact) => _hub.RowsAsync($"""
        select f.external_id from crm_record_links l join crm_associations a on a.from_id = l.record_id and a.deleted_at is null
          join crm_record_links f on f.record_id = a.to_id and f.remote_kind = 'company' and f.state = 'live'
         where l.remote_kind = 'contact' and l.external_id = '{contact}'
        """);

    private static Dictionary<string, string> Properties(params (string Name, string Value)[] properties) => properties.ToDictionary(p => p.Name, p => p.Value);

    private Task<string?> StateOfAsync(string id) =>
        _hub.ScalarAsync<string>($"select state from crm_record_links where remote_kind = 'contact' and external_id = '{id}'");

    private async Task ShouldEqualAsync(HubSpotAccount account)
    {
        var held = await _hub.RowsAsync("""
            select l.external_id, c.first_name, c.job_title, c.city from crm_contacts c
              join crm_record_links l on l.record_id = c.id and l.remote_kind = 'contact' and l.state = 'live' where c.deleted_at is null
            """);
        var shown = account.Records("contacts").Select(r => $"{r.Id}|{r["firstname"]}|{r["jobtitle"]}|{r["city"]}").ToList();
        held.Except(shown).ShouldBeEmpty();
        shown.Except(held).ShouldBeEmpty();
    }

    private async Task SettledAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _simulator.WebhooksIdleAsync(patience.Token);
        while (await _hub.ScalarAsync<long>("select count(*) from crm_webhook_events where status = 'pending'") > 0)
            await Task.Delay(20, patience.Token);
    }
}
