using System.Collections.Immutable;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Simulation;

/// <summary>One seed is one program, on every machine.</summary>
internal static class ProgramGenerator
{
    private const int Second = 1;
    private const int Hour = 3600 * Second;
    private const int Year = 365 * 24 * Hour;

    private static readonly (int Weight, Func<Random, int, Step> Step)[] Kinds =
    [
        (60, (dice, n) => EditOf(dice, n, SimulatedFields.All)),
        (8, (dice, _) => new Create(Site(dice), dice.Next(12))),
        (5, (dice, _) => new Remove(Site(dice), dice.Next(8))),
        (3, (dice, _) => new Restore(Site(dice), dice.Next(8))),
        (3, (dice, _) => new MergeRecords(Remote(dice), dice.Next(8), dice.Next(8))),
        (3, (dice, n) => new Review(dice.Next(5), (ReviewPick)dice.Next(3), ValueOf(SimulatedFields.All, FieldOf(SimulatedFields.All, dice), n))),
        (30, (dice, _) => new Deliver(dice.Next())),
        (35, (dice, _) => new Apply(Remote(dice), Rarely(dice, ApplyFault.None))),
        (35, PushOf),
        (5, (dice, _) => new Reconcile(Remote(dice), dice.Next(3) == 0)),
        (13, (dice, _) => new Wait(dice.Next(4) == 0 ? dice.Next(1200) : dice.Next(20))),
    ];

    // What the product does by itself, in its own time, is no step: a running host does it.
    private static readonly (int Weight, Func<Random, int, Step> Step)[] LiveKinds =
    [
        (45, (dice, n) => EditOf(dice, n, LiveFields.Edited)),
        (9, (dice, _) => new Create(Site(dice), dice.Next(15))),
        (6, (dice, _) => new Remove(Site(dice), dice.Next(16))),
        (5, (dice, _) => new Restore(Site(dice), dice.Next(16))),
        (4, (dice, _) => new MergeRecords(Remote(dice), dice.Next(16), dice.Next(8))),
        (8, (dice, _) => new Associate(Site(dice), dice.Next(8), dice.Next(4), dice.Next(4) > 0)),
        (2, (dice, n) => new Review(dice.Next(5), (ReviewPick)dice.Next(3), ValueOf(LiveFields.Edited, 0, n))),
        (7, (dice, _) => new Weather(Remote(dice), (Trouble)dice.Next(Enum.GetValues<Trouble>().Length))),
        (2, (dice, _) => new Reconcile(Remote(dice), dice.Next(3) == 0)),
        (15, (dice, _) => new Pause(dice.Next(4) == 0 ? dice.Next(1200) : dice.Next(150))),
    ];

    private static readonly long[] Skews = [0, 0, 0, 0, 0, Hour, -Hour, Year, -Year, 7];

    private static readonly (string Strategy, string Strategies)[] Rules =
    [
        ("timestamp_based", "{}"),
        ("timestamp_based", "{}"),
        ("source_priority", "{}"),
        ("field_merge", """{"contact.first_name":{"strategy":"field_merge","merge":"longest"},"contact.lead_value":{"strategy":"field_merge","merge":"max"}}"""),
        ("manual_review", "{}"),
        ("timestamp_based", """{"contact.job_title":"manual_review","contact.last_name":{"strategy":"source_priority","source":"pipedrive"}}"""),
    ];

    private static readonly (string Strategy, string Strategies)[] LiveRules =
    [
        ("timestamp_based", "{}"),
        ("timestamp_based", "{}"),
        ("source_priority", "{}"),
        ("field_merge", """{"contact.first_name":{"strategy":"field_merge","merge":"longest"},"company.annual_revenue":{"strategy":"field_merge","merge":"max"}}"""),
        ("timestamp_based", """{"contact.phone":"manual_review","contact.last_name":{"strategy":"source_priority","source":"pipedrive"}}"""),
    ];

    public static SimulationProgram Program(int seed, int steps)
    {
        var dice = new Random(seed);
        var (strategy, strategies) = Rules[dice.Next(Rules.Length)];
        var setup = new Setup(
            strategy, strategies, Skews[dice.Next(Skews.Length)], Skews[dice.Next(Skews.Length)], dice.Next(20) == 0,
            dice.Next(8) == 0 ? DeletePolicy.Archive : DeletePolicy.Propagate,
            new Random(~seed).Next(8) == 0); // dice of its own: the other seeds stay the programs that they were
        var first = Enumerable.Range(0, 3).Select(person => (Step)new Create(Site(dice), person));
        return new(setup, [.. first, .. Enumerable.Range(3, steps - 3).Select(n => Next(Kinds, dice, n))]);
    }

    /// <summary>For the running product: people of three systems and the weather, in real time. Clocks are right, and nobody's rules rewrite anything.</summary>
    public static SimulationProgram LiveProgram(int seed, int steps)
    {
        var dice = new Random(seed);
        var (strategy, strategies) = LiveRules[dice.Next(LiveRules.Length)];
        var setup = new Setup(strategy, strategies, OnDelete: dice.Next(8) == 0 ? DeletePolicy.Archive : DeletePolicy.Propagate);
        var first = new[] { 0, 1, 2, 9, 10, 12 }.Select(person => (Step)new Create(Site(dice), person));
        return new(setup, [.. first, .. Enumerable.Range(6, steps - 6).Select(n => Next(LiveKinds, dice, n))]);
    }

    private static Step Next((int Weight, Func<Random, int, Step> Step)[] kinds, Random dice, int n)
    {
        var left = dice.Next(kinds.Sum(kind => kind.Weight));
        foreach (var (weight, step) in kinds)
        {
            left -= weight;
            if (left < 0)
                return step(dice, n);
        }

        throw new InvalidOperationException("The weights do not add up.");
    }

    private static Edit EditOf(Random dice, int n, ImmutableArray<SimulatedField> fields)
    {
        var field = FieldOf(fields, dice);
        return new(Site(dice), dice.Next(8), field, ValueOf(fields, field, n));
    }

    private static int FieldOf(ImmutableArray<SimulatedField> fields, Random dice) => dice.Next(fields.Length);

    // Every value is told from every other by its number, whatever a platform makes of its letters.
    private static string ValueOf(ImmutableArray<SimulatedField> fields, int field, int n) => fields[field].Sample(n);

    private static Push PushOf(Random dice, int n)
    {
        var to = Remote(dice);
        var field = FieldOf(SimulatedFields.All, dice);
        return new(
            to, Rarely(dice, PushFault.None),
            dice.Next(5) == 0 ? new(dice.Next(4) == 0 ? Platform.Supabase : to, dice.Next(8), field, ValueOf(SimulatedFields.All, field, n)) : null);
    }

    private static Platform Site(Random dice) => (Platform)dice.Next(3);

    private static Platform Remote(Random dice) => dice.Next(2) == 0 ? Platform.HubSpot : Platform.Pipedrive;

    private static T Rarely<T>(Random dice, T usual)
        where T : struct, Enum
    {
        var all = Enum.GetValues<T>();
        return dice.Next(4) == 0 ? all[dice.Next(all.Length)] : usual;
    }
}
