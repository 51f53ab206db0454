using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Simulation;

/// <param name="Violations">Empty where every promise held.</param>
/// <param name="Unseeable">Edits that one of our writes ran over in the moment between look and write, and whose webhook was lost as well: no system could know of them. Named, not promised.</param>
/// <param name="OverwrittenThere">Edits that their own platform overwrote before we saw them.</param>
internal sealed record Verdict(IReadOnlyList<string> Violations, int Edits, int Writes, int Conflicts, int Unseeable, int OverwrittenThere);

/// <summary>Plays a program, lets it come to rest, and holds the promises against what is there.</summary>
internal static class Invariants
{
    private const int Cycles = 10;

    public static Verdict Check(SimulationProgram program)
    {
        var world = new World(program.Setup);
        foreach (var step in program.Steps)
            world.Play(step);
        var violations = new List<string>();
        if (!world.Settle())
            violations.Add("(e) it never comes to rest");
        world.Sweep();
        if (!world.Settle())
            violations.Add("(e) it never comes to rest after a sweep");
        violations.AddRange(Equality(world, program.Setup));
        violations.AddRange(Identity(world));
        var (lost, unseeable, there) = Traces(world);
        violations.AddRange(lost);
        var (writes, conflicts) = (world.Writes, world.Hub.Conflicts.Count);
        if (writes > (2 * world.Doings) + world.Faults)
            violations.Add($"(w) {writes} writes for {world.Doings} doings and {world.Faults} faults");
        violations.AddRange(Quiet(world));
        violations.AddRange(Folded(world));
        return new(violations, world.Edits.Count, writes, conflicts, unseeable, there);
    }

    /// <summary>(a) and (c): every system shows the same, or an open conflict or a listed refusal says why; nothing deleted is alive.</summary>
    private static IEnumerable<string> Equality(World world, Setup setup)
    {
        foreach (var crm in world.Crms)
        {
            var links = world.Hub.LinksOf(crm.Traits.Platform).Where(link => link.State == LinkState.Live).ToLookup(link => link.RecordId);
            foreach (var hub in world.Hub.Records.Values)
            {
                var there = links[hub.Id].Select(link => crm.Live(link.Ref.Id)).OfType<ModelRecord>().ToList();
                var mayBeAbsent = world.Refused.Contains((crm.Traits.Platform, hub.Id)) || setup.OnDelete == DeletePolicy.Ignore || SimulatedFields.Shape.IsArchived(hub);
                if (links[hub.Id].Count() > 1)
                    yield return $"(d) {Name(hub)} has {links[hub.Id].Count()} live links to {crm.Traits.Platform}";
                if (!hub.IsLive && there.Count > 0)
                    yield return $"(c) {Name(hub)} is deleted and alive in {crm.Traits.Platform} as {there[0].Id}";
                if (hub.IsLive && there.Count == 0 && !mayBeAbsent)
                    yield return $"(a) {Name(hub)} is alive and not in {crm.Traits.Platform}";
                foreach (var difference in hub.IsLive ? there.SelectMany(record => Differences(world, crm, hub, record)) : [])
                    yield return difference;
            }
        }
    }

    private static IEnumerable<string> Differences(World world, ModelCrm crm, HubRecord hub, ModelRecord there)
    {
        for (var i = 0; i < SimulatedFields.Shape.Count; i++)
        {
            var field = SimulatedFields.Shape.Fields[i];
            if (!crm.Traits.Fields.Contains(field.Name) || world.Hub.Conflicts.Keys.Any(key => key.RecordId == hub.Id && key.Field == field.Name))
                continue;
            var wanted = crm.Traits.Normalise(field.Name, hub.Values[i]);
            // Where a rule of the platform rewrote a value whose answer was lost, it passes for the form that the platform gives it.
            var isForm = crm.Traits.Rewrite(field.Name, hub.Values[i]) != hub.Values[i]
                && string.Equals(wanted, there.Value(field.Name), StringComparison.OrdinalIgnoreCase);
            if (!isForm && !Canonical.Same(field.Type, wanted, there.Value(field.Name), TenantLocale.Default))
                yield return $"(a) {Name(hub)}.{field.Name} is '{hub.Values[i]}' in the hub and '{there.Value(field.Name)}' in {crm.Traits.Platform} {there.Id}";
        }
    }

    /// <summary>(d): every live record there has one live record here; none was created twice by us.</summary>
    private static IEnumerable<string> Identity(World world)
    {
        foreach (var crm in world.Crms)
        {
            var links = world.Hub.LinksOf(crm.Traits.Platform).Where(link => link.State == LinkState.Live).ToDictionary(link => link.Ref.Id, link => link.RecordId);
            foreach (var record in crm.Records.Where(record => record.IsLive))
            {
                if (!links.TryGetValue(record.Id, out var id))
                    yield return $"(d) {crm.Traits.Platform} {record.Id} is alive and not linked";
                else if (!world.Hub.Records[id].IsLive)
                    yield return $"(c) {crm.Traits.Platform} {record.Id} is alive and its hub record is not";
            }

            if (Mistaken(world, crm) is > 0 and var mistaken)
                yield return $"(d) {mistaken} records that we made at {crm.Traits.Platform} were taken for others";
            foreach (var twice in crm.Records
                .Where(record => record is { IsLive: true, MadeFor: { } hub } && links.GetValueOrDefault(record.Id, hub) == hub).GroupBy(record => record.MadeFor).Where(made => made.Count() > 1))
                yield return $"(d) {crm.Traits.Platform} has {twice.Count()} live records that we made for {twice.Key}";
        }
    }

    /// <summary>How many of ours, which bear no id, were taken for people's: which one, among those that say the same, makes no difference.</summary>
    private static int Mistaken(World world, ModelCrm crm) => !crm.Traits.IsAnonymous ? 0
        : world.Hub.History.Count(entry => entry.Action == HistoryAction.Create && entry.Source == crm.Traits.Platform)
            - crm.ByPeople - crm.Records.Count(record => record.IsStray);

    /// <summary>(b): every edit is a value, or in the history, or its own platform overwrote it.</summary>
    private static (List<string> Lost, int Unseeable, int OverwrittenThere) Traces(World world)
    {
        var told = string.Join('\n', world.Hub.History.SelectMany(entry => new[] { entry.OldValue, entry.NewValue })
            .Concat(world.Hub.Records.Values.SelectMany(record => record.Values))
            .Concat(world.Hub.Conflicts.Values.SelectMany(conflict => new[] { conflict.Remote.Value, conflict.Base })).OfType<string>());
        var missing = world.Edits.Where(edit => edit.Token.Length > 0 && !told.Contains(edit.Token, StringComparison.OrdinalIgnoreCase)).ToList();
        var ours = missing.Where(edit => edit.Fate == Fate.OverwrittenByUs).ToLookup(edit => edit.CanBeSeen);
        return (
            [.. missing.Where(edit => edit.Fate == Fate.Standing).Concat(ours[true]).Select(edit => $"(b) no trace of {edit}")],
            ours[false].Count(), missing.Count(edit => edit.Fate == Fate.OverwrittenThere));
    }

    /// <summary>(e): when people stop, writes stop; ringing again for the whole journal changes nothing.</summary>
    private static IEnumerable<string> Quiet(World world)
    {
        var (writes, commits) = (world.Writes, world.Hub.Commits);
        for (var cycle = 0; cycle < Cycles; cycle++)
        {
            world.Sweep();
            world.Settle();
        }

        if (world.Writes != writes)
            yield return $"(e) {world.Writes - writes} writes in {Cycles} quiet cycles";
        if (world.Hub.Commits != commits)
            yield return $"(e) {world.Hub.Commits - commits} changes of the hub in {Cycles} quiet cycles";
        // More than ringing again, which finds nothing pending: every event is driven anew. What was told while its record was not to be
        // seen may be noted or held now; no value may change.
        var (values, history) = (Values(world), world.Hub.History.Count);
        world.Replay();
        world.Settle();
        if (world.Writes != writes || Values(world) != values || world.Hub.History.Skip(history).Any(entry => entry.Action is not (HistoryAction.Lost or HistoryAction.Held)))
            yield return $"(f) ringing again for the whole journal changes the hub: {string.Join("; ", world.Hub.History.Skip(history).Take(3))}";
    }

    private static string Values(World world) => string.Join('\n', world.Hub.Records.Values.Select(record =>
        $"{record.Id} {record.DeletedAt} {record.MergedIntoId} {string.Join('|', record.Values)}"));

    /// <summary>(f): the history alone rebuilds the hub.</summary>
    private static IEnumerable<string> Folded(World world)
    {
        var fold = new RecordHistory(SimulatedFields.Shape, TenantLocale.Default);
        var entries = world.Hub.History.ToLookup(entry => entry.RecordId);
        foreach (var hub in world.Hub.Records.Values)
        {
            if (fold.Rebuild(entries[hub.Id]) is not { } past)
                yield return $"(f) {Name(hub)} has no history";
            else if (!past.Values.SequenceEqual(hub.Values) || past.DeletedAt != hub.DeletedAt || past.MergedIntoId != hub.MergedIntoId)
                yield return $"(f) the history of {Name(hub)} tells ({string.Join(", ", past.Values.Where(v => v is not null))}; {past.DeletedAt:O}; {past.MergedIntoId}), the hub has ({string.Join(", ", hub.Values.Where(v => v is not null))}; {hub.DeletedAt:O}; {hub.MergedIntoId})";
        }
    }

    private static string Name(HubRecord record) => $"record {record.Id.ToString()[..8]}";
}
