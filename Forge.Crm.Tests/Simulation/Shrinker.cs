namespace Forge.Crm.Tests.Simulation;

/// <summary>Makes a failing program short: takes out runs of steps, ever smaller ones, as long as it still fails in the same way.</summary>
internal static class Shrinker
{
    public static SimulationProgram Shrink(SimulationProgram program, Func<SimulationProgram, bool> fails)
    {
        foreach (var simpler in Simpler(program.Setup).Select(setup => program with { Setup = setup }))
        {
            if (fails(simpler))
                program = simpler;
        }

        for (var size = program.Steps.Length / 2; size > 0; size = size == 1 ? 0 : (size + 1) / 2)
        {
            bool isShorter;
            do
            {
                isShorter = false;
                for (var start = 0; start + size <= program.Steps.Length;)
                {
                    var without = program with { Steps = program.Steps.RemoveRange(start, size) };
                    if (fails(without))
                        (program, isShorter) = (without, true);
                    else
                        start += size;
                }
            }
            while (isShorter && size == 1);
        }

        return program;
    }

    private static IEnumerable<Setup> Simpler(Setup setup) =>
    [
        new(), setup with { Automations = false }, setup with { HubSpotSkew = 0 }, setup with { PipedriveSkew = 0 },
        setup with { HubSpotSkew = 0, PipedriveSkew = 0, Automations = false }, setup with { Strategies = "{}" },
    ];
}
