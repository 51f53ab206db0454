using System.Globalization;
using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.LocalAzure;
using Forge.Crm.Tests.PostgreSql;

namespace Forge.Crm.Tests.Simulation;

/// <summary>
/// The simulator's programs against the real journal, outbox, change capture and drains on PostgreSQL: what <see cref="ConvergenceTests"/> shows of
/// the rules, this shows of the code around them. More seeds: <c>FORGE_SLOW_SEEDS</c>, <c>FORGE_SLOW_FROM</c>, <c>FORGE_SLOW_STEPS</c>.
/// </summary>
public sealed class SlowConvergenceTests
{
    private static readonly int Seeds = Setting("FORGE_SLOW_SEEDS", 12);
    private static readonly int From = Setting("FORGE_SLOW_FROM", 0);
    private static readonly int Steps = Setting("FORGE_SLOW_STEPS", 150);

    [Fact]
    public async Task Every_seed_comes_to_rest_in_one_state_on_the_real_database()
    {
        var bus = await HubDatabase.MigratedAsync();
        await LocalBus.DeclareQueueAsync(bus, Queues.Changes, requiresSession: true);
        await using var client = new ServiceBusClient(bus);
        var failures = new System.Collections.Concurrent.ConcurrentBag<(int Seed, string Text)>();
        var (edits, writes) = (0, 0);
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(Enumerable.Range(From, Seeds), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, async (seed, _) =>
        {
            var (violations, world) = await PlayAsync(seed, client);
            Interlocked.Add(ref edits, world.Edits.Count);
            Interlocked.Add(ref writes, world.Writes);
            foreach (var violation in violations.Take(3))
                failures.Add((seed, violation));
        });
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Seeds} slow seeds of {Steps} steps in {System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s: {edits} edits on the platforms, {writes} writes"));
        failures.OrderBy(failure => failure.Seed).Select(failure => $"seed {failure.Seed}: {failure.Text}").ShouldBeEmpty();
    }

    private static async Task<(List<string> Violations, SlowWorld World)> PlayAsync(int seed, ServiceBusClient client)
    {
        var program = ProgramGenerator.Program(seed, Steps);
        await using var world = await SlowWorld.CreateAsync(program.Setup, client);
        try
        {
            return (await SlowInvariants.CheckAsync(world, program), world);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return ([$"(x) {string.Join('\n', e.ToString().Split('\n').Take(12))}"], world);
        }
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
