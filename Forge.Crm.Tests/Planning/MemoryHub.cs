using System.Collections.Immutable;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Planning;

/// <summary>A hub in memory: what the planner decides is what it holds. For tests of planning alone, thousands of histories a second.</summary>
internal sealed class MemoryHub
{
    public static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);
    public static readonly Cause Cause = new(CauseKind.Event, "1");

    private readonly Dictionary<RemoteRef, RecordLink> _links = [];
    private readonly Dictionary<(RecordKind Kind, string Key), Guid> _identities = [];
    private int _ids;

    public static System.Collections.Immutable.ImmutableArray<bool> Writable { get; } = [.. Enumerable.Repeat(true, StandardFields.Contact.Count)];

    public Dictionary<Guid, HubRecord> Records { get; } = [];

    public List<HistoryEntry> History { get; } = [];

    public List<PushDue> Pushes { get; } = [];

    public Dictionary<ConflictKey, FieldConflict> Conflicts { get; } = [];

    public Dictionary<AssociationKey, Association> Associations { get; } = [];

    public SyncPolicy Policy { get; set; } = SyncPolicy.DefaultFor(Platform.HubSpot) with
    {
        Targets = [new(Platform.HubSpot, [RecordKind.Contact]), new(Platform.Pipedrive, [RecordKind.Contact])],
    };

    public RecordLink? Link(RemoteRef reference) => _links.GetValueOrDefault(reference);

    public RecordLink? Link(string id) => _links.GetValueOrDefault(new(RemoteKind.Contact, id));

    public string? Value(string field, string id = "1") => Records[Link(id)!.RecordId].Values[StandardFields.Contact.IndexOf(field)];

    public ChangeOutcome Apply(params RemoteChange[] changes)
    {
        var set = Load();
        var plan = new BatchPlanner(Policy, StandardFields.Of, () => new Guid(++_ids, 0, 0, new byte[8])).Plan(set, changes);
        Keep(set);
        History.AddRange(plan.History);
        Pushes.AddRange(plan.Pushes);
        return plan.Results[^1].Outcome;
    }

    /// <summary>What the platform is to be told of a record, with what is stored before the call.</summary>
    public PushPlan Look(string id = "1", int minute = 30, Func<string, bool>? writable = null) => Look(Link(id)!.RecordId, minute, writable);

    /// <param name="writable">Null where the platform takes every field.</param>
    public PushPlan Look(Guid record, int minute = 30, Func<string, bool>? writable = null)
    {
        var set = Load();
        var taken = writable is null ? Writable : [.. StandardFields.Contact.Fields.Select(field => writable(field.Name))];
        var plan = new PushPlanner(Policy, StandardFields.Of, Noon.AddMinutes(minute)).Look(set, record, RemoteKind.Contact, taken);
        Keep(set);
        return plan;
    }

    public BatchPlan Resolve(FieldConflict conflict, ReviewChoice choice, int minute = 30)
    {
        var set = Load();
        var plan = new ReviewPlanner(Policy, StandardFields.Of).Resolve(set, conflict, choice, new(CauseKind.Person, "p1", "ann"), Noon.AddMinutes(minute));
        Keep(set);
        History.AddRange(plan.History);
        Pushes.AddRange(plan.Pushes);
        return plan;
    }

    public WorkingSet Load() =>
        new(Records.Values, _links.Values, _identities.Select(i => (i.Key.Kind, i.Key.Key, i.Value)), [], Associations.Values, Conflicts.Values);

    public void Keep(WorkingSet set)
    {
        foreach (var (id, record) in set.ChangedRecords)
            Records[id] = record with { Version = record.Version + 1 };
        foreach (var (reference, link) in set.NewLinks.Concat(set.ChangedLinks))
            _links[reference] = link;
        foreach (var (key, claim) in set.Claims)
            _identities[key] = claim.RecordId;
        foreach (var (key, association) in set.ChangedAssociations)
            Associations[key] = association;
        foreach (var (key, change) in set.ChangedConflicts)
        {
            Conflicts.Remove(key);
            if (change.IsOpen)
                Conflicts[key] = change.Conflict;
        }
    }

    /// <summary>A person edits the hub, as change capture would stamp it.</summary>
    public void Edit(string field, string? value, int minute, string id = "1") => EditRecord(Link(id)!.RecordId, field, value, minute);

    public void EditRecord(Guid id, string field, string? value, int minute)
    {
        var record = Records[id];
        var i = StandardFields.Contact.IndexOf(field);
        Records[record.Id] = record with
        {
            Values = record.Values.SetItem(i, value),
            Stamps = record.Stamps.SetItem(i, new Stamp(Noon.AddMinutes(minute), Platform.Supabase).After(record.Stamps[i])),
            Version = record.Version + 1,
        };
    }

    public void Delete(int minute, string id = "1")
    {
        var record = Records[Link(id)!.RecordId];
        Records[record.Id] = record with { DeletedAt = Noon.AddMinutes(minute), Version = record.Version + 1 };
    }

    /// <summary>A platform's other value waits for a person.</summary>
    public void Hold(Guid id, string field, Platform platform)
    {
        var (i, record) = (StandardFields.Contact.IndexOf(field), Records[id]);
        var held = new FieldConflict(
            RecordKind.Contact, id, field, platform, null, new(record.Values[i], record.Stamps[i]), new("another", default), ConflictReason.Review);
        Conflicts[held.Key] = held;
    }

    public void Send(string field, string? value, Stamp stamp, string id = "1")
    {
        var link = Link(id)!;
        _links[link.Ref] = link with { Sent = link.Sent.SetItem(StandardFields.Contact.IndexOf(field), new(value, stamp)) };
    }

    public Stamp StampOf(string field, string id = "1") => Records[Link(id)!.RecordId].Stamps[StandardFields.Contact.IndexOf(field)];

    public static RemoteChange Contact(int minute, params (string Field, string? Value)[] fields) => Contact("1", minute, fields);

    public static RemoteChange Contact(string id, int minute, params (string Field, string? Value)[] fields)
    {
        var version = Noon.AddMinutes(minute);
        var values = new RemoteField[StandardFields.Contact.Count];
        foreach (var (field, value) in fields)
            values[StandardFields.Contact.IndexOf(field)] = new(value, new(version, Platform.HubSpot, IsApproximate: true));
        ImmutableArray<string> keys = [.. fields.Where(f => f is { Field: "email", Value: not null }).Select(f => "email:" + f.Value)];
        var record = new RemoteRecord(new(RemoteKind.Contact, id), [.. values], version, version.AddSeconds(1), [], keys, Noon);
        return new(record.Ref, record, null, [], [], Cause);
    }

    /// <summary>With the exact time of one field, as an event or the property history tells it.</summary>
    public static RemoteChange Exactly(RemoteChange change, string field, int minute)
    {
        var i = StandardFields.Contact.IndexOf(field);
        var exact = change.Record!.Fields.SetItem(i, new(change.Record.Fields[i].Value, new(Noon.AddMinutes(minute), Platform.HubSpot)));
        return change with { Record = change.Record with { Fields = exact } };
    }

    public static RemoteChange Company(string id)
    {
        var record = new RemoteRecord(new(RemoteKind.Company, id), [.. new RemoteField[StandardFields.Company.Count]], Noon, Noon, [], [], Noon);
        return new(record.Ref, record, null, [], [], Cause);
    }

    public static RemoteChange Deleted(int minute) =>
        new(new(RemoteKind.Contact, "1"), null, new(ChangeType.Deleted, Noon.AddMinutes(minute)), [], [], Cause);
}
