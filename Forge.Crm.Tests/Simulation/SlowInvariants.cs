using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Simulation;

/// <summary>The promises of <see cref="Invariants"/>, held against what stands in the tables.</summary>
internal static class SlowInvariants
{
    private const int Cycles = 3;

    private static readonly RecordShape Shape = StandardFields.Contact;

    public static async Task<List<string>> CheckAsync(SlowWorld world, SimulationProgram program)
    {
        foreach (var step in program.Steps)
            await world.PlayAsync(step);
        var violations = new List<string>();
        if (!await world.SettleAsync())
            violations.Add("(e) it never comes to rest");
        await world.SweepAsync();
        if (!await world.SettleAsync())
            violations.Add("(e) it never comes to rest after a sweep");
        var records = await world.Hub.RecordsAsync(RecordKind.Contact);
        foreach (var crm in world.Crms)
        {
            violations.AddRange(await EqualityAsync(world, crm, records, program.Setup));
            violations.AddRange(await IdentityAsync(world, crm, records));
        }

        violations.AddRange(Untraced(world.Edits, await world.Hub.ToldAsync(records.Values)));
        violations.AddRange(Folded(Shape, records.Values, await world.Hub.HistoryAsync()));
        violations.AddRange(await QuietAsync(world));
        return violations;
    }

    /// <summary>(a) and (c): both show the same, or an open conflict or a listed push says why; nothing deleted is alive.</summary>
    private static async Task<List<string>> EqualityAsync(SlowWorld world, ModelCrm crm, Dictionary<Guid, HubRecord> records, Setup setup)
    {
        var platform = crm.Traits.Platform;
        var violations = new List<string>();
        var (failed, conflicts) = (await world.Hub.FailedAsync(), await world.Hub.ConflictsAsync());
        var links = (await world.Hub.LinksAsync(platform)).Where(link => link.State == "live").ToLookup(link => link.RecordId);
        foreach (var hub in records.Values)
        {
            var there = links[hub.Id].Select(link => crm.Live(link.Ref.Id)).OfType<ModelRecord>().ToList();
            var isListed = failed.Contains((platform, hub.Id));
            if (links[hub.Id].Count() > 1)
                violations.Add($"(d) {Name(hub)} has {links[hub.Id].Count()} live links to {platform}");
            if (!hub.IsLive && there.Count > 0 && !isListed)
                violations.Add($"(c) {Name(hub)} is deleted and alive in {platform} as {there[0].Id}");
            if (hub.IsLive && there.Count == 0 && !isListed && setup.OnDelete != DeletePolicy.Ignore && !Shape.IsArchived(hub))
                violations.Add($"(a) {Name(hub)} is alive and not in {platform}");
            if (hub.IsLive && !isListed)
                violations.AddRange(there.SelectMany(record => Differences(crm, hub, record, conflicts)));
        }

        return violations;
    }

    private static IEnumerable<string> Differences(ModelCrm crm, HubRecord hub, ModelRecord there, HashSet<(Guid, string)> conflicts)
    {
        foreach (var field in Shape.Fields.Where(field => crm.Traits.Fields.Contains(field.Name) && !conflicts.Contains((hub.Id, field.Name))))
        {
            var value = hub.Values[Shape.IndexOf(field.Name)];
            var wanted = crm.Traits.Normalise(field.Name, value);
            // Where a rule of the platform rewrote a value whose answer was lost, it passes for the form that the platform gives it.
            var isForm = crm.Traits.Rewrite(field.Name, value) != value && string.Equals(wanted, there.Value(field.Name), StringComparison.OrdinalIgnoreCase);
            if (!isForm && !Canonical.Same(field.Type, wanted, there.Value(field.Name), TenantLocale.Default))
                yield return $"(a) {Name(hub)}.{field.Name} is '{value}' in the hub and '{there.Value(field.Name)}' in {crm.Traits.Platform} {there.Id}";
        }
    }

    /// <summary>(d): every live record there has one live record here; none was created twice by us.</summary>
    private static async Task<List<string>> IdentityAsync(SlowWorld world, ModelCrm crm, Dictionary<Guid, HubRecord> records)
    {
        var violations = new List<string>();
        var failed = await world.Hub.FailedAsync();
        var links = (await world.Hub.LinksAsync(crm.Traits.Platform)).Where(link => link.State == "live").ToDictionary(link => link.Ref.Id, link => link.RecordId);
        foreach (var record in crm.Records.Where(record => record.IsLive))
        {
            if (!links.TryGetValue(record.Id, out var id))
                violations.Add($"(d) {crm.Traits.Platform} {record.Id} is alive and not linked");
            else if (!records[id].IsLive && !failed.Contains((crm.Traits.Platform, id)))
                violations.Add($"(c) {crm.Traits.Platform} {record.Id} is alive and its hub record is not");
        }

        violations.AddRange(crm.Records
            .Where(record => record is { IsLive: true, MadeFor: { } hub } && links.GetValueOrDefault(record.Id, hub) == hub)
            .GroupBy(record => record.MadeFor).Where(made => made.Count() > 1)
            .Select(made => $"(d) {crm.Traits.Platform} has {made.Count()} live records that we made for {made.Key}"));
        return violations;
    }

    /// <summary>(b): every edit is a value, or in the history, or its own platform overwrote it.</summary>
    public static IEnumerable<string> Untraced(IEnumerable<PersonEdit> edits, string told) => edits
        .Where(edit => edit.Token.Length > 0 && (edit.Fate == Fate.Standing || edit is { Fate: Fate.OverwrittenByUs, CanBeSeen: true }))
        .Where(edit => !told.Contains(edit.Token, StringComparison.OrdinalIgnoreCase))
        .Select(edit => $"(b) no trace of {edit}");

    /// <summary>(f): the history alone rebuilds the hub.</summary>
    public static IEnumerable<string> Folded(RecordShape shape, IEnumerable<HubRecord> records, ILookup<Guid, HistoryEntry> entries)
    {
        var fold = new RecordHistory(shape, TenantLocale.Default);
        foreach (var hub in records)
        {
            if (fold.Rebuild(entries[hub.Id]) is not { } past)
                yield return $"(f) {Name(hub)} has no history";
            else if (!past.Values.SequenceEqual(hub.Values) || past.DeletedAt is null != hub.DeletedAt is null || past.MergedIntoId != hub.MergedIntoId)
                yield return $"(f) the history of {Name(hub)} tells ({string.Join(", ", past.Values.Where(v => v is not null))}; {past.DeletedAt:O}; {past.MergedIntoId}), the hub has ({string.Join(", ", hub.Values.Where(v => v is not null))}; {hub.DeletedAt:O}; {hub.MergedIntoId})";
        }
    }

    /// <summary>(e): when people stop, writes stop.</summary>
    private static async Task<List<string>> QuietAsync(SlowWorld world)
    {
        var violations = new List<string>();
        var (writes, state) = (world.Writes, await world.Hub.StateAsync());
        for (var cycle = 0; cycle < Cycles; cycle++)
        {
            await world.SweepAsync();
            await world.SettleAsync();
        }

        if (world.Writes != writes)
            violations.Add($"(e) {world.Writes - writes} writes in {Cycles} quiet cycles");
        if (await world.Hub.StateAsync() is var after && after != state)
            violations.Add($"(e) {Cycles} quiet cycles change the hub: {string.Join(" ... ", after.Split('\n').Except(state.Split('\n')).Take(3))}");
        return violations;
    }

    private static string Name(HubRecord record) => $"record {record.Id}";
}
