using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>The arrays of a record and its link while a snapshot changes them.</summary>
internal sealed class FieldWork(
    HubRecord hub, RecordLink link, RecordShape shape, SyncPolicy policy, RemoteChange change, ImmutableArray<FieldConflict> open)
{
    private readonly string?[] _values = [.. hub.Values];
    private readonly Stamp[] _stamps = [.. hub.Stamps];
    private readonly string?[] _seen = [.. link.Seen];
    private readonly Stamp[] _seenStamps = [.. link.SeenStamps];
    private readonly Stamp[] _level = [.. link.Level];
    private readonly List<HistoryEntry> _history = [];
    private readonly Dictionary<ConflictKey, ConflictChange> _conflicts = [];
    private readonly HashSet<int> _agreed = [];
    private ImmutableDictionary<int, Sent> _sent = link.Sent;
    private ImmutableDictionary<int, Pushed> _pushed = link.Pushed;
    private bool _hubChanged;
    private bool _linkChanged;
    private bool _pushDue;
    private bool _inUse;

    public void Apply(FieldVerdict verdict, int i, in RemoteField remote)
    {
        if (change.OwnWrite == OwnWrite.Over && verdict != FieldVerdict.Meet && _sent.ContainsKey(i))
            (_sent, _linkChanged) = (_sent.Remove(i), true); // it never arrived
        if (verdict == FieldVerdict.Level || (verdict == FieldVerdict.Hold && Same(i, remote.Value, _seen[i])))
            return;
        if (verdict == FieldVerdict.Push && !_seenStamps[i].IsNone)
        {
            _pushDue = true;
            return;
        }

        NoteReturn(i, remote);
        var isOwn = verdict == FieldVerdict.Meet && _sent.ContainsKey(i);
        if (!isOwn && verdict is FieldVerdict.Meet or FieldVerdict.Take)
            _agreed.Add(i);
        Settle(verdict, i, remote);
        // Our own write leaves the newest edit that we know of as it is: an older one that it ran over may still be heard of.
        if (!isOwn || _seenStamps[i].IsNone)
            _seenStamps[i] = remote.Stamp;
        (_seen[i], _linkChanged) = (remote.Value, true);
    }

    /// <summary>An edit that our own write ran over before we could see it competes by its stamp.</summary>
    public void Hear(in ToldValue told, DateTimeOffset? deletedAt)
    {
        var remote = new RemoteField(told.Value, told.Stamp);
        if (told.Stamp.At <= _seenStamps[told.Field].At)
            return; // several were told; this one is older than one just heard
        if (Same(told.Field, told.Value, _values[told.Field]))
            _pushDue |= _stamps[told.Field] != _level[told.Field];
        else if (told.Stamp.At <= deletedAt)
            Record(HistoryAction.Lost, told.Field, _values[told.Field], told.Value, told.Stamp);
        else
            Decide(told.Field, remote, isShown: false);
        (_seenStamps[told.Field], _linkChanged) = (told.Stamp, true);
    }

    public FieldsPlan Finish()
    {
        FollowConflicts();
        return new(
            _hubChanged ? hub with { Values = Freeze(_values), Stamps = Freeze(_stamps) } : hub,
            _linkChanged
                ? link with { Seen = Freeze(_seen), SeenStamps = Freeze(_seenStamps), Level = Freeze(_level), Sent = _sent, Pushed = _pushed }
                : link,
            [.. _history], [.. _conflicts.Values], _pushDue, _inUse);
    }

    private static ImmutableArray<T> Freeze<T>(T[] array) => ImmutableCollectionsMarshal.AsImmutableArray(array);

    private void Settle(FieldVerdict verdict, int i, in RemoteField remote)
    {
        switch (verdict)
        {
            case FieldVerdict.Push:
                _pushDue = true; // first sight of a field that only the hub knows: now it has been seen
                break;
            case FieldVerdict.Meet:
                Meet(i, remote);
                break;
            case FieldVerdict.Late:
                if (!Same(i, _values[i], remote.Value))
                    Record(HistoryAction.Lost, i, _values[i], remote.Value, remote.Stamp);
                break;
            case FieldVerdict.Hold:
                Hold(i, remote);
                break;
            case FieldVerdict.Contest:
                Decide(i, remote, isShown: true);
                break;
            default:
                Take(i, remote, isShown: true);
                break;
        }
    }

    /// <param name="isShown">False for an edit that the platform no longer shows: if it wins, the platform needs it back.</param>
    private void Decide(int i, in RemoteField remote, bool isShown)
    {
        var field = shape.Fields[i];
        var rule = policy.Strategies.For(shape.Kind, field.Name);
        if (Contest.Decide(new(_values[i], _stamps[i]), new(remote.Value, remote.Stamp), field.Type, rule) is not { } winner)
            Hold(i, remote);
        else if (Same(i, winner.Value, _values[i]))
            Lose(i, remote, isShown);
        else if (Same(i, winner.Value, remote.Value))
            Take(i, remote, isShown);
        else
            Join(i, remote, winner);
        _inUse = true;
    }

    private void Lose(int i, in RemoteField remote, bool isShown)
    {
        Record(HistoryAction.Lost, i, _values[i], remote.Value, remote.Stamp);
        _pushDue |= isShown;
    }

    private void Take(int i, in RemoteField remote, bool isShown)
    {
        var stamp = remote.Stamp.After(_stamps[i]);
        if (!string.Equals(_values[i], remote.Value, StringComparison.Ordinal))
            Record(HistoryAction.Set, i, _values[i], remote.Value, stamp);
        (_values[i], _stamps[i], _hubChanged, _inUse) = (remote.Value, stamp, true, true);
        if (isShown)
            _level[i] = stamp;
        else
            _pushDue = true;
    }

    // Neither side's value as it stands: both are behind the join.
    private void Join(int i, in RemoteField remote, in Candidate winner)
    {
        var stamp = winner.Stamp.After(_stamps[i]);
        Record(HistoryAction.Lost, i, winner.Value, remote.Value, remote.Stamp);
        Record(HistoryAction.Set, i, _values[i], winner.Value, stamp);
        (_values[i], _stamps[i], _hubChanged, _pushDue) = (winner.Value, stamp, true, true);
    }

    private void Meet(int i, in RemoteField remote)
    {
        if (_sent.TryGetValue(i, out var sent))
        {
            // The platform shows our own write: level with what was sent; a newer hub value is still due.
            _level[i] = sent.Stamp;
            _sent = _sent.Remove(i);
            _pushed = _pushed.SetItem(i, _pushed.GetValueOrDefault(i)?.Answered(remote.Stamp.At) ?? new(remote.Stamp.At));
            _pushDue |= _stamps[i] != sent.Stamp;
            return;
        }

        if (!remote.Stamp.IsApproximate && remote.Stamp.At > _stamps[i].At)
            (_stamps[i], _hubChanged) = (remote.Stamp, true); // the later of two equal edits counts against a third system
        _level[i] = _stamps[i];
    }

    private void Hold(int i, in RemoteField remote)
    {
        var key = new ConflictKey(hub.Id, shape.Fields[i].Name, policy.Platform);
        var known = open.FirstOrDefault(conflict => conflict.Key == key);
        _conflicts[key] = new(
            new(shape.Kind, hub.Id, key.Field, policy.Platform, known is null ? link.Seen[i] : known.Base,
                new(_values[i], _stamps[i]), new(remote.Value, remote.Stamp), known?.Reason ?? ConflictReason.Review),
            IsOpen: true);
    }

    // A newer edit on the hub's side updates an open conflict with any platform; where the two sides are equal now, it is over.
    private void FollowConflicts()
    {
        foreach (var conflict in open)
        {
            var i = shape.IndexOf(conflict.Field);
            var latest = _conflicts.TryGetValue(conflict.Key, out var changed) ? changed.Conflict : conflict;
            var isOver = Same(i, latest.Remote.Value, _values[i]) || (conflict.Platform == policy.Platform && _agreed.Contains(i));
            if (isOver)
                _conflicts[conflict.Key] = new(latest, IsOpen: false);
            else if (latest.Hub.Stamp != _stamps[i])
                _conflicts[conflict.Key] = new(latest with { Hub = new(_values[i], _stamps[i]) }, IsOpen: true);
        }
    }

    // A platform that answers our write with an edit of its own may be normalising it: counted, until a person is asked.
    private void NoteReturn(int i, in RemoteField remote)
    {
        if (_pushed.TryGetValue(i, out var pushed) && !Same(i, remote.Value, _seen[i]) && !_sent.ContainsKey(i) && remote.Stamp.At >= pushed.At)
            _pushed = _pushed.SetItem(i, pushed.Undone(remote.Value, remote.Stamp.At));
    }

    private bool Same(int i, string? a, string? b) => Canonical.Same(shape.Fields[i].Type, a, b, policy.Locale);

    private void Record(HistoryAction action, int i, string? old, string? @new, Stamp stamp) =>
        _history.Add(new(hub.Kind, hub.Id, action, shape.Fields[i].Name, old, @new, stamp.By, stamp.At, change.Cause));
}
