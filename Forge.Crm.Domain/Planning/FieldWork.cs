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
    private bool _inFlight;

    public void Apply(FieldVerdict verdict, int i, in RemoteField remote)
    {
        if (change.OwnWrite == OwnWrite.Over && verdict != FieldVerdict.Meet && _sent.TryGetValue(i, out var over))
            Forget(over, i, remote);
        if (verdict == FieldVerdict.Level)
            return;
        if (verdict == FieldVerdict.Push && !_seenStamps[i].IsNone)
        {
            _pushDue |= !IsHeldAnywhere(i);
            return;
        }

        if (verdict == FieldVerdict.InFlight)
        {
            (_pushDue, _inFlight) = (true, true);
            return;
        }

        if (verdict == FieldVerdict.Default)
        {
            // What somebody makes of it in the same tick is an edit all the same.
            var made = new Stamp(change.Record!.CreatedAt, policy.Platform, IsApproximate: true);
            (_seen[i], _seenStamps[i], _level[i], _linkChanged) = (remote.Value, made, _stamps[i], true);
            return;
        }

        NoteReturn(i, remote);
        NoteUse(verdict, remote);
        var isOwn = verdict == FieldVerdict.Meet && _sent.ContainsKey(i);
        if (!isOwn && verdict is FieldVerdict.Meet or FieldVerdict.Take)
            _agreed.Add(i);
        // A clock that runs ahead must not win against every edit to come: between systems no time counts that lies after we heard of it.
        Settle(verdict, i, remote with { Stamp = remote.Stamp.NotAfter(change.Record!.ReadAt) });
        // Our own write leaves the newest edit that we know of as it is: an older one that it ran over may still be heard of.
        if (!isOwn || _seenStamps[i].IsNone)
            _seenStamps[i] = remote.Stamp;
        if (!isOwn && RanOver(i, remote.Stamp.At))
            _pushed = _pushed.SetItem(i, _pushed[i].Heard(remote.Stamp.At)); // a read from before our write shows it: its event is no news any more
        (_seen[i], _linkChanged) = (remote.Value, true);
    }

    private bool RanOver(int i, DateTimeOffset edit) => _pushed.GetValueOrDefault(i)?.Writes.Any(write => write.RanOver(edit)) == true;

    /// <summary>
    /// An event's value that the platform no longer shows. What the platform itself put over it is its successor; where a write of ours ran
    /// over it before we could see it, it competes by its stamp, or is noted where something newer was shown or written since.
    /// </summary>
    public void Hear(in ToldValue told)
    {
        var i = told.Field;
        var at = told.Stamp.At;
        var shown = change.Record!.Fields[i];
        var pushed = _pushed.GetValueOrDefault(i);
        if (!shown.IsKnown || Same(i, told.Value, shown.Value) || pushed?.MayBeOurs(told.Value, at) == true || IsUnderWay(i, told.Value))
            return;
        if (link.Sent.GetValueOrDefault(i)?.MayRunOver(at) == true || RanOver(i, at))
            HearRunOver(told, i, shown, pushed);
        if (at > _seenStamps[i].At)
            (_seenStamps[i], _linkChanged) = (told.Stamp, true);
    }

    private bool IsUnderWay(int i, string? value) =>
        link.Sent.TryGetValue(i, out var sent) && (Same(i, value, sent.Value) || NormalForm.MayBe(sent.Value, value));

    private void HearRunOver(in ToldValue told, int i, in RemoteField shown, Pushed? pushed)
    {
        var stamp = told.Stamp.NotAfter(told.HeardAt);
        if (pushed is null || !pushed.Writes[0].RanOver(told.Stamp.At) || !Same(i, shown.Value, pushed.Writes[0].Value))
            Record(HistoryAction.Lost, i, _values[i], told.Value, stamp);
        else if (!Same(i, told.Value, _values[i]))
            Decide(i, new(told.Value, stamp), isShown: false);
        if (pushed is not null)
            (_pushed, _linkChanged) = (_pushed.SetItem(i, pushed.Heard(told.Stamp.At)), true);
        if (_sent.TryGetValue(i, out var sent))
            (_sent, _linkChanged) = (_sent.SetItem(i, sent.Hear(told.Stamp.At)), true);
    }

    public FieldsPlan Finish()
    {
        FollowConflicts();
        return new(
            _hubChanged ? hub with { Values = Freeze(_values), Stamps = Freeze(_stamps) } : hub,
            _linkChanged
                ? link with { Seen = Freeze(_seen), SeenStamps = Freeze(_seenStamps), Level = Freeze(_level), Sent = _sent, Pushed = _pushed }
                : link,
            [.. _history], [.. _conflicts.Values],
            _pushDue && change.OwnWrite != OwnWrite.Over, // else it is being pushed to just now
            _inUse)
        {
            IsInFlight = _inFlight,
        };
    }

    private static ImmutableArray<T> Freeze<T>(T[] array) => ImmutableCollectionsMarshal.AsImmutableArray(array);

    private void Settle(FieldVerdict verdict, int i, in RemoteField remote)
    {
        switch (verdict)
        {
            case FieldVerdict.Push:
                _pushDue |= !IsHeldAnywhere(i); // first sight of a field that only the hub knows: now it has been seen
                break;
            case FieldVerdict.Meet:
                Meet(i, remote);
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
        if (!policy.TakesIn)
        {
            Lose(i, remote, isShown);
            return;
        }

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
    }

    private void Lose(int i, in RemoteField remote, bool isShown)
    {
        Record(HistoryAction.Lost, i, _values[i], remote.Value, remote.Stamp);
        _pushDue |= isShown;
    }

    private void Take(int i, in RemoteField remote, bool isShown)
    {
        if (!policy.TakesIn)
        {
            // It stands there until the hub has something new for the field.
            Record(HistoryAction.Lost, i, _values[i], remote.Value, remote.Stamp);
            _level[i] = _stamps[i];
            return;
        }

        var stamp = remote.Stamp.After(_stamps[i]);
        if (!string.Equals(_values[i], remote.Value, StringComparison.Ordinal))
            Record(HistoryAction.Set, i, _values[i], remote.Value, stamp);
        (_values[i], _stamps[i], _hubChanged) = (remote.Value, stamp, true);
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
            Write(i, sent.AsWritten(remote.Value, change.Record!.Fields[i].Stamp.At));
            _pushDue |= _stamps[i] != sent.Stamp;
            return;
        }

        if (policy.TakesIn && !remote.Stamp.IsApproximate && remote.Stamp.At > _stamps[i].At && Same(i, remote.Value, _values[i]))
            (_stamps[i], _hubChanged) = (remote.Stamp, true); // the later of two equal edits counts against a third system
        _level[i] = _stamps[i];
    }

    // What was sent is not there: it never arrived, or something was put over it that is there now.
    private void Forget(Sent over, int i, in RemoteField remote)
    {
        (_sent, _linkChanged) = (_sent.Remove(i), true);
        if (!Same(i, remote.Value, _seen[i]))
            Write(i, over.AsWritten(over.Value, remote.Stamp.At));
    }

    private void Write(int i, Written write) => _pushed = _pushed.SetItem(i, _pushed.GetValueOrDefault(i)?.Again(write) ?? new([write]));

    private void Hold(int i, in RemoteField remote)
    {
        var key = new ConflictKey(hub.Id, shape.Fields[i].Name, policy.Platform);
        var known = open.FirstOrDefault(conflict => conflict.Key == key);
        if (known is null || !Same(i, known.Remote.Value, remote.Value))
            Record(HistoryAction.Held, i, _values[i], remote.Value, remote.Stamp);
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

    // An edit that came after the deletion brings the record back.
    private void NoteUse(FieldVerdict verdict, in RemoteField remote) =>
        _inUse |= policy.TakesIn && verdict is not FieldVerdict.Meet && remote.Stamp.NotAfter(change.Record!.ReadAt).At > hub.DeletedAt;

    // A platform that answers our write with an edit of its own may be normalising it: counted, until a person is asked.
    private void NoteReturn(int i, in RemoteField remote)
    {
        if (_pushed.TryGetValue(i, out var pushed) && !Same(i, remote.Value, _seen[i]) && !_sent.ContainsKey(i) && remote.Stamp.At > pushed.Writes[0].Known)
            _pushed = _pushed.SetItem(i, pushed.Undone(remote.Value, remote.Stamp.At));
    }

    private bool IsHeldAnywhere(int i) => open.Any(conflict => conflict.Field == shape.Fields[i].Name);

    private bool Same(int i, string? a, string? b) => Canonical.Same(shape.Fields[i].Type, a, b, policy.Locale);

    private void Record(HistoryAction action, int i, string? old, string? @new, Stamp stamp) =>
        _history.Add(new(hub.Kind, hub.Id, action, shape.Fields[i].Name, old, @new, stamp.By, stamp.At, change.Cause));
}
