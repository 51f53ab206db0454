using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Demo;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.LocalHost.Stack;
using Forge.Crm.Tests.PostgreSql;

namespace Forge.Crm.Tests.EndToEnd;

/// <summary>A hub that people filled by SQL, and a filled HubSpot account: connected, compared, approved and loaded over the API, the bus and the functions.</summary>
public sealed class FirstConnectionTests : IAsyncLifetime
{
    private const long Portal = 9_200_002;
    private const string Plan = "api/v1/connections/hubspot/match-plan";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private HubDatabase _hub = null!;
    private HubSpotSimulator _simulator = null!;
    private HubSpotAccount _account = null!;
    private LocalFunctions _functions = null!;
    private HttpMessageInvoker _http = null!;
    private string _secrets = null!;

    public async Task InitializeAsync()
    {
        _hub = await HubDatabase.CreateAsync();
        _simulator = await HubSpotSimulator.StartAsync(new HubSpotSimulatorOptions(), CancellationToken.None);
        _account = _simulator.AddAccount(Portal, "first-connection-token");
        HubSpotDemoData.Fill(_account, seed: 5, contacts: 150, companies: 30, deals: 20);
        _secrets = Path.Combine(Path.GetTempPath(), $"forge-{Guid.NewGuid():n}.json");
        _functions = await LocalFunctions.StartAsync(
            new(_hub.ConnectionString, _hub.AppConnectionString, _hub.RelayConnectionString), _secrets,
            new Dictionary<string, string?> { ["HubSpot:BaseAddress"] = _simulator.BaseAddress.ToString(), ["HubSpot:ClientSecret"] = _simulator.Options.ClientSecret },
            CancellationToken.None);
        _http = new(new SocketsHttpHandler());
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _functions.DisposeAsync();
        await _simulator.DisposeAsync();
        await _hub.DisposeAsync();
        File.Delete(_secrets);
    }

    [Fact]
    public async Task Two_filled_CRMs_become_one_by_an_approved_plan_and_nothing_happens_before()
    {
        var contacts = _account.Records("contacts").Where(contact => contact["email"] is not null).ToList();
        foreach (var contact in contacts.Take(40))
            await InsertAsync(contact["email"]!);
        await InsertAsync("only.here@example.com");
        await InsertAsync(contacts[40]["email"]!);
        await InsertAsync(contacts[40]["email"]!); // twice here: nobody but a person can say which of them it is
        await _functions.Sync.ConnectAsync(_hub.Id, Platform.HubSpot, CrmCredentials.PrivateApp("first-connection-token"), CancellationToken.None);
        _simulator.Webhooks.Target = new Uri(_functions.Address, "webhooks/hubspot").ToString();

        (await SendAsync("POST", "api/v1/sync", """{"platform":"hubspot"}""")).Status.ShouldBe(409);
        _account.Edit("contacts", contacts[0].Id, new Dictionary<string, string> { ["jobtitle"] = "Edited while nobody had approved" });
        await _simulator.WebhooksIdleAsync(CancellationToken.None);
        (await SendAsync("POST", Plan)).Status.ShouldBe(202);
        var plan = await UntilAsync("ready");

        (await _hub.ScalarAsync<long>("select count(*) from crm_record_links")).ShouldBe(0);
        (await _hub.RowsAsync("select distinct status from crm_webhook_events")).ShouldBe(["pending"]);
        var counts = plan.GetProperty("kinds").GetProperty("contact");
        counts.GetProperty("matched_by").GetProperty("email").GetInt64().ShouldBe(40);
        (counts.GetProperty("ambiguous_here").GetInt64(), counts.GetProperty("ambiguous_there").GetInt64(), counts.GetProperty("only_here").GetInt64()).ShouldBe((2, 1, 1));
        var joined = await _hub.RowsAsync("select id, email from crm_contacts where email <> 'only.here@example.com' order by id limit 40");

        (await SendAsync("POST", $"{Plan}/approve", $$$"""{"plan":"{{{plan.GetProperty("plan").GetString()}}}","choices":{"company":"create_here","contact":"create_here","deal":"create_here"}}""")).Status.ShouldBe(202);
        await UntilAsync("settled");
        await SettledAsync();

        // Whoever was here is still the same record, and shows what HubSpot shows.
        (await _hub.RowsAsync("select c.id, c.email from crm_contacts c join crm_record_links l on l.record_id = c.id and l.state = 'live' order by c.id"))
            .Intersect(joined).Count().ShouldBe(40);
        var held = await _hub.RowsAsync("select l.external_id, c.first_name, c.job_title, c.city from crm_contacts c join crm_record_links l on l.record_id = c.id and l.remote_kind = 'contact' and l.state = 'live'");
        var shown = _account.Records("contacts").Where(contact => contact.Id != contacts[40].Id).Select(r => $"{r.Id}|{r["firstname"]}|{r["jobtitle"]}|{r["city"]}").ToList();
        held.Except(shown).ShouldBeEmpty();
        shown.Except(held).ShouldBeEmpty();
        held.ShouldContain(row => row.StartsWith($"{contacts[0].Id}|", StringComparison.Ordinal) && row.Contains("Edited while nobody had approved", StringComparison.Ordinal));
        (await _hub.ScalarAsync<long>("select count(*) from crm_contacts")).ShouldBe(_account.Records("contacts").Count - 1 + 3);
        (await _hub.RowsAsync($"select state from crm_record_links where external_id = '{contacts[40].Id}' and remote_kind = 'contact'")).ShouldBe(["held"]);
        (await _hub.ScalarAsync<long>("select count(*) from crm_webhook_events where status = 'failed'")).ShouldBe(0);
        await ResolvedAsync(contacts[40].Id);
    }

    private async Task ResolvedAsync(string contact)
    {
        var (_, listed) = await SendAsync("GET", $"{Plan}/items?kind=contact&class=ambiguous");
        var item = JsonDocument.Parse(listed).RootElement.GetProperty("items").EnumerateArray().Single(item => item.GetProperty("side").GetString() == "there");
        var candidates = item.GetProperty("candidates").EnumerateArray().ToList();
        candidates.Count.ShouldBe(2);

        var (status, _) = await SendAsync(
            "POST", $"{Plan}/items/{item.GetProperty("id").GetString()}/resolve", $$"""{"decision":"join","with":"{{candidates[1].GetProperty("id").GetString()}}"}""");

        status.ShouldBe(200);
        (await _hub.RowsAsync($"select state, record_id from crm_record_links where external_id = '{contact}' and remote_kind = 'contact'"))
            .ShouldBe([$"live|{candidates[1].GetProperty("id").GetString()}"]);
        (await _hub.ScalarAsync<string>($"select first_name from crm_contacts where id = '{candidates[1].GetProperty("id").GetString()}'")).ShouldNotBeNull();
    }

    private Task InsertAsync(string email) =>
        _hub.ExecuteAsync($"insert into crm_contacts (tenant_id, id, email) values ('{_hub.Id}', '{Guid.CreateVersion7()}', '{email.ToLowerInvariant()}')");

    private async Task<(int Status, string Body)> SendAsync(string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new(method), new Uri(_functions.Address, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", DemoToken.For(_hub.Id, _functions.JwtSecret));
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _http.SendAsync(request, CancellationToken.None);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private async Task<JsonElement> UntilAsync(string state)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var (status, body) = await SendAsync("GET", Plan);
            status.ShouldBe(200, body);
            var plan = JsonDocument.Parse(body).RootElement.Clone();
            if (plan.GetProperty("state").GetString() == state)
                return plan;
            await Task.Delay(50, patience.Token);
        }
    }

    private async Task SettledAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        while (await _hub.ScalarAsync<long>("select (select count(*) from crm_webhook_events where status = 'pending') + (select count(*) from crm_sync_jobs where state in ('queued', 'running'))") > 0)
            await Task.Delay(50, patience.Token);
    }
}
