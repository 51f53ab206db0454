using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.LocalHost.Live;
using Forge.Crm.LocalHost.Stack;
using Forge.Crm.Tests.PostgreSql;

namespace Forge.Crm.Tests.EndToEnd;

/// <summary>The live mode against a simulator: a hub and an account that are both filled.</summary>
public sealed class LivePushTests : IAsyncLifetime
{
    private const long Portal = 9_200_009;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private HubDatabase _hub = null!;
    private HubSpotSimulator _simulator = null!;
    private HubSpotAccount _account = null!;
    private LocalFunctions _functions = null!;
    private string _secrets = null!;

    private HubConnections Hub => new(_hub.ConnectionString, _hub.AppConnectionString, _hub.RelayConnectionString);

    public async Task InitializeAsync()
    {
        _hub = await HubDatabase.CreateAsync();
        _simulator = await HubSpotSimulator.StartAsync(new HubSpotSimulatorOptions(), CancellationToken.None);
        _account = _simulator.AddAccount(Portal, "live-token");
        HubSpotDemoData.Fill(_account, seed: 5, contacts: 12, companies: 3, deals: 2);
        _secrets = Path.Combine(Path.GetTempPath(), $"forge-{Guid.NewGuid():n}.json");
        _functions = await LocalFunctions.StartAsync(
            Hub, _secrets, new Dictionary<string, string?> { ["HubSpot:BaseAddress"] = _simulator.BaseAddress.ToString() }, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _functions.DisposeAsync();
        await _simulator.DisposeAsync();
        await _hub.DisposeAsync();
        File.Delete(_secrets);
    }

    [Fact]
    public async Task Nothing_is_written_before_the_plan_that_was_shown_is_approved_and_nothing_without_the_word()
    {
        await _hub.ExecuteAsync($"insert into crm_contacts (tenant_id, id, email, first_name) values ('{_hub.Id}', '{Guid.CreateVersion7()}', 'only.here@example.com', 'Here')");
        await ConnectAsync();
        (await OpenAsync(null)).Opened.ShouldBeFalse();
        var (opened, said) = await OpenAsync(Guid.NewGuid());

        opened.ShouldBeFalse("another plan than the one that was looked at");
        said.ShouldContain($"What would be written to HubSpot account {Portal}");
        said.ShouldContain("contact: 1 created in HubSpot, 12 created in the hub, 0 pairs joined");
        (_account.Records("contacts").Count, await DirectionAsync(), Writes()).ShouldBe((12, "read", 0));

        var plan = Guid.Parse(said[(said.IndexOf("--approve ", StringComparison.Ordinal) + 10)..][..36]);
        (opened, said) = await OpenAsync(plan);
        opened.ShouldBeTrue();
        said.ShouldContain($"What would be written to HubSpot account {Portal}");
        await _functions.Sync.SyncAsync(new(_hub.Id, Platform.HubSpot), null, CancellationToken.None);
        await UntilAsync(() => _account.Records("contacts").Any(contact => contact["email"] == "only.here@example.com"));

        // The next run holds it until it is told again, and loses no edit meanwhile.
        await LivePush.HoldAsync(Hub, _secrets, _hub.Id, CancellationToken.None);
        await _hub.ExecuteAsync("update crm_contacts set first_name = 'Edited' where email = 'only.here@example.com'");
        await ConnectAsync();
        (await _hub.ScalarAsync<string>("select state from crm_sync_configs")).ShouldBe("paused");
        (opened, said) = await OpenAsync(null);
        opened.ShouldBeTrue();
        said.ShouldContain("by the match plan that live mode approved");
        await UntilAsync(() => _account.Records("contacts").Any(contact => contact["firstname"] == "Edited"));

        await LivePush.HoldAsync(Hub, _secrets, _hub.Id, CancellationToken.None);
        await Push(TextWriter.Null).CloseAsync(CancellationToken.None);
        (await _hub.ScalarAsync<string>("select direction || ' ' || state from crm_sync_configs")).ShouldBe("read live");
    }

    [Fact]
    public async Task A_hub_that_was_loaded_without_a_plan_is_not_written_from()
    {
        await ConnectAsync();
        await Push(TextWriter.Null).CloseAsync(CancellationToken.None);
        await _functions.Sync.SyncAsync(new(_hub.Id, Platform.HubSpot), null, CancellationToken.None);
        (await Should.ThrowAsync<LocalHostException>(() => OpenAsync(null))).Message.ShouldContain("--push --reset");
        (await DirectionAsync(), Writes()).ShouldBe(("read", 0));
    }

    [Theory]
    [InlineData("--push", true, null)]
    [InlineData("--push --approve 11111111-1111-4111-8111-111111111111 --exit", true, "11111111-1111-4111-8111-111111111111")]
    [InlineData("--approve 11111111-1111-4111-8111-111111111111", false, null)]
    [InlineData("--push --approve", false, null)]
    [InlineData("--push --approve yes", false, null)]
    [InlineData("--push --reset --approve 11111111-1111-4111-8111-111111111111", false, null)]
    public void An_approval_names_a_plan_and_goes_with_the_word(string line, bool isUnderstood, string? plan)
    {
        var arguments = Arguments.Parse(line.Split(' '));
        (arguments is { Push: true }, arguments?.Approved).ShouldBe((isUnderstood, plan is null ? null : Guid.Parse(plan)));
    }

    private Task ConnectAsync() => _functions.Sync.ConnectAsync(_hub.Id, Platform.HubSpot, CrmCredentials.PrivateApp("live-token"), CancellationToken.None);

    private LivePush Push(TextWriter output) => new(_functions.Services, _hub.Id, output);

    private async Task<(bool Opened, string Said)> OpenAsync(Guid? approved)
    {
        using var output = new StringWriter();
        using var patience = new CancellationTokenSource(Patience);
        return (await Push(output).OpenAsync($"{Portal}", approved, patience.Token), output.ToString());
    }

    private Task<string?> DirectionAsync() => _hub.ScalarAsync<string>("select direction from crm_sync_configs");

    // Reads and searches are posts too; what is changed is not among them.
    private int Writes() => _simulator.Ledger.Entries.Count(call =>
        call.Method is "PATCH" or "PUT" or "DELETE" || call.Path.EndsWith("/batch/create", StringComparison.Ordinal) || call.Path.EndsWith("/batch/update", StringComparison.Ordinal));

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!isSo())
            await Task.Delay(20, patience.Token);
    }
}
