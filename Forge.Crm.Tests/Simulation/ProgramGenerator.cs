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
        (60, (dice, n) => EditOf(dice, n)),
        (8, (dice, _) => new Create(Site(dice), dice.Next(12))),
        (5, (dice, _) => new Remove(Site(dice), dice.Next(8))),
        (3, (dice, _) => new Restore(Site(dice), dice.Next(8))),
        (3, (dice, _) => new MergeRecords(Remote(dice), dice.Next(8), dice.Next(8))),
        (3, (dice, n) => new Review(dice.Next(5), (ReviewPick)dice.Next(3), ValueOf(FieldOf(dice), n))),
        (30, (dice, _) => new Deliver(dice.Next())),
        (35, (dice, _) => new Apply(Remote(dice), Rarely(dice, ApplyFault.None))),
        (35, PushOf),
        (5, (dice, _) => new Reconcile(Remote(dice), dice.Next(3) == 0)),
        (13, (dice, _) => new Wait(dice.Next(4) == 0 ? dice.Next(1200) : dice.Next(20))),
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

    public static SimulationProgram Program(int seed, int steps)
    {
        var dice = new Random(seed);
        var (strategy, strategies) = Rules[dice.Next(Rules.Length)];
        var setup = new Setup(
            strategy, strategies, Skews[dice.Next(Skews.Length)], Skews[dice.Next(Skews.Length)], dice.Next(20) == 0,
            dice.Next(8) == 0 ? DeletePolicy.Archive : DeletePolicy.Propagate);
        var first = Enumerable.Range(0, 3).Select(person => (Step)new Create(Site(dice), person));
        return new(setup, [.. first, .. Enumerable.Range(3, steps - 3).Select(n => Next(dice, n))]);
    }

    private static Step Next(Random dice, int n)
    {
        var left = dice.Next(Kinds.Sum(kind => kind.Weight));
        foreach (var (weight, step) in Kinds)
        {
            left -= weight;
            if (left < 0)
                return step(dice, n);
        }

        throw new InvalidOperationException("The weights do not add up.");
    }

    private static Edit EditOf(Random dice, int n)
    {
        var field = FieldOf(dice);
        return new(Site(dice), dice.Next(8), field, ValueOf(field, n));
    }

    private static int FieldOf(Random dice) => dice.Next(SimulatedFields.All.Length);

    // Every value is told from every other by its number, whatever a platform makes of its letters.
    private static string ValueOf(int field, int n) => SimulatedFields.All[field].Sample(n);

    private static Push PushOf(Random dice, int n)
    {
        var to = Remote(dice);
        var field = FieldOf(dice);
        return new(
            to, Rarely(dice, PushFault.None),
            dice.Next(5) == 0 ? new(dice.Next(4) == 0 ? Platform.Supabase : to, dice.Next(8), field, ValueOf(field, n)) : null);
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
