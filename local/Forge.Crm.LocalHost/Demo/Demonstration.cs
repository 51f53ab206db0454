using System.Diagnostics;
using System.Globalization;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.LocalHost.Pipedrive;
using Forge.Crm.LocalHost.PostgreSql;
using Forge.Crm.LocalHost.Stack;
using Microsoft.Extensions.Configuration;
using Spectre.Console;

namespace Forge.Crm.LocalHost.Demo;

/// <summary>
/// The whole product on one machine: PostgreSQL, a simulated HubSpot and Pipedrive, the functions. First load of two tenants, then a
/// person's edit that arrives by webhook, each checked against the simulator; then a third tenant's edits between three systems.
/// </summary>
internal static class Demonstration
{
    private const int SimulatorPort = 7072;
    private const int TimedEdits = 25;

    /// <returns>0 where everything checked out.</returns>
    public static async Task<int> RunAsync(IConfiguration configuration, Arguments arguments, CancellationToken ct)
    {
        if (arguments.Push)
            throw new LocalHostException("--push is for a real account: set HUBSPOT_API_KEY. The simulated accounts are only read so far.");
        AnsiConsole.MarkupLine("[bold]Forge CRM Sync[/] on this machine: PostgreSQL, a simulated HubSpot and Pipedrive, the functions.\n");
        // The simulator lives in memory and starts anew with each run, so its hub does too.
        await using var hub = await LocalHub.StartAsync(configuration.GetConnectionString("Postgres"), "forge_demo", reset: true, new Lines(), ct);
        Done($"{hub.Server}, schema migrated");
        await using var simulator = await StartSimulatorAsync(ct);
        Done($"HubSpot simulator at {simulator.BaseAddress} with {DemoTenant.All.Count} accounts, {DemoTenant.All.Sum(t => t.Records):N0} records");
        await using var pipedrive = await PipedriveSimulator.StartAsync(new PipedriveSimulatorOptions(), ct);
        pipedrive.AddAccount(ThreeSystems.CompanyId, ThreeSystems.Tenant.Token);
        Done($"Pipedrive simulator at {pipedrive.BaseAddress} with an empty account");
        await using var functions = await StartFunctionsAsync(hub, simulator, pipedrive, ct);
        Done($"Functions at {functions.Address}");
        foreach (var tenant in DemoTenant.All)
            await functions.Sync.ConnectAsync(tenant.Id, Platform.HubSpot, CrmCredentials.PrivateApp(tenant.Token), ct);

        await FirstLoadAsync(functions.Sync, ct);
        var isRight = await HubCheck.RunAsync(hub, simulator, ct);
        simulator.Webhooks.Target = new Uri(functions.Address, "webhooks/hubspot").ToString();
        isRight &= await EditAsync(hub, simulator, ct);
        isRight &= await HubCheck.RunAsync(hub, simulator, ct);
        isRight &= await new ThreeSystems(hub, simulator, pipedrive, functions).RunAsync(ct);
        AnsiConsole.MarkupLine(isRight ? "\n[green]Every count and value checked out.[/]" : "\n[red]Something differs; see above.[/]");
        if (!arguments.Exit)
            await StayAsync(hub, simulator, functions, ct);
        return isRight ? 0 : 1;
    }

    private static async Task<HubSpotSimulator> StartSimulatorAsync(CancellationToken ct)
    {
        var simulator = await HubSpotSimulator.StartAsync(new HubSpotSimulatorOptions { Port = LocalFunctions.FreePort(SimulatorPort) }, ct);
        foreach (var tenant in DemoTenant.All.Append(ThreeSystems.Tenant))
            HubSpotDemoData.Fill(simulator.AddAccount(tenant.PortalId, tenant.Token), tenant.Seed, tenant.Contacts, tenant.Companies, tenant.Deals);
        return simulator;
    }

    private static Task<LocalFunctions> StartFunctionsAsync(LocalHub hub, HubSpotSimulator simulator, PipedriveSimulator pipedrive, CancellationToken ct) =>
        LocalFunctions.StartAsync(hub.Connections, Path.Combine(StateFolder.Default(AppContext.BaseDirectory), "demo-secrets.json"), new Dictionary<string, string?>
        {
            ["HubSpot:BaseAddress"] = simulator.BaseAddress.ToString(),
            ["HubSpot:ClientSecret"] = simulator.Options.ClientSecret,
            ["Pipedrive:BaseAddress"] = pipedrive.BaseAddress.ToString(),
            ["Pipedrive:CallsPerTwoSeconds"] = "480", // its largest plan's; the smallest would have the reader wait
            ["Pipedrive:TokensPerDay"] = "210000",
        }, ct);

    private static Task FirstLoadAsync(ICrmSync sync, CancellationToken ct)
    {
        AnsiConsole.MarkupLine("\n[bold]First load[/]");
        return AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RateColumn(), new RemainingTimeColumn())
            .StartAsync(async bars =>
            {
                var loads = DemoTenant.All.Select(async tenant =>
                {
                    var bar = bars.AddTask(tenant.Name, maxValue: tenant.Records);
                    var result = await sync.SyncAsync(new(tenant.Id, Platform.HubSpot), new Shown<SyncProgress>(p => RateColumn.Show(bar, p)), ct);
                    bar.Value = bar.MaxValue;
                    return (tenant, result);
                }).ToList();
                foreach (var (tenant, result) in await Task.WhenAll(loads))
                {
                    Done(string.Create(CultureInfo.InvariantCulture,
                        $"{tenant.Name}: {result.ContactsSynced:N0} contacts, {result.CompaniesSynced:N0} companies, {result.DealsSynced:N0} deals, {result.Failed} failed, in {result.Elapsed.TotalSeconds:0.0} s ({tenant.Records / result.Elapsed.TotalSeconds:N0}/s)"));
                }
            });
    }

    /// <summary>A person edits a contact in HubSpot; the row of the hub follows by webhook. Once to look at, then some more for the times.</summary>
    private static async Task<bool> EditAsync(LocalHub hub, HubSpotSimulator simulator, CancellationToken ct)
    {
        AnsiConsole.MarkupLine("\n[bold]A person edits a contact in HubSpot[/]");
        var tenant = DemoTenant.All[0];
        var account = simulator.Account(tenant.PortalId);
        var contacts = account.Records("contacts");
        var times = new List<double>();
        for (var i = 0; i <= TimedEdits; i++)
        {
            var contact = contacts[i];
            var title = $"Chief Sync Officer {i}";
            var started = Stopwatch.GetTimestamp();
            account.Edit("contacts", contact.Id, new Dictionary<string, string> { ["jobtitle"] = title });
            if (await HubCheck.WaitForAsync(hub, tenant, contact.Id, title, ct) is not { } row)
            {
                AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  [red]The edit of contact {contact.Id} did not arrive within {HubCheck.Patience.TotalSeconds} s.[/]");
                return false;
            }

            var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            if (i == 0)
                Show(contact, title, row, elapsed);
            else
                times.Add(elapsed);
        }

        times.Sort();
        Done($"{TimedEdits} more edits, one by one: p50 {times[times.Count / 2]:0} ms, p95 {times[(int)(times.Count * 0.95)]:0} ms from edit to hub");
        return true;
    }

    private static void Show(HubSpotSnapshot contact, string title, HubRow row, double elapsed)
    {
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  HubSpot   contact {contact.Id}: jobtitle = [aqua]{title}[/]");
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  webhook   contact.propertyChange, journaled as event {row.EventId}, [aqua]{row.EventStatus}[/]");
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  hub       crm_contacts {row.RecordId}: job_title = [aqua]{row.JobTitle}[/], version {row.Version}");
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  history   {row.History}");
        Done($"{elapsed:0} ms from edit to hub");
    }

    private static async Task StayAsync(LocalHub hub, HubSpotSimulator simulator, LocalFunctions functions, CancellationToken ct)
    {
        var tenant = DemoTenant.All[0];
        var contact = simulator.Account(tenant.PortalId).Records("contacts")[0];
        var record = await HubCheck.RecordIdAsync(hub, tenant, contact.Id, ct);
        var address = functions.Address.ToString().TrimEnd('/');
        AnsiConsole.MarkupLine("\n[bold]Three things to try[/] [grey](Ctrl-C stops everything)[/]");
        await Console.Out.WriteLineAsync($"""

            # 1. edit a contact in HubSpot, as an integration would
            curl -X PATCH {simulator.BaseAddress}crm/v3/objects/contacts/{contact.Id} -H 'authorization: Bearer {tenant.Token}' -H 'content-type: application/json' -d '{DemoToken.Quote("jobtitle", "Astronaut")}'

            # 2. ask the hub why the contact is what it is
            curl {address}/api/v1/records/contact/{record}/history -H 'authorization: Bearer {DemoToken.For(tenant.Id, functions.JwtSecret)}'

            # 3. forge a webhook: 401, and nothing is stored
            curl -i -X POST {address}/webhooks/hubspot -H 'content-type: application/json' -d '[]'

            The hub's database, for psql or any client: {hub.OwnerConnectionString}
            """);
        await Task.Delay(Timeout.Infinite, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        AnsiConsole.MarkupLine("\n[grey]Stopping the functions, the simulator and PostgreSQL.[/]");
    }

    private static void Done(string line) => AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  [green]✓[/] {line}");

    /// <summary>Runs on the reporter's thread, so that lines come in order.</summary>
    private sealed class Shown<T>(Action<T> show) : IProgress<T>
    {
        public void Report(T value) => show(value);
    }

    private sealed class Lines : IProgress<string>
    {
        public void Report(string value) => AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  [grey]{value}[/]");
    }
}
