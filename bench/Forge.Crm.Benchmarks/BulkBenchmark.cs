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
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

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

    public static async Task RunAsync(CancellationToken ct)
    {
        Console.WriteLine($"Bulk, {Contacts.ToString("N0", CultureInfo.InvariantCulture)} contacts");
        await using var hub = await BenchTenant.HubAsync(ct);
        await using var app = BenchTenant.App(hub);
        var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddSingleton<IRateBudget, InMemoryRateBudget>()
            .AddHubSpot(new ConfigurationBuilder().Build());
        await using var provider = services.BuildServiceProvider();
        var connector = provider.GetServices<ICrmConnector>().Single(c => c.Platform == Platform.HubSpot);

        var floor = await BulkFloor.RunAsync(app, await BenchTenant.AddAsync(hub, ct), Contacts, ct);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  floor: {floor:N0}/s"));
        foreach (var page in new[] { 100, 500 })
        {
            var tenant = await BenchTenant.AddAsync(hub, ct);
            var database = new TenantDatabase(app);
            var applier = new SnapshotApplier(new RecordStore(database, TimeProvider.System), new LookupStore(database));
            var session = new PlatformSession(
                tenant, connector, connector.Open(tenant, """{"accessToken":"none"}""", CallLane.Backfill),
                new(Platform.HubSpot, SyncDirection.Read, [RecordKind.Contact], Strategies.Default, null, "{}", 15, DeletePolicy.Propagate, null, true, ConnectionState.Live, 1, "{}"),
                SyncPolicy.DefaultFor(Platform.HubSpot), StandardFields.Of, Lookups.None(TenantLocale.Default));
            var first = await PassAsync(applier, session, page, _ => 0, ct);
            var unchanged = await PassAsync(applier, session, page, _ => 0, ct);
            var changed = await PassAsync(applier, session, page, i => i % 10 == 0 ? 1 : 0, ct);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  pages of {page}: first load {first.PerSecond:N0}/s ({first.PerSecond / floor:0.00} of the floor), unchanged {unchanged.PerSecond:N0}/s ({unchanged.PerSecond / floor:0.0}), a tenth changed {changed.PerSecond:N0}/s ({changed.PerSecond / floor:0.0}); live heap at 20 % and at the end: {first.HeapEarly:0} and {first.HeapLate:0} MB"));
        }
    }

    private static async Task<(double PerSecond, double HeapEarly, double HeapLate)> PassAsync(
        SnapshotApplier applier, PlatformSession session, int page, Func<int, int> edition, CancellationToken ct)
    {
        var (early, started) = (0.0, Stopwatch.GetTimestamp());
        for (var from = 0; from < Contacts; from += page)
        {
            var observations = Enumerable.Range(from, page).Select(i => Observation.Of(Snapshot(i, edition(i)), new Cause(CauseKind.Job, "bench"))).ToList();
            await applier.ApplyAsync(session, observations, BatchTail.None, ct);
            if (from <= Contacts / 5)
                early = Heap();
        }

        return (Contacts / Stopwatch.GetElapsedTime(started).TotalSeconds, early, Heap());
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
