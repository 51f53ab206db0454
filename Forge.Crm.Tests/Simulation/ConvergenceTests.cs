using System.Globalization;

namespace Forge.Crm.Tests.Simulation;

/// <summary>
/// Promise 3, judged by simulation: whatever people, networks, clocks and crashes do, everything comes to rest in one state, no edit is
/// lost without a trace, and the writing stops. A failing seed prints itself and a short program that fails in the same way.
/// </summary>
public sealed class ConvergenceTests
{
    private const int Steps = 200;

    private static readonly int Seeds = Setting("FORGE_SIMULATION_SEEDS", 2_000);
    private static readonly int From = Setting("FORGE_SIMULATION_FROM", 0);

    [Fact]
    public void Every_seed_comes_to_rest_in_one_state_without_a_lost_edit()
    {
        var failures = new System.Collections.Concurrent.ConcurrentBag<(int Seed, string Violation)>();
        long edits = 0, writes = 0, unseeable = 0, conflicts = 0;
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        Parallel.For(From, From + Seeds, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, (seed, loop) =>
        {
            var verdict = Invariants.Check(ProgramGenerator.Program(seed, Steps));
            Interlocked.Add(ref edits, verdict.Edits);
            Interlocked.Add(ref writes, verdict.Writes);
            Interlocked.Add(ref unseeable, verdict.Unseeable);
            Interlocked.Add(ref conflicts, verdict.Conflicts);
            foreach (var violation in verdict.Violations.Take(1))
                failures.Add((seed, violation));
            if (failures.Count > 20)
                loop.Stop();
        });
        var elapsed = System.Diagnostics.Stopwatch.GetElapsedTime(started);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Seeds} seeds of {Steps} steps in {elapsed.TotalSeconds:F0} s ({Seeds / elapsed.TotalMinutes:F0} a minute): {edits} edits, {writes} writes, {conflicts} open conflicts, {unseeable} edits that nobody could see"));
        if (!failures.IsEmpty)
            Assert.Fail(Explain([.. failures.OrderBy(failure => failure.Seed)]));
    }

    private static string Explain(IReadOnlyList<(int Seed, string Violation)> failures) =>
        $"{failures.Count} seeds fail: {string.Join(", ", failures.Select(failure => failure.Seed))}\n" +
        string.Join("\n", failures.GroupBy(failure => failure.Violation[..3]).Select(kind => Explain(kind.Key, kind.First().Seed)));

    private static string Explain(string kind, int seed)
    {
        bool IsSuch(string violation) => violation.StartsWith(kind, StringComparison.Ordinal);
        var shortest = Shrinker.Shrink(ProgramGenerator.Program(seed, Steps), candidate => Invariants.Check(candidate).Violations.Any(IsSuch));
        return $"\nSeed {seed}: {Invariants.Check(shortest).Violations.First(IsSuch)}\n{shortest.Code()}";
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
