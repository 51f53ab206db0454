using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Simulation;

/// <param name="Version">Goes up when the record is queued again; a pusher removes the row only at the version that it read.</param>
internal sealed record OutboxItem(int Version, int Attempts = 0);

/// <summary>The hub's tables in memory, with change capture: what the planner decides is what they hold.</summary>
internal sealed class ModelHub
{
    private readonly Dictionary<(Platform Platform, RemoteRef Ref), RecordLink> _links = [];
    private readonly Dictionary<(RecordKind Kind, string Key), Guid> _identities = [];
    private int _ids;

    public Dictionary<Guid, HubRecord> Records { get; } = [];

    public Dictionary<ConflictKey, FieldConflict> Conflicts { get; } = [];

    public List<HistoryEntry> History { get; } = [];

    public Dictionary<(Platform Platform, Guid Record), OutboxItem> Outbox { get; } = [];

    /// <summary>Commits that changed something.</summary>
    public int Commits { get; private set; }

    public IEnumerable<RecordLink> LinksOf(Platform platform) => _links.Where(link => link.Key.Platform == platform).Select(link => link.Value);

    public Guid NewId() => new(++_ids, 0, 0, new byte[8]);

    /// <summary>What a batch of changes concerns and nothing else, as the store loads it: the planner must not live on rows that it is not given.</summary>
    public WorkingSet Load(Platform platform, IReadOnlyCollection<RemoteChange> changes)
    {
        var refs = changes.SelectMany(change => change.Losers.Prepend(change.Ref.Id).Select(id => change.Ref with { Id = id })).ToHashSet();
        var made = changes.Select(change => change.Record?.SyncId).OfType<Guid>().ToHashSet();
        var keys = changes.SelectMany(change => change.Record is { Keys.IsDefault: false } record ? record.Keys : []).ToHashSet();
        var underWay = changes.Any(change => change.Record is { IsUntraceable: true }) ? LinksOf(platform).Where(link => link.State == LinkState.Creating).Select(link => link.Ref) : [];
        var links = refs.Concat(made.Select(id => RecordLink.NewRef(RemoteKind.Contact, id))).Union(underWay)
            .Select(one => _links.GetValueOrDefault((platform, one))).OfType<RecordLink>().ToList();
        return Load(platform, links, HoldersOf(keys), [.. links.Where(link => refs.Contains(link.Ref)).Select(link => link.RecordId), .. made]);
    }

    /// <summary>A record with its links to the platform, as the store loads it for a push or a person's decision.</summary>
    public WorkingSet Load(Platform platform, Guid record)
    {
        var concerned = WithSurvivors([record]);
        var keys = concerned.SelectMany(id => MatchKeys.Of(SimulatedFields.Shape, i => Records[id].Values[i])).ToHashSet();
        var holders = HoldersOf(keys);
        return Load(platform, [.. LinksOf(platform).Where(link => concerned.Contains(link.RecordId))], holders, concerned);
    }

    private WorkingSet Load(Platform platform, IReadOnlyCollection<RecordLink> links, Dictionary<string, Guid> holders, HashSet<Guid> ids)
    {
        var all = WithSurvivors([.. ids, .. holders.Values]);
        var linked = LinksOf(platform).Where(link => link.State == LinkState.Live && all.Contains(link.RecordId)).Select(link => link.RecordId);
        return new(
            all.Select(id => Records[id]), links, holders.Select(holder => (RecordKind.Contact, holder.Key, holder.Value)), linked, [],
            Conflicts.Values.Where(conflict => all.Contains(conflict.RecordId)));
    }

    private Dictionary<string, Guid> HoldersOf(HashSet<string> keys) =>
        _identities.Where(identity => keys.Contains(identity.Key.Key)).ToDictionary(identity => identity.Key.Key, identity => identity.Value);

    private HashSet<Guid> WithSurvivors(IEnumerable<Guid> ids)
    {
        var all = new HashSet<Guid>();
        foreach (var id in ids)
        {
            var next = Records.GetValueOrDefault(id);
            while (next is not null && all.Add(next.Id))
                next = next.MergedIntoId is { } into ? Records[into] : null;
        }

        return all;
    }

    public void Commit(Platform platform, WorkingSet set, BatchPlan? plan)
    {
        foreach (var (id, record) in set.ChangedRecords)
            Records[id] = record with { Version = record.Version + 1 };
        foreach (var link in set.NewLinks.Values.Concat(set.ChangedLinks.Values))
            _links[(platform, link.Ref)] = link;
        foreach (var (key, claim) in set.Claims)
            _identities[key] = claim.RecordId;
        foreach (var (key, change) in set.ChangedConflicts)
        {
            if (change.IsOpen)
                Conflicts[key] = change.Conflict;
            else
                Conflicts.Remove(key);
        }

        History.AddRange(plan?.History ?? []);
        foreach (var push in plan?.Pushes ?? [])
            Queue(push.Platform, push.RecordId);
        if (set.ChangedRecords.Count + set.ChangedConflicts.Count + (plan?.History.Length ?? 0) + (plan?.Pushes.Count ?? 0) > 0)
            Commits++;
    }

    public void Queue(Platform platform, Guid record) =>
        Outbox[(platform, record)] = new((Outbox.GetValueOrDefault((platform, record))?.Version ?? 0) + 1);

    // What people do in the hub itself, as its triggers capture it.
    public void Edit(HubRecord record, int field, string? value, DateTimeOffset at)
    {
        var stamp = new Stamp(Stamp.Micros(at), Platform.Supabase).After(record.Stamps[field]);
        History.Add(Person(record.Id, HistoryAction.Set, SimulatedFields.Shape.Fields[field].Name, record.Values[field], value, stamp.At));
        Save(record with { Values = record.Values.SetItem(field, value), Stamps = record.Stamps.SetItem(field, stamp) });
    }

    public void Create(string email, DateTimeOffset at)
    {
        var shape = SimulatedFields.Shape;
        var values = new string?[shape.Count];
        values[shape.IndexOf("email")] = email;
        var record = new HubRecord(
            NewId(), RecordKind.Contact, [.. values], [.. Enumerable.Repeat(new Stamp(Stamp.Micros(at), Platform.Supabase), shape.Count)]);
        History.Add(Person(record.Id, HistoryAction.Create, null, null, $$"""{"email":"{{email}}"}""", at));
        Save(record);
    }

    public void Delete(HubRecord record, DateTimeOffset at)
    {
        History.Add(Person(record.Id, HistoryAction.Delete, null, null, null, Stamp.Micros(at)));
        Save(record with { DeletedAt = Stamp.Micros(at) });
    }

    public void Restore(HubRecord record, DateTimeOffset at)
    {
        if (record.IsLive)
        {
            Edit(record, SimulatedFields.Shape.ArchivedAt, null, at);
            return;
        }

        History.Add(Person(record.Id, HistoryAction.Restore, null, null, null, Stamp.Micros(at)));
        Save(record with { DeletedAt = null });
    }

    private void Save(HubRecord record)
    {
        Records[record.Id] = record with { Version = record.Version + 1 };
        Queue(Platform.HubSpot, record.Id);
        Queue(Platform.Pipedrive, record.Id);
    }

    private static HistoryEntry Person(Guid id, HistoryAction action, string? field, string? old, string? @new, DateTimeOffset at) =>
        new(RecordKind.Contact, id, action, field, old, @new, Platform.Supabase, at, new(CauseKind.Edit, null, "person"));
}
