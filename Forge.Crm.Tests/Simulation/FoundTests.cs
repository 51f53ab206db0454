using System.Collections.Immutable;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Simulation;

/// <summary>Programs that once broke a promise, as the simulator shrank them; each holds for good.</summary>
public sealed class FoundTests
{

    private static void Holds(Setup setup, ImmutableArray<Step> steps) => Invariants.Check(new(setup, steps)).Violations.ShouldBeEmpty();
}
