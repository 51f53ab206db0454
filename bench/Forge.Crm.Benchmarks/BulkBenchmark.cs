using System.Diagnostics;
using System.Globalization;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Stack;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Forge.Crm.Benchmarks;

/// <summary>
/// 100,000 contacts through the engine (map, plan, write; pages from memory, so that no HTTP is measured): first load, unchanged pass, a
/// tenth changed. Floor: COPY into a temporary table, then INSERT ON CONFLICT of row, link, identity and one history row a record, the
/// same contents into the same tables under row-level security.
/// </summary>
internal static class BulkBenchmark
{
    private const int Contacts = 100_000;
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A first load of 1,000,000: how its rate and its memory stand at the end.</summary>
    public static async Task RunMillionAsync(CancellationToken ct)
    {
        Console.WriteLine("Bulk, 1,000,000 contacts, first load, pages of 500");
        await using var hub = await BenchTenant.HubAsync(ct);
        await using var app = BenchTenant.App(hub);
        await using var provider = Services();
        var (applier, session) = await OpenAsync(hub, app, Connector(provider), ct);
        var load = await PassAsync(applier, session, 500, 1_000_000, _ => 0, ct);
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {load.PerSecond:N0}/s; live heap at 20 % and at the end: {load.HeapEarly:0} and {load.HeapLate:0} MB; the process at most: {process.PeakWorkingSet64 / 1e6:0} MB"));
    }

    public static async Task RunAsync(CancellationToken ct)
    {
        Console.WriteLine($"Bulk, {Contacts.ToString("N0", CultureInfo.InvariantCulture)} contacts");
        await using var hub = await BenchTenant.HubAsync(ct);
        await using var app = BenchTenant.App(hub);
        await using var provider = Services();
        var connector = Connector(provider);

        var floor = await BulkFloor.RunAsync(app, await BenchTenant.AddAsync(hub, ct), Contacts, ct);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  floor: {floor:N0}/s"));
        foreach (var page in new[] { 100, 500 })
        {
            var (applier, session) = await OpenAsync(hub, app, connector, ct);
            var first = await PassAsync(applier, session, page, Contacts, _ => 0, ct);
            var unchanged = await PassAsync(applier, session, page, Contacts, _ => 0, ct);
            var changed = await PassAsync(applier, session, page, Contacts, i => i % 10 == 0 ? 1 : 0, ct);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  pages of {page}: first load {first.PerSecond:N0}/s ({first.PerSecond / floor:0.00} of the floor), unchanged {unchanged.PerSecond:N0}/s ({unchanged.PerSecond / floor:0.0}), a tenth changed {changed.PerSecond:N0}/s ({changed.PerSecond / floor:0.0}); live heap at 20 % and at the end: {first.HeapEarly:0} and {first.HeapLate:0} MB"));
        }
    }

    private static ServiceProvider Services() => new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System)
        .AddSingleton<IRateBudget, InMemoryRateBudget>().AddHubSpot(new ConfigurationBuilder().Build()).BuildServiceProvider();

    private static ICrmConnector Connector(ServiceProvider provider) => provider.GetServices<ICrmConnector>().Single(c => c.Platform == Platform.HubSpot);

    private static async Task<(SnapshotApplier, PlatformSession)> OpenAsync(LocalHub hub, NpgsqlDataSource app, ICrmConnector connector, CancellationToken ct)
    {
        var tenant = await BenchTenant.AddAsync(hub, ct);
        var database = new TenantDatabase(app);
        return (
            new(new RecordStore(database, TimeProvider.System), new LookupStore(database)),
            new(
                tenant, connector, connector.Open(tenant, """{"accessToken":"none"}""", CallLane.Backfill),
                new(Platform.HubSpot, SyncDirection.Read, [RecordKind.Contact], Strategies.Default, null, "{}", 15, DeletePolicy.Propagate, null, true, ConnectionState.Live, 1, "{}"),
                SyncPolicy.DefaultFor(Platform.HubSpot), StandardFields.Of, Lookups.None(TenantLocale.Default)));
    }

    private static async Task<(double PerSecond, double HeapEarly, double HeapLate)> PassAsync(
        SnapshotApplier applier, PlatformSession session, int page, int count, Func<int, int> edition, CancellationToken ct)
    {
        var (early, started) = (0.0, Stopwatch.GetTimestamp());
        for (var from = 0; from < count; from += page)
        {
            var observations = Enumerable.Range(from, page).Select(i => Observation.Of(Snapshot(i, edition(i)), new Cause(CauseKind.Job, "bench"))).ToList();
            await applier.ApplyAsync(session, observations, BatchTail.None, ct);
            if (from <= count / 5)
                early = Heap();
        }

        return (count / Stopwatch.GetElapsedTime(started).TotalSeconds, early, Heap());
    }

    private static double Heap() => GC.GetGCMemoryInfo().HeapSizeBytes / 1e6;

    /// <summary>A contact as HubSpot's list call shows one.</summary>
    public static RemoteSnapshot Snapshot(int i, int edition)
    {
        var text = i.ToString(CultureInfo.InvariantCulture);
        return new(
            new(RemoteKind.Contact, text),
            new Dictionary<string, string?>
            {
                ["email"] = $"person{text}@example.com",
                ["firstname"] = $"First{text}",
                ["lastname"] = $"Last{text}",
                ["phone"] = $"+1555{i:0000000}",
                ["jobtitle"] = edition == 0 ? "Engineer" : "Architect",
                ["company"] = "Example Inc.",
                ["address"] = $"{text} Main Street",
                ["city"] = "Springfield",
                ["state"] = "IL",
                ["zip"] = "62701",
                ["country"] = "United States",
                ["lifecyclestage"] = "lead",
            },
            Start, Start.AddSeconds(edition), null, Start.AddMinutes(1 + edition), [], []);
    }
}
