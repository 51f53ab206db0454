using System.Diagnostics;
using System.Globalization;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Rules;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging.Abstractions;

namespace Forge.Crm.Benchmarks;

/// <summary>
/// Changes of contacts through the engine in batches of a hundred, with a hundred rules that are on and listen to just these changes (none acts: each looks
/// at the record and finds its condition not met). Floor: the same changes without rules. Batches of both alternate, so that whatever else the machine does is
/// in both; the medians of the rounds are compared, without the first ones, in which the code is still being compiled.
/// </summary>
internal static class RulesBenchmark
{
    private const int Rules = 100;
    private const int Batch = 100;
    private const int Batches = 20;
    private const int WarmUp = 4;
    private const int Rounds = 15;

    private static readonly DateTimeOffset Start = Stamp.Micros(TimeProvider.System.GetUtcNow()).AddDays(-1);

    public static async Task RunAsync(CancellationToken ct)
    {
        Console.WriteLine($"Rules, changes a second through the engine in batches of {Batch}");
        await using var hub = await BenchTenant.HubAsync(ct);
        await using var app = BenchTenant.App(hub);
        var database = new TenantDatabase(app);
        var sets = new RuleSets(database, new(database, TimeProvider.System, NullLogger<SyncConfigs>.Instance), TimeProvider.System);
        var work = new RuleWork(sets, new(TimeProvider.System, NullLogger<RuleRunner>.Instance));
        var (bare, ruled) = (await BenchTenant.AddAsync(hub, ct), await BenchTenant.AddAsync(hub, ct));
        for (var i = 0; i < Rules; i++)
            await new RuleSettings(database, sets).SaveAsync(ruled, null, Document(i), enabled: true, null, "benchmark", ct);
        var without = new RecordStore(database, TimeProvider.System);
        var with = new RecordStore(database, TimeProvider.System) { Rules = work };
        var (floors, ours) = (new List<double>(), new List<double>());
        for (var round = 0; round < WarmUp + Rounds; round++)
        {
            var (floor, own) = (TimeSpan.Zero, TimeSpan.Zero);
            for (var batch = 0; batch < Batches; batch++)
            {
                floor += await BatchAsync(without, bare, batch, round, ct);
                own += await BatchAsync(with, ruled, batch, round, ct);
            }

            if (round < WarmUp)
                continue;
            floors.Add(Batches * Batch / floor.TotalSeconds);
            ours.Add(Batches * Batch / own.TotalSeconds);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  {Rules} rules: {Medians.Of(ours):N0}/s | without: {Medians.Of(floors):N0}/s | {Medians.Of(ours) / Medians.Of(floors):0.00} of it (medians of {Rounds})"));
    }

    private static string Document(int i) => $$"""
        { "name": "Rule {{i}}", "when": { "on": "changed", "kind": "contact", "field": "job_title" },
          "if": { "all": [{ "field": "record.job_title", "is": "Nobody {{i}}" }, { "field": "record.city", "empty": false }] },
          "then": [{ "do": "create", "kind": "task", "fields": { "subject": "Call {{"{{ record.first_name }}"}}" }, "link": ["record"] }] }
        """;

    private static async Task<TimeSpan> BatchAsync(RecordStore store, TenantId tenant, int batch, int round, CancellationToken ct)
    {
        RemoteChange[] changes = [.. Enumerable.Range(batch * Batch, Batch).Select(i => Contact(i, round))];
        var started = Stopwatch.GetTimestamp();
        await store.ApplyAsync(tenant, SyncPolicy.DefaultFor(Platform.HubSpot), StandardFields.Of, changes, _ => [], ct);
        return Stopwatch.GetElapsedTime(started);
    }

    private static RemoteChange Contact(int i, int round)
    {
        var shape = StandardFields.Contact;
        var version = Start.AddMinutes(round);
        var values = new RemoteField[shape.Count];
        foreach (var (field, value) in new[] { ("email", $"p{i}@example.com"), ("first_name", $"P{i}"), ("city", "Seoul"), ("job_title", $"Title {round}") })
            values[shape.IndexOf(field)] = new(value, new(version, Platform.HubSpot));
        var record = new RemoteRecord(new(RemoteKind.Contact, $"{i}"), [.. values], version, version.AddSeconds(1), [], MatchKeys.Of(shape, at => values[at].Value), version);
        return new(record.Ref, record, null, [], [], new(CauseKind.Event, $"{i}"));
    }
}
