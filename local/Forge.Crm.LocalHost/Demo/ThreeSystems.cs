using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.LocalHost.Pipedrive;
using Forge.Crm.LocalHost.Stack;
using Npgsql;
using Spectre.Console;

namespace Forge.Crm.LocalHost.Demo;

/// <summary>A tenant with all three: what HubSpot has is created in Pipedrive, then people edit in each system in turn, and two of them at once.</summary>
internal sealed class ThreeSystems(LocalHub hub, HubSpotSimulator hubSpot, PipedriveSimulator pipedrive, LocalFunctions functions)
{
    public const long CompanyId = 5_100_003;

    private const int Rounds = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>How the tenant's own account of a system is looked at and edited; the hub is one of the three.</summary>
    private sealed record CrmSystem(string Name, Func<string, string, Task> Edit, Func<string, Task<string?>> Shown);

    public static readonly DemoTenant Tenant = new(
        "Cedar & Sons", new(Guid.Parse("c0000000-0000-4000-8000-000000000003")), 8100003, "demo-token-cedar", 33, 40, 12, 15);

    private HubSpotAccount Contacts => hubSpot.Account(Tenant.PortalId);

    private PipedriveAccount Persons => pipedrive.Account(CompanyId);

    public async Task<bool> RunAsync(CancellationToken ct)
    {
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"\n[bold]Three systems: {Tenant.Name} has HubSpot, Pipedrive and the hub[/]");
        await ConnectAsync(ct);
        if (!await CreatedAsync(ct))
            return false;
        CrmSystem[] systems = [OfHubSpot(), OfPipedrive(), OfHub()];
        var email = Contacts.Records("contacts")[0]["email"]!;
        return await EditEachAsync(systems, email, ct) && await EditAtOnceAsync(systems, email, ct);
    }

    private async Task ConnectAsync(CancellationToken ct)
    {
        await functions.Sync.ConnectAsync(Tenant.Id, Platform.HubSpot, CrmCredentials.PrivateApp(Tenant.Token), ct);
        using (var first = new FirstConnection(functions, Tenant.Id, Platform.HubSpot))
            await first.OpenBothWaysAsync(ct);
        await functions.Sync.SyncAsync(new(Tenant.Id, Platform.HubSpot), null, ct);
        // Its webhooks are made with the connection.
        await functions.Sync.ConnectAsync(Tenant.Id, Platform.Pipedrive, CrmCredentials.ApiToken(Tenant.Token), ct);
        using var second = new FirstConnection(functions, Tenant.Id, Platform.Pipedrive);
        await second.OpenBothWaysAsync(ct);
        var kinds = (await second.ApproveAsync(ct))["kinds"]!.AsObject();
        Done($"match plan of Pipedrive, approved: {string.Join(", ", kinds.Select(kind => $"{kind.Value!["only_here"]} {Plural(kind.Key)} only here"))}, nothing ambiguous");
    }

    private static string Plural(string kind) => kind == "company" ? "companies" : $"{kind}s";

    /// <summary>What only HubSpot has is created in Pipedrive: each record once, with what belongs to what.</summary>
    private async Task<bool> CreatedAsync(CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        var isThere = await UntilAsync(
            () => Task.FromResult(Persons.Records("persons").Count == Tenant.Contacts && Persons.Records("organizations").Count == Tenant.Companies && Persons.Records("deals").Count == Tenant.Deals), ct);
        if (!isThere)
            return Wrong($"Pipedrive has {Persons.Records("persons").Count} persons, {Persons.Records("organizations").Count} organizations, {Persons.Records("deals").Count} deals");
        return Done(string.Create(CultureInfo.InvariantCulture,
            $"{Tenant.Contacts} contacts, {Tenant.Companies} companies, {Tenant.Deals} deals of HubSpot created in Pipedrive, {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s after the approval"));
    }

    private async Task<bool> EditEachAsync(CrmSystem[] systems, string email, CancellationToken ct)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("edit in").AddColumn("shown in").AddColumn("p50").AddColumn("slowest").AddColumn("writes an edit");
        foreach (var system in systems)
        {
            var (others, before) = (systems.Where(other => other != system).ToList(), Writes());
            var times = others.ToDictionary(other => other, _ => new List<double>());
            for (var i = 0; i < Rounds; i++)
            {
                var (value, started) = ($"{system.Name} {i}", Stopwatch.GetTimestamp());
                await system.Edit(email, value);
                var shown = await Task.WhenAll(others.Select(other => ShownAsync(other, email, value, started, ct)));
                if (shown.Any(time => time is null))
                    return Wrong($"the edit in {system.Name} did not arrive everywhere");
                for (var n = 0; n < others.Count; n++)
                    times[others[n]].Add(shown[n]!.Value);
            }

            await RestAsync(ct);
            foreach (var (other, taken) in times)
            {
                table.AddRow(
                    system.Name, other.Name, Milliseconds(taken.Order().ElementAt(Rounds / 2)), Milliseconds(taken.Max()),
                    string.Create(CultureInfo.InvariantCulture, $"{(double)(Writes() - before) / Rounds:0.0}"));
            }

            if (Writes() - before > Rounds * (others.Contains(systems[2]) ? 1 : 2))
                return Wrong($"{Writes() - before} writes for {Rounds} edits");
        }

        AnsiConsole.Write(table);
        return Done($"{3 * Rounds} edits, each in the other two systems; {hubSpot.Ledger.Count(call => call.PortalId == Tenant.PortalId)} calls of HubSpot and {pipedrive.Ledger.Count(call => call.CompanyId == CompanyId)} of Pipedrive in all");
    }

    private async Task<bool> EditAtOnceAsync(CrmSystem[] systems, string email, CancellationToken ct)
    {
        await systems[0].Edit(email, "Early bird");
        await Task.Delay(TimeSpan.FromSeconds(1.1), ct); // Pipedrive says the second of an edit
        await systems[1].Edit(email, "Late riser");
        await RestAsync(ct);
        foreach (var system in systems)
        {
            if (await system.Shown(email) is var shown && shown != "Late riser")
                return Wrong($"{system.Name} shows '{shown}'");
        }

        if (!await IsKeptAsync("Early bird") || !await IsKeptAsync("Late riser"))
            return Wrong("the history does not keep both");
        return Done("two people edit one name, in HubSpot 'Early bird', then in Pipedrive 'Late riser': all three show 'Late riser', and the history keeps both");
    }

    private async Task<bool> IsKeptAsync(string name)
    {
        await using var command = Command("select exists (select from crm_audit_log where tenant_id = $1 and field = 'first_name' and new_value = $2)", name);
        return await command.ExecuteScalarAsync() is true;
    }

    private CrmSystem OfHubSpot() => new(
        "HubSpot",
        (email, name) =>
        {
            Contacts.Edit("contacts", Contact(email)!.Id, new Dictionary<string, string> { ["firstname"] = name });
            return Task.CompletedTask;
        },
        email => Task.FromResult(Contact(email)?["firstname"]));

    private CrmSystem OfPipedrive() => new(
        "Pipedrive",
        (email, name) =>
        {
            Persons.Edit("persons", Person(email)!["id"]!.ToString(), new() { ["first_name"] = name });
            return Task.CompletedTask;
        },
        email => Task.FromResult(Person(email)?["first_name"]?.GetValue<string>()));

    private CrmSystem OfHub() => new(
        "the hub",
        (email, name) => ExecuteAsync("update crm_contacts set first_name = $2 where tenant_id = $1 and email = $3", CancellationToken.None, name, email),
        async email =>
        {
            await using var command = Command("select first_name from crm_contacts where tenant_id = $1 and email = $2 and deleted_at is null", email);
            return await command.ExecuteScalarAsync() as string;
        });

    private HubSpotSnapshot? Contact(string email) => Contacts.Records("contacts").FirstOrDefault(contact => contact["email"] == email);

    private JsonObject? Person(string email) =>
        Persons.Records("persons").FirstOrDefault(person => person["emails"]!.AsArray().Any(held => held!["value"]!.GetValue<string>() == email));

    private static async Task<double?> ShownAsync(CrmSystem system, string email, string value, long started, CancellationToken ct) =>
        await UntilAsync(async () => await system.Shown(email) == value, ct) ? Stopwatch.GetElapsedTime(started).TotalMilliseconds : null;

    private async Task RestAsync(CancellationToken ct)
    {
        const string left = """
            select (select count(*) from crm_webhook_events where tenant_id = $1 and status = 'pending') + (select count(*) from crm_outbox where tenant_id = $1 and status = 'pending')
            """;
        await UntilAsync(async () =>
        {
            await hubSpot.WebhooksIdleAsync(ct);
            await pipedrive.WebhooksIdleAsync(ct);
            await using var command = Command(left);
            return await command.ExecuteScalarAsync(ct) is 0L;
        }, ct);
    }

    private static async Task<bool> UntilAsync(Func<Task<bool>> holds, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await holds())
        {
            if (Stopwatch.GetElapsedTime(started) > Patience)
                return false;
            await Task.Delay(5, ct);
        }

        return true;
    }

    private int Writes() =>
        hubSpot.Ledger.Count(call => call.PortalId == Tenant.PortalId && (call.Path.EndsWith("/update", StringComparison.Ordinal) || call.Path.EndsWith("/create", StringComparison.Ordinal)))
        + pipedrive.Ledger.Count(call => call.CompanyId == CompanyId && call.Method is "PATCH" or "POST" && call.Path.StartsWith("/api/v2/", StringComparison.Ordinal));

    private async Task ExecuteAsync(string sql, CancellationToken ct, params string[] values)
    {
        await using var command = Command(sql, values);
        await command.ExecuteNonQueryAsync(ct);
    }

    private NpgsqlCommand Command(string sql, params string[] values)
    {
        var command = hub.Owner.CreateCommand(sql);
        command.Parameters.AddWithValue(Tenant.Id.Value);
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        return command;
    }

    private static string Milliseconds(double time) => string.Create(CultureInfo.InvariantCulture, $"{time:0} ms");

    private static bool Done(string line)
    {
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  [green]✓[/] {line}");
        return true;
    }

    private static bool Wrong(string line)
    {
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  [red]✗ {line}[/]");
        return false;
    }
}
