using System.Collections.Immutable;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

public enum PushKind
{
    /// <summary>The platform is level, or may not be written to.</summary>
    Nothing,

    /// <summary>Not there: create it with all its fields, our id among them.</summary>
    Create,

    /// <summary>Write the fields that differ.</summary>
    Update,
    Delete,

    /// <summary>Merge it into another of the platform's records, as it was merged elsewhere.</summary>
    Merge,

    /// <summary>What it was merged into is being created there: looked at again when that is over.</summary>
    Wait,
}

/// <summary>The one call that a platform is due for a record.</summary>
/// <param name="Link">As it has to be stored before the call: with what is being sent.</param>
/// <param name="Fields">The places of the fields to write.</param>
/// <param name="Into">The survivor of a merge.</param>
public sealed record PushPlan(PushKind Kind, RecordLink? Link, ImmutableArray<int> Fields, RemoteRef? Into = null)
{
    public static readonly PushPlan Nothing = new(PushKind.Nothing, null, []);

    public static readonly PushPlan Wait = new(PushKind.Wait, null, []);
}

/// <summary>
/// What to write to a platform. Looked at right after the platform's own state was read and applied (by id; for a record that is not there
/// yet, searched for by our id and its match keys), so nothing is written over an edit that could be seen. The order is: read, look, store what is
/// sent, call, apply the answer (as <see cref="OwnWrite.Answer"/>). An answer that never came leaves what was sent, for the next read.
/// </summary>
/// <param name="policy">Of the platform that is written to.</param>
/// <param name="now">For the link of a creation.</param>
public sealed class PushPlanner(SyncPolicy policy, Func<RecordKind, RecordShape> shapeOf, DateTimeOffset now)
{
    /// <param name="set">Holds the record, what it was merged into, and its links to the platform; takes what has to be stored before the call.</param>
    /// <param name="kind">What the record is, or is to be, on the platform.</param>
    /// <param name="writable">By place in the shape: whether the platform takes the field.</param>
    public PushPlan Look(WorkingSet set, Guid recordId, RemoteKind kind, ImmutableArray<bool> writable)
    {
        if (set.Record(recordId) is not { } hub || !policy.Pushes(policy.Platform, hub.Kind))
            return PushPlan.Nothing;
        var link = set.LinkOf(recordId);
        if (hub.MergedIntoId is not null)
            return LookMerged(set, hub, link);
        if ((hub.DeletedAt is not null || link is { State: LinkState.Live }) && set.Link(RecordLink.NewRef(kind, recordId)) is { State: LinkState.Creating } lost)
            GiveUp(set, lost); // sought just now, and not there, or there by another link since: nobody is to wait for it
        if (hub.DeletedAt is not null)
            return LookDeleted(set, hub, link);
        Claim(set, hub);
        return link is { State: LinkState.Live } live ? Update(set, hub, live, writable) : Create(set, hub, kind, link, writable);
    }

    // A record that a person put into the hub gets its match keys here, before anyone else's record can claim them.
    private void Claim(WorkingSet set, HubRecord hub)
    {
        foreach (var key in KeysOf(hub))
            set.Claim(hub.Kind, key, hub.Id, (other, claimed) => KeysOf(other).Contains(claimed));
    }

    private ImmutableArray<string> KeysOf(HubRecord hub) => MatchKeys.Of(shapeOf(hub.Kind), i => hub.Values[i]);

    /// <summary>The platform refuses what was sent, or it is not wanted there any more: nothing of it is under way.</summary>
    public static void GiveUp(WorkingSet set, RecordLink sent) => set.Put(
        sent.State == LinkState.Creating ? sent with { State = LinkState.Deleted } : sent with { Sent = ImmutableDictionary<int, Sent>.Empty });

    private static PushPlan LookMerged(WorkingSet set, HubRecord hub, RecordLink? link)
    {
        if (link is not { State: LinkState.Live } || set.Survivor(hub) is not { } survivor)
            return PushPlan.Nothing;
        if (survivor.DeletedAt is not null)
            return new(PushKind.Delete, link, []);
        if (set.LinkOf(survivor.Id) is { } into)
            return into.State == LinkState.Live ? new(PushKind.Merge, link, [], into.Ref) : PushPlan.Wait;
        // The survivor is not there: the loser's record becomes its, and takes its values.
        set.Put(link with { RecordId = survivor.Id, Level = [.. link.Level.Select(_ => Stamp.None)] });
        return PushPlan.Nothing with { Link = set.Link(link.Ref) };
    }

    private static PushPlan LookDeleted(WorkingSet set, HubRecord hub, RecordLink? link)
    {
        foreach (var conflict in set.ConflictsOf(hub.Id))
            set.Put(new ConflictChange(conflict, IsOpen: false));
        return link is { State: LinkState.Live } ? new(PushKind.Delete, link, []) : PushPlan.Nothing;
    }

    private PushPlan Create(WorkingSet set, HubRecord hub, RemoteKind kind, RecordLink? underWay, ImmutableArray<bool> writable)
    {
        var shape = shapeOf(hub.Kind);
        // Where deletions end the link alone, a record that was deleted there stays deleted there; where they put it away, until somebody brings it back.
        if (shape.IsArchived(hub) || set.IsKeptOut(hub.Id) || (policy.OnDelete == DeletePolicy.Ignore && set.WasDeleted(hub.Id)))
        {
            if (underWay is not null && !set.IsKeptOut(hub.Id))
                GiveUp(set, underWay); // sought just now, and not there: nobody is to wait for it
            return PushPlan.Nothing;
        }

        var held = set.ConflictsOf(hub.Id);
        ImmutableArray<int> fields = [.. Enumerable.Range(0, shape.Count)
            .Where(i => writable[i] && hub.Values[i] is not null && !held.Any(conflict => conflict.Field == shape.Fields[i].Name))];
        var link = RecordLink.New(underWay?.Ref ?? RecordLink.NewRef(kind, hub.Id), hub.Id, now, shape) with
        {
            State = LinkState.Creating,
            Sent = fields.ToImmutableDictionary(i => i, i => new Sent(hub.Values[i], hub.Stamps[i])),
        };
        set.Put(link);
        return new(PushKind.Create, link, fields);
    }

    private PushPlan Update(WorkingSet set, HubRecord hub, RecordLink link, ImmutableArray<bool> writable)
    {
        var due = ImmutableArray.CreateBuilder<int>();
        var level = link.Level.ToBuilder();
        for (var i = 0; i < hub.Stamps.Length; i++)
        {
            var isBehind = writable[i] && hub.Stamps[i] != link.Level[i];
            if (!isBehind || IsHeld(set, hub, link, i))
                continue;
            if (IsShown(link, i, hub))
                level[i] = hub.Stamps[i];
            else
                due.Add(i);
        }

        var next = link with { Level = level.MoveToImmutable(), Sent = link.Sent.SetItems(due.Select(i => KeyValuePair.Create(i, Send(hub, link, i)))) };
        if (due.Count > 0 || !next.Level.SequenceEqual(link.Level))
            set.Put(next);
        return due.Count == 0 ? PushPlan.Nothing : new(PushKind.Update, next, due.ToImmutable());
    }

    // What is in doubt from before may have run over the same edits.
    private static Sent Send(HubRecord hub, RecordLink link, int i) => link.Sent.TryGetValue(i, out var inDoubt)
        ? inDoubt with { Value = hub.Values[i], Stamp = hub.Stamps[i] }
        : new(hub.Values[i], hub.Stamps[i]) { Known = link.SeenStamps[i].At };

    private bool IsShown(RecordLink link, int i, HubRecord hub) =>
        link.Seen[i] == hub.Values[i] || Canonical.Same(shapeOf(hub.Kind).Fields[i].Type, link.Seen[i], hub.Values[i], policy.Locale);

    /// <summary>Whether the field waits for a person. A newer edit in the hub updates what the person is shown.</summary>
    private bool IsHeld(WorkingSet set, HubRecord hub, RecordLink link, int i)
    {
        var field = shapeOf(hub.Kind).Fields[i].Name;
        var isHeld = false;
        foreach (var conflict in set.ConflictsOf(hub.Id).Where(conflict => conflict.Field == field))
        {
            var isOver = Canonical.Same(shapeOf(hub.Kind).Fields[i].Type, conflict.Remote.Value, hub.Values[i], policy.Locale);
            if (isOver || conflict.Hub.Stamp != hub.Stamps[i])
                set.Put(new ConflictChange(conflict with { Hub = new(hub.Values[i], hub.Stamps[i]) }, IsOpen: !isOver));
            isHeld |= !isOver;
        }

        return isHeld || IsUndone(set, hub, link, i, field);
    }

    // The breaker: two platforms that disagree on a value's form would write in turns for ever.
    private bool IsUndone(WorkingSet set, HubRecord hub, RecordLink link, int i, string field)
    {
        if (link.Pushed.IsEmpty || link.Pushed.GetValueOrDefault(i) is not { IsUndone: true } || IsShown(link, i, hub))
            return false;
        set.Put(new ConflictChange(
            new(hub.Kind, hub.Id, field, policy.Platform, null, new(hub.Values[i], hub.Stamps[i]),
                new(link.Seen[i], link.SeenStamps[i]), ConflictReason.NormalForms),
            IsOpen: true));
        return true;
    }
}
