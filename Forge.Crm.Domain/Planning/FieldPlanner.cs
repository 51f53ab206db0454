using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>What reading a snapshot does to a record's fields and to its link.</summary>
/// <param name="IsPushDue">The platform itself is behind the hub in a field.</param>
/// <param name="NeedsHistory">Nothing was decided: read the record's property history and plan again.</param>
internal sealed record FieldsPlan(
    HubRecord Hub, RecordLink Link, ImmutableArray<HistoryEntry> History, bool IsPushDue, bool NeedsHistory);

/// <summary>The fields of one record against one snapshot of it. Pure: see DESIGN, "Planning a change".</summary>
internal static class FieldPlanner
{
    /// <returns>Null where every field is level: the common case, without an allocation.</returns>
    public static FieldsPlan? Plan(
        HubRecord hub, RecordLink link, RemoteRecord remote, RecordShape shape, SyncPolicy policy, Cause cause, bool canAskHistory)
    {
        Working? work = null;
        for (var i = 0; i < shape.Count; i++)
        {
            var field = remote.Fields[i];
            var level = new FieldLevel(link.Seen[i], link.SeenStamps[i], link.Level[i], link.Sent.GetValueOrDefault(i));
            var verdict = new FieldComparison(shape.Fields[i].Type, policy).Of(new(hub.Values[i], hub.Stamps[i]), level, field, canAskHistory);
            if (verdict == FieldVerdict.Level)
                continue;
            if (verdict == FieldVerdict.AskHistory)
                return new(hub, link, [], IsPushDue: false, NeedsHistory: true);
            work ??= new(hub, link, policy.Platform, cause);
            work.Apply(verdict, i, field, shape.Fields[i].Name);
        }

        return work?.Finish();
    }

    /// <summary>The arrays of a record and its link while they change.</summary>
    private sealed class Working(HubRecord hub, RecordLink link, Platform platform, Cause cause)
    {
        private readonly string?[] _values = [.. hub.Values];
        private readonly Stamp[] _stamps = [.. hub.Stamps];
        private readonly string?[] _seen = [.. link.Seen];
        private readonly Stamp[] _seenStamps = [.. link.SeenStamps];
        private readonly Stamp[] _level = [.. link.Level];
        private readonly List<HistoryEntry> _history = [];
        private ImmutableDictionary<int, Sent> _sent = link.Sent;
        private bool _hubChanged;
        private bool _linkChanged;
        private bool _pushDue;

        public void Apply(FieldVerdict verdict, int i, in RemoteField remote, string field)
        {
            switch (verdict)
            {
                case FieldVerdict.Push:
                    _pushDue = true;
                    if (!_seenStamps[i].IsNone)
                        return;
                    break; // first sight of a field that only the hub knows: now it has been seen
                case FieldVerdict.HubWins:
                    Record(HistoryAction.Lost, field, _values[i], remote.Value, remote.Stamp);
                    _pushDue = true;
                    break;
                case FieldVerdict.Meet:
                    Meet(i, remote);
                    break;
                default:
                    Take(i, remote, field);
                    break;
            }

            (_seen[i], _seenStamps[i], _linkChanged) = (remote.Value, remote.Stamp, true);
        }

        public FieldsPlan Finish() => new(
            _hubChanged ? hub with { Values = Freeze(_values), Stamps = Freeze(_stamps) } : hub,
            _linkChanged ? link with { Seen = Freeze(_seen), SeenStamps = Freeze(_seenStamps), Level = Freeze(_level), Sent = _sent } : link,
            [.. _history], _pushDue, NeedsHistory: false);

        private static ImmutableArray<T> Freeze<T>(T[] array) => ImmutableCollectionsMarshal.AsImmutableArray(array);

        private void Take(int i, in RemoteField remote, string field)
        {
            var stamp = remote.Stamp.After(_stamps[i]);
            if (!string.Equals(_values[i], remote.Value, StringComparison.Ordinal))
                Record(HistoryAction.Set, field, _values[i], remote.Value, stamp);
            (_values[i], _stamps[i], _level[i], _hubChanged) = (remote.Value, stamp, stamp, true);
        }

        private void Meet(int i, in RemoteField remote)
        {
            if (_sent.TryGetValue(i, out var sent))
            {
                // The platform shows our own write: level with what was sent; a newer hub value is still due.
                _level[i] = sent.Stamp;
                _sent = _sent.Remove(i);
                _pushDue |= _stamps[i] != sent.Stamp;
                return;
            }

            if (!remote.Stamp.IsApproximate && remote.Stamp.At > _stamps[i].At)
                (_stamps[i], _hubChanged) = (remote.Stamp, true); // the later of two equal edits counts against a third system
            _level[i] = _stamps[i];
        }

        private void Record(HistoryAction action, string field, string? old, string? @new, Stamp stamp) =>
            _history.Add(new(hub.Kind, hub.Id, action, field, old, @new, platform, stamp.At, cause));
    }
}
