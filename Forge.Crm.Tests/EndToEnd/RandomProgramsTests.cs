using System.Globalization;
using Forge.Crm.Tests.EndToEnd.RandomPrograms;
using Forge.Crm.Tests.Simulation;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Tests.EndToEnd;

/// <summary>
/// Random programs against the product as it is deployed: the real functions on the bus, a real PostgreSQL, the two simulators over HTTP with their faults, in
/// real time. What <see cref="ConvergenceTests"/> shows of the rules and <see cref="SlowConvergenceTests"/> of the code around them, this shows of the whole.
/// Four short programs with the proofs; more and longer ones by <c>FORGE_LIVE_SEEDS</c>, <c>FORGE_LIVE_FROM</c>, <c>FORGE_LIVE_STEPS</c>. Time is real, so a seed that
/// failed may not fail again: it prints its program, and what is known of the record.
/// </summary>
[Trait("Category", "Proof")]
public sealed class RandomProgramsTests
{
    private const int AtOnce = 4;

    private static readonly int Seeds = Setting("FORGE_LIVE_SEEDS", 4);
    private static readonly int From = Setting("FORGE_LIVE_FROM", 0);
    private static readonly int Steps = Setting("FORGE_LIVE_STEPS", 12);

    [Fact]
    public async Task Every_seed_comes_to_rest_in_one_state_over_the_real_functions()
    {
        await using var host = await SystemsHost.StartAsync(LogLevel.Error); // of what was made to go wrong there is much to say
        var round = new LiveRound(host, new(host.HubSpot, host.Pipedrive));
        var failures = new List<string>();
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        foreach (var seeds in Enumerable.Range(From, Seeds).Chunk(AtOnce))
        {
            var programs = seeds.ToDictionary(seed => ProgramGenerator.LiveProgram(seed, Steps));
            failures.AddRange((await round.PlayAsync([.. programs.Keys])).GroupBy(broken => broken.Program)
                .Select(broken => $"seed {programs[broken.Key]}:\n{string.Join('\n', broken.Select(one => one.Violation).Take(8))}\n{broken.Key.Code()}"));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Seeds} live seeds of {Steps} steps in {System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s: {host.HubSpotWrites + host.PipedriveWrites} writes"));
        if (failures.Count > 0)
            Assert.Fail($"{failures.Count} seeds fail.\n{string.Join("\n\n", failures)}");
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
