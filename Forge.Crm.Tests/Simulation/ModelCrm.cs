using System.Globalization;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Simulation;

/// <summary>A webhook on its way.</summary>
/// <param name="Edit">The person's edit that it tells of.</param>
internal sealed record Webhook(string Key, ChangeEvent Event, PersonEdit? Edit);

/// <summary>A platform, as far as contacts go: what people do there, what its API does, and the webhooks that come of it.</summary>
/// <param name="now">Our clock; the platform's own is off by its skew.</param>
internal sealed class ModelCrm(Traits traits, Func<DateTimeOffset> now)
{
    private int _lastId;
    private int _lastEvent;

    public Traits Traits => traits;

    public List<ModelRecord> Records { get; } = [];

    public List<Webhook> Webhooks { get; } = [];

    /// <summary>Calls that changed something.</summary>
    public int Writes { get; private set; }

    /// <summary>Records that people made or brought back.</summary>
    public int ByPeople { get; private set; }

    private DateTimeOffset Clock => Ticked(traits.Tick);

    /// <summary>Of webhooks: to the millisecond on either platform.</summary>
    private DateTimeOffset EventClock => Ticked(TimeSpan.FromMilliseconds(1));

    private DateTimeOffset Ticked(TimeSpan tick)
    {
        var at = now() + traits.Skew;
        return new(at.UtcTicks - (at.UtcTicks % tick.Ticks), TimeSpan.Zero);
    }

    public ModelRecord? Live(string id) => Records.Find(record => record.Id == id && record.IsLive);

    // What people do.
    public void Edit(ModelRecord record, string field, string value, PersonEdit? edit)
    {
        if (traits.Fields.Contains(field) && (value.Length > 0 || record.Value(field) is not null)) // to clear what is empty is no edit
            Write(record, [(field, value, edit)], "userId:1");
    }

    public ModelRecord? Create(string email)
    {
        if (traits.HasUniqueEmail && Records.Any(other => other.IsLive && other.Value("email") == email))
            return null;
        ByPeople++;
        var record = Add();
        Write(record, [("email", email, null)], "userId:1");
        return record;
    }

    public void Delete(ModelRecord record, Fate fate)
    {
        Lose(record, fate);
        record.DeletedAt = record.UpdatedAt = Clock;
        record.Remember(now());
        Tell(new(ChangeType.Deleted, new(RemoteKind.Contact, record.Id), EventClock), null);
    }

    public void Restore(ModelRecord record)
    {
        ByPeople++;
        (record.DeletedAt, record.MadeFor) = (null, null);
        foreach (var edit in record.Cells.Values.Select(cell => cell.Edit).OfType<PersonEdit>())
            edit.Fate = Fate.Standing;
        record.UpdatedAt = Clock;
        record.Remember(now());
        Tell(new(ChangeType.Restored, new(RemoteKind.Contact, record.Id), EventClock), null);
    }

    /// <summary>The survivor keeps its values and takes the loser's where it has none.</summary>
    public ModelRecord Merge(ModelRecord survivor, ModelRecord loser)
    {
        var heir = traits.MergesIntoNewId ? Add() : survivor;
        heir.SyncId ??= survivor.SyncId ?? loser.SyncId;
        var values = traits.Fields
            .Select(field => (field, Cell: survivor.Value(field) is null ? loser.Cells.GetValueOrDefault(field) : survivor.Cells[field]))
            .Where(kept => kept.Cell is not null && (heir != survivor || kept.Cell != survivor.Cells.GetValueOrDefault(kept.field)))
            .Select(kept => (kept.field, kept.Cell!.Value, (PersonEdit?)null))
            .ToList();
        Lose(loser, Fate.OverwrittenThere);
        if (!traits.MergesIntoNewId)
        {
            loser.DeletedAt = loser.UpdatedAt = Clock;
            loser.Remember(now());
            Write(heir, values, "userId:1");
            Tell(new(ChangeType.Deleted, new(RemoteKind.Contact, loser.Id), EventClock), null);
            return heir;
        }

        Lose(survivor, Fate.OverwrittenThere);
        (survivor.IsGone, loser.IsGone) = (true, true);
        heir.MergedIds = [survivor.Id, loser.Id, .. survivor.MergedIds, .. loser.MergedIds];
        Write(heir, values, "userId:1");
        Tell(new(ChangeType.Merged, new(RemoteKind.Contact, heir.Id), EventClock, MergedIds: [survivor.Id, loser.Id]), null);
        return heir;
    }

    // What the API does.
    public IEnumerable<RemoteSnapshot> Read(IEnumerable<string> ids, bool withHistory, bool isStale) =>
        from id in ids.Distinct()
        let record = Records.Find(record => record.Id == id && !record.IsGone)
        where record is not null
        let shown = isStale ? record.Before(now().AddSeconds(-20), now()) : record.IsLive ? record.Snapshot(now(), withHistory && traits.KeepsHistory) : null
        where shown is not null
        select shown;

    public IEnumerable<RemoteSnapshot> Archived() =>
        Records.Where(record => record.DeletedAt is not null && !record.IsGone).Select(record => record.Snapshot(now(), withHistory: false));

    /// <param name="since">By our clock; what the index has not taken in yet is not found.</param>
    public IEnumerable<string> ChangedSince(DateTimeOffset since) =>
        Records.Where(record => record.IsLive && record.UpdatedAt - traits.Skew >= since && record.UpdatedAt - traits.Skew <= now() - traits.SearchLag)
            .Select(record => record.Id);

    public IEnumerable<RemoteSnapshot> Find(IReadOnlyCollection<SoughtRecord> sought) => traits.IsAnonymous
        ? Live().Select(record => record.Snapshot(now(), withHistory: false) with { AlikeTo = [.. sought.Where(one => one.Sent is { } sent && IsLike(record, sent)).Select(one => one.SyncId)] })
            .Where(snapshot => !snapshot.AlikeTo.IsEmpty)
        : sought.SelectMany(one => Live().Where(record => record.SyncId == one.SyncId || one.Keys.Contains("email:" + record.Value("email"))).OrderByDescending(record => record.SyncId == one.SyncId))
            .Distinct().Select(record => record.Snapshot(now(), withHistory: false));

    private IEnumerable<ModelRecord> Live() => Records.Where(record => record.IsLive);

    private bool IsLike(ModelRecord record, SentCreation sent) => record.CreatedAt > sent.At + traits.Skew - Stamp.ClockMargin
        && sent.Properties.All(property => traits.Normalise(property.Key, property.Value) == record.Value(property.Key));

    /// <summary>What became of our creation is known to us.</summary>
    public void Know(string id)
    {
        if (Live(id) is { } record)
            record.IsInDoubt = false;
    }

    /// <returns>Null where there is no such record any more.</returns>
    public RemoteSnapshot? Write(string id, IReadOnlyDictionary<string, string?> values)
    {
        if (Live(id) is not { } record)
            return null;
        Writes++;
        return Answered(record, values);
    }

    /// <returns>Null where the platform refuses a second record of that e-mail address.</returns>
    public RemoteSnapshot? Create(Guid syncId, IReadOnlyDictionary<string, string?> values)
    {
        if (traits.HasUniqueEmail && values.GetValueOrDefault("email") is { } email && Records.Any(other => other.IsLive && other.Value("email") == email))
            return null;
        Writes++;
        var record = Add(syncId);
        (record.SyncId, record.IsInDoubt) = (syncId, true);
        return Answered(record, values);
    }

    public void Delete(string id)
    {
        if (Live(id) is not { } record)
            return;
        Writes++;
        Delete(record, Fate.OverwrittenByUs);
    }

    public ModelRecord? Merge(string survivor, string loser)
    {
        if (Live(survivor) is not { } kept || Live(loser) is not { } lost)
            return null;
        Writes++;
        return Merge(kept, lost);
    }

    private RemoteSnapshot Answered(ModelRecord record, IReadOnlyDictionary<string, string?> values)
    {
        var rewritten = Write(record, [.. values.Select(value => (value.Key, value.Value, (PersonEdit?)null))], "INTEGRATION:forge", isOurs: true);
        var answer = record.Snapshot(now(), withHistory: false);
        rewritten();
        return answer;
    }

    private ModelRecord Add(Guid? madeFor = null)
    {
        var record = new ModelRecord((++_lastId + (traits.Platform == Platform.HubSpot ? 100 : 900)).ToString(CultureInfo.InvariantCulture), Clock, traits.Tick, traits.IsAnonymous) { MadeFor = madeFor };
        Records.Add(record);
        record.Remember(now());
        Tell(new(ChangeType.Created, new(RemoteKind.Contact, record.Id), EventClock), null);
        return record;
    }

    private void Write(ModelRecord record, List<(string Field, string? Value, PersonEdit? Edit)> values, string actor) =>
        Write(record, values, actor, isOurs: false)();

    /// <returns>What the tenant's own rules do afterwards: after the answer, where there is one.</returns>
    private Action Write(ModelRecord record, List<(string Field, string? Value, PersonEdit? Edit)> values, string actor, bool isOurs)
    {
        record.IsStray |= record.IsInDoubt && !isOurs;
        foreach (var (field, value, edit) in values)
        {
            var kept = traits.Normalise(field, string.IsNullOrEmpty(value) ? null : value);
            if (record.Cells.GetValueOrDefault(field) is { Edit: { Fate: Fate.Standing } old } cell)
                (old.Fate, old.IsWithinTick) = (isOurs ? Fate.OverwrittenByUs : Fate.OverwrittenThere, old.IsWithinTick || cell.At == Clock);
            if (edit is not null)
                edit.IsWithinTick = record.UpdatedAt == Clock;
            record.Set(field, new(kept, Clock, edit));
            Tell(
                traits.TellsFields
                    ? new(ChangeType.Changed, new(RemoteKind.Contact, record.Id), EventClock, field, kept, Actor: actor)
                    : new(ChangeType.Changed, new(RemoteKind.Contact, record.Id), EventClock, Actor: actor),
                edit);
        }

        record.UpdatedAt = Clock;
        record.Remember(now());
        return () => Follow(record, values);
    }

    private void Follow(ModelRecord record, List<(string Field, string? Value, PersonEdit? Edit)> values)
    {
        foreach (var (field, _, _) in values)
        {
            var value = record.Value(field);
            if (traits.Rewrite(field, value) is var rewritten && rewritten != value)
                Write(record, [(field, rewritten, null)], "AUTOMATION:1");
        }
    }

    private static void Lose(ModelRecord record, Fate fate)
    {
        foreach (var edit in record.Cells.Values.Select(cell => cell.Edit).OfType<PersonEdit>().Where(edit => edit.Fate == Fate.Standing))
            edit.Fate = fate;
    }

    private void Tell(ChangeEvent told, PersonEdit? edit) =>
        Webhooks.Add(new($"{traits.Platform}-{++_lastEvent}", told, edit));
}
