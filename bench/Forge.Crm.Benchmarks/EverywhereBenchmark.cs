using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Demo;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.LocalHost.Pipedrive;
using Forge.Crm.LocalHost.Stack;

namespace Forge.Crm.Benchmarks;

/// <summary>
/// From a person's edit in one of three systems until the other two show it: at rest, while 100,000 contacts are imported from HubSpot, and
/// while they are created in Pipedrive. Both platforms hold to their real limits; the edits are one at a time, in each system in turn.
/// </summary>
internal static class EverywhereBenchmark
{
    private const int Contacts = 30;
    private const int Backfill = 100_000;
    private const int Edits = 90;
    private const int Rounds = 30;
    private const int OAuthBurst = 80;
    private const string Token = "bench-token";

    private static readonly DemoTenant Tenant = DemoTenant.All[0];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(3);

    private sealed record CrmSystem(string Name, Func<string, string, Task> Edit, Func<string, Task<string?>> Shown);

    public static async Task RunAsync(CancellationToken ct)
    {
        Console.WriteLine("Edit to everywhere: HubSpot, Pipedrive and the hub, real limits");
        await using var hub = await BenchTenant.HubAsync(ct);
        await using var hubSpot = await HubSpotSimulator.StartAsync(new HubSpotSimulatorOptions { Limits = { Enabled = true } }, ct);
        var contacts = hubSpot.AddAccount(Tenant.PortalId, Token);
        HubSpotDemoData.Fill(contacts, seed: 1, Contacts, companies: 3, deals: 2);
        await using var pipedrive = await PipedriveSimulator.StartAsync(
            new PipedriveSimulatorOptions { Limits = { Enabled = true, ApiTokenPerTwoSeconds = OAuthBurst, DailyTokens = int.MaxValue } }, ct);
        var persons = pipedrive.AddAccount(5_900_001, Token);
        await using var functions = await LocalFunctions.StartAsync(hub.Connections, BenchTenant.SecretsFile(), new Dictionary<string, string?>
        {
            ["HubSpot:BaseAddress"] = hubSpot.BaseAddress.ToString(),
            ["HubSpot:ClientSecret"] = hubSpot.Options.ClientSecret,
            ["Pipedrive:BaseAddress"] = pipedrive.BaseAddress.ToString(),
            ["Pipedrive:CallsPerTwoSeconds"] = OAuthBurst.ToString(CultureInfo.InvariantCulture),
            ["Pipedrive:TokensPerDay"] = "100000000",
        }, ct);
        await ConnectAsync(functions, ct);
        hubSpot.Webhooks.Target = new Uri(functions.Address, "webhooks/hubspot").ToString();
        var emails = contacts.Records("contacts").Select(contact => contact["email"]!).ToList();
        if (!await UntilAsync(() => Task.FromResult(persons.Records("persons").Count == Contacts), ct))
            throw new InvalidOperationException($"Pipedrive has {persons.Records("persons").Count} of {Contacts} persons.");

        CrmSystem[] systems = [OfHubSpot(contacts), OfPipedrive(persons), OfHub(hub)];
        var edit = 0;
        async Task<List<double>> EditAsync(Func<bool> isOver)
        {
            var times = new List<double>();
            for (var i = 0; i < Edits && !isOver(); i++, edit++)
            {
                times.Add(await EverywhereAsync(systems, systems[edit % systems.Length], emails[edit / systems.Length % emails.Count], $"Edit {edit}", ct));
                await Task.Delay(200, ct); // Pipedrive's limit is that of the edits' pushes, too
            }

            return times;
        }

        int Writes() => hubSpot.Ledger.Count(call => call.Path.EndsWith("/update", StringComparison.Ordinal)) + pipedrive.Ledger.Count(call => call.Method == "PATCH");
        int Calls() => hubSpot.Ledger.Count(_ => true) + pipedrive.Ledger.Count(_ => true);
        await EditAsync(() => edit == systems.Length); // warm
        await Task.Delay(Settled, ct);
        var (first, writes, all, heard) = (edit, Writes(), Calls(), await HeardAsync(hub, ct));
        Say("at rest", await EditAsync(() => false));
        await Task.Delay(Settled, ct);
        await SayEchoesAsync(hub, edit - first, Writes() - writes, Calls() - all, heard, ct);
        await ThereAndBackAsync(systems, emails, ct);

        var target = hubSpot.Webhooks.Target;
        hubSpot.Webhooks.Target = null;
        for (var i = 0; i < Backfill; i++)
            contacts.Create("contacts", new Dictionary<string, string> { ["email"] = $"bulk{i}@example.com", ["firstname"] = "Bulk", ["lastname"] = $"Person {i}" });
        hubSpot.Webhooks.Target = target;
        var calls = hubSpot.Ledger.Count(_ => true);
        var started = Stopwatch.GetTimestamp();
        var import = functions.Sync.SyncAsync(new(Tenant.Id, Platform.HubSpot) { Mode = SyncMode.Sweep }, null, ct);
        var during = await EditAsync(() => import.IsCompleted);
        Say("while they are imported", during);
        await import;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  import: {Backfill / Stopwatch.GetElapsedTime(started).TotalSeconds:N0} records/s with {hubSpot.Ledger.Count(_ => true) - calls:N0} HubSpot calls, edits included"));
        var (at, made) = (Stopwatch.GetTimestamp(), persons.Records("persons").Count);
        Say("while they are created in Pipedrive", await EditAsync(() => false));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  creations meanwhile: {(persons.Records("persons").Count - made) / Stopwatch.GetElapsedTime(at).TotalSeconds:0.0}/s; answers 429: {hubSpot.Ledger.Count(call => call.Status == 429)} of HubSpot, {pipedrive.Ledger.Count(call => call.Status == 429)} of Pipedrive"));
    }

    private static async Task ConnectAsync(LocalFunctions functions, CancellationToken ct)
    {
        await functions.Sync.ConnectAsync(Tenant.Id, Platform.HubSpot, CrmCredentials.PrivateApp(Token), ct);
        using (var first = new FirstConnection(functions, Tenant.Id, Platform.HubSpot))
            await first.OpenBothWaysAsync(ct);
        await functions.Sync.SyncAsync(new(Tenant.Id, Platform.HubSpot), null, ct);
        await functions.Sync.ConnectAsync(Tenant.Id, Platform.Pipedrive, CrmCredentials.ApiToken(Token), ct);
        using var second = new FirstConnection(functions, Tenant.Id, Platform.Pipedrive);
        await second.OpenBothWaysAsync(ct);
        await second.ApproveAsync(ct);
    }

    /// <summary>A, B, and A again, which we wrote ourselves a moment ago: an edit like any other, and no echo.</summary>
    private static async Task ThereAndBackAsync(CrmSystem[] systems, List<string> emails, CancellationToken ct)
    {
        var (edits, suppressed) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var (edited, email) = (systems[round % systems.Length], emails[round % emails.Count]);
            foreach (var value in new[] { $"A {round}", $"B {round}", $"A {round}" })
            {
                edits++;
                await edited.Edit(email, value);
                foreach (var other in systems.Where(system => system != edited))
                    suppressed += await UntilAsync(async () => await other.Shown(email) == value, ct) ? 0 : 1;
                if (edited.Name == "Pipedrive")
                    await Task.Delay(1_100, ct); // its times are whole seconds: two edits of one second are one
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  A to B to A: {edits} edits, {suppressed} of {2 * edits} arrivals suppressed"));
    }

    /// <returns>Milliseconds until both others show it.</returns>
    private static async Task<double> EverywhereAsync(CrmSystem[] systems, CrmSystem edited, string email, string value, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        await edited.Edit(email, value);
        foreach (var other in systems.Where(system => system != edited))
        {
            if (!await UntilAsync(async () => await other.Shown(email) == value, ct))
                throw new InvalidOperationException($"The edit '{value}' in {edited.Name} did not arrive in {other.Name}.");
        }

        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static Task<long> HeardAsync(LocalHub hub, CancellationToken ct) => BenchTenant.CountAsync(hub, "select count(*) from crm_webhook_events", ct);

    /// <summary>Two thirds of the edits are made on a platform and tell of themselves; every other event is an echo of a write of ours.</summary>
    private static async Task SayEchoesAsync(LocalHub hub, int edits, int writes, int calls, long heardBefore, CancellationToken ct)
    {
        var least = edits / 3 * 4; // one on the other platform, two for an edit in the hub
        var fewest = (2 * least) + (edits / 3 * 2); // each write with the look before it, and a read of what is edited on a platform
        var echoes = await HeardAsync(hub, ct) - heardBefore - (edits / 3 * 2);
        var history = await BenchTenant.CountAsync(hub, "select count(*) from crm_audit_log where field = 'first_name' and new_value like 'Edit %'", ct);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {edits} edits, all of them everywhere: {writes} writes ({least} is the least), {(double)calls / edits:0.0} calls an edit ({(double)fewest / edits:0.0} with a look before each write); {echoes} echoes came as events, and the hub's history has {history - 3} changes of {edits} edits"));
    }

    private static void Say(string when, List<double> times)
    {
        times.Sort();
        Console.WriteLine(times.Count == 0 ? $"  {when}: no edit fell into it" : string.Create(CultureInfo.InvariantCulture,
            $"  {when}, {times.Count} edits: p50 {times[times.Count / 2]:N0} ms, p95 {times[(int)(times.Count * 0.95)]:N0} ms, max {times[^1]:N0} ms"));
    }

    private static async Task<bool> UntilAsync(Func<Task<bool>> holds, CancellationToken ct)
    {
        for (var started = Stopwatch.GetTimestamp(); !await holds(); await Task.Delay(5, ct))
        {
            if (Stopwatch.GetElapsedTime(started) > Patience)
                return false;
        }

        return true;
    }

    // Ids are looked up once: a list of 100,000 records is no thing to ask for every five milliseconds.
    private static CrmSystem OfHubSpot(HubSpotAccount account)
    {
        var ids = account.Records("contacts").ToDictionary(contact => contact["email"]!, contact => contact.Id);
        return new(
            "HubSpot",
            (email, name) =>
            {
                account.Edit("contacts", ids[email], new Dictionary<string, string> { ["firstname"] = name });
                return Task.CompletedTask;
            },
            email => Task.FromResult(account.Find("contacts", ids[email])?["firstname"]));
    }

    private static CrmSystem OfPipedrive(PipedriveAccount account)
    {
        var ids = account.Records("persons").ToDictionary(person => person["emails"]![0]!["value"]!.GetValue<string>(), person => person["id"]!.ToString());
        return new(
            "Pipedrive",
            (email, name) =>
            {
                account.Edit("persons", ids[email], new JsonObject { ["first_name"] = name });
                return Task.CompletedTask;
            },
            email => Task.FromResult(account.Find("persons", ids[email])?["first_name"]?.GetValue<string>()));
    }

    private static CrmSystem OfHub(LocalHub hub) => new(
        "the hub",
        (email, name) => BenchTenant.ExecuteAsync(
            hub, $"update crm_contacts set first_name = '{name}' where tenant_id = '{Tenant.Id}' and email = '{email}'", CancellationToken.None),
        async email =>
        {
            await using var command = hub.Owner.CreateCommand(
                $"select first_name from crm_contacts where tenant_id = '{Tenant.Id}' and email = '{email}' and deleted_at is null");
            return await command.ExecuteScalarAsync() as string;
        });
}
