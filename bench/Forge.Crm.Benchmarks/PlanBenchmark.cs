using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Benchmarks;

/// <summary>
/// Planning alone, on one core: pages of 500 contacts with all their 20 fields, unchanged (what a sweep mostly sees), with one field changed,
/// and in conflict. Floor: comparing the same 20 texts and stamps of each record one by one, in the same run. Medians of several rounds.
/// </summary>
internal static class PlanBenchmark
{
    private const int Page = 500;
    private const int Rounds = 9;
    private const int PagesPerRound = 400;

    private static readonly DateTimeOffset Start = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);
    private static readonly Cause Cause = new(CauseKind.Job, "1");
    private static readonly SyncPolicy Policy = SyncPolicy.DefaultFor(Platform.HubSpot) with
    {
        Targets = [new(Platform.HubSpot, [RecordKind.Contact]), new(Platform.Pipedrive, [RecordKind.Contact])],
    };

    public static Task RunAsync(CancellationToken ct)
    {
        var (records, links) = Hub();
        var unchanged = Changes(records, _ => false);
        var changed = Changes(records, i => i == 2);
        var editedAt = new Stamp(Start.AddMinutes(1), Platform.Supabase);
        var edited = records.Select(record => record with { Stamps = record.Stamps.SetItem(2, editedAt), Values = record.Values.SetItem(2, "Hub") }).ToList();
        Console.WriteLine($"Planning, one core, pages of {Page} contacts with {StandardFields.Contact.Count} fields; medians of {Rounds} rounds of {PagesPerRound} pages");
        var floor = Measure("floor: compare each text and stamp", () => new WorkingSet(records, links, [], [], [], []), _ => Compare(records, unchanged), ct);
        Print(Measure("unchanged", () => new WorkingSet(records, links, [], [], [], []), set => Plan(set, unchanged), ct), floor);
        Print(Measure("one field changed", () => new WorkingSet(records, links, [], [], [], []), set => Plan(set, changed), ct), floor);
        Print(Measure("one field in conflict", () => new WorkingSet(edited, links, [], [], [], []), set => Plan(set, changed), ct), floor);
        return Task.CompletedTask;
    }

    private static BatchPlan Plan(WorkingSet set, IReadOnlyList<RemoteChange> changes) =>
        new BatchPlanner(Policy, StandardFields.Of, Guid.NewGuid).Plan(set, changes);

    private static int Compare(List<HubRecord> records, List<RemoteChange> changes)
    {
        var same = 0;
        for (var r = 0; r < records.Count; r++)
        {
            var fields = changes[r].Record!.Fields;
            for (var i = 0; i < fields.Length; i++)
            {
                if (string.Equals(records[r].Values[i], fields[i].Value, StringComparison.Ordinal) && records[r].Stamps[i] == fields[i].Stamp)
                    same++;
            }
        }

        return same;
    }

    private static Result Measure(string name, Func<WorkingSet> load, Func<WorkingSet, object> plan, CancellationToken ct)
    {
        var rates = new List<double>();
        var bytes = 0L;
        for (var round = 0; round < Rounds && !ct.IsCancellationRequested; round++)
        {
            // What the store loads is its cost, not the planner's.
            var sets = Enumerable.Range(0, PagesPerRound).Select(_ => load()).ToList();
            GC.Collect();
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var started = Stopwatch.GetTimestamp();
            foreach (var set in sets)
                GC.KeepAlive(plan(set));
            var elapsed = Stopwatch.GetElapsedTime(started);
            bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / (PagesPerRound * Page);
            rates.Add(PagesPerRound * Page / elapsed.TotalSeconds);
        }

        return new(name, Medians.Of(rates), bytes);
    }

    private static void Print(Result result, Result floor) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"  {result.Name,-24} {result.Rate,12:N0}/s  {result.Bytes,6} bytes a record  {floor.Rate / result.Rate,5:F2} of the floor's time ({floor.Rate:N0}/s)"));

    private static (List<HubRecord> Records, List<RecordLink> Links) Hub()
    {
        var stamp = new Stamp(Start, Platform.HubSpot, IsApproximate: true);
        ImmutableArray<Stamp> stamps = [.. Enumerable.Repeat(stamp, StandardFields.Contact.Count)];
        var records = new List<HubRecord>();
        var links = new List<RecordLink>();
        for (var n = 0; n < Page; n++)
        {
            var record = new HubRecord(Guid.CreateVersion7(), RecordKind.Contact, Values(n), stamps, Version: 1);
            records.Add(record);
            links.Add(RecordLink.New(new(RemoteKind.Contact, n.ToString(CultureInfo.InvariantCulture)), record.Id, Start, StandardFields.Contact) with
            {
                Seen = Values(n),
                SeenStamps = stamps,
                Level = stamps,
                RemoteVersion = Start,
                ReadAt = Start,
            });
        }

        return (records, links);
    }

    // Other string instances than the hub's, as they come from a platform.
    private static ImmutableArray<string?> Values(int n) =>
        [.. StandardFields.Contact.Fields.Select(field => (string?)string.Create(CultureInfo.InvariantCulture, $"{field.Name} value {n}"))];

    private static List<RemoteChange> Changes(List<HubRecord> records, Func<int, bool> isChanged)
    {
        var version = Start.AddMinutes(2);
        var stamp = new Stamp(version, Platform.HubSpot, IsApproximate: true);
        return [.. records.Select((_, n) =>
        {
            var fields = Values(n).Select((value, i) => new RemoteField(isChanged(i) ? value + " changed" : value, stamp));
            var record = new RemoteRecord(
                new(RemoteKind.Contact, n.ToString(CultureInfo.InvariantCulture)), [.. fields], isChanged(2) ? version : Start, version, [], [], Start);
            return new RemoteChange(record.Ref, record, null, [], [], Cause);
        })];
    }

    private sealed record Result(string Name, double Rate, long Bytes);
}
