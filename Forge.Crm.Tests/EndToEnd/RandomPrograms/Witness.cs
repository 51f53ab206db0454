using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.LocalHost.Pipedrive;
using Forge.Crm.Tests.Simulation;

namespace Forge.Crm.Tests.EndToEnd.RandomPrograms;

/// <summary>Something that happened to a record of a platform.</summary>
/// <param name="Member">The property that changed; null where the record came or went.</param>
/// <param name="IsOurs">A call of ours did it.</param>
/// <param name="Key">A text that its webhook alone has.</param>
internal sealed record Happening(string? Member, string? Value, bool IsEnd, bool IsOurs, DateTimeOffset At, string Key);

/// <summary>The truth about both platforms: everything that happened to their records, in its order, whatever became of the webhooks.</summary>
internal sealed class Witness
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ConcurrentDictionary<(Platform, long Account, RecordKind, string Id), List<Happening>> _happenings = [];

    public Witness(HubSpotSimulator hubSpot, PipedriveSimulator pipedrive)
    {
        hubSpot.Webhooks.Witness = Hear;
        pipedrive.Webhooks.Witness = Hear;
    }

    /// <summary>Those whose last happening is their end, by whoever.</summary>
    public IEnumerable<string> Deleted(Platform platform, long account, RecordKind kind, DateTimeOffset? before = null) =>
        from record in _happenings
        where record.Key is var (at, of, what, _) && (at, of, what) == (platform, account, kind)
        let last = Of(record.Value)[^1]
        where last.IsEnd && !(last.At > before)
        orderby last.At
        select record.Key.Id;

    /// <summary>A person's edit, with what became of it there; null where nothing was changed.</summary>
    public PersonEdit? Judge(Platform platform, long account, RecordKind kind, string id, string field, string member, string token, Func<string, bool> isJournaled)
    {
        var all = _happenings.TryGetValue((platform, account, kind, id), out var happened) ? Of(happened) : [];
        var own = Array.FindIndex(all, one => one is { IsOurs: false, Value: { } value } && one.Member == member && value.Contains(token, StringComparison.OrdinalIgnoreCase));
        if (own < 0)
            return null;
        var edit = new PersonEdit(platform, field, token) { IsAnnounced = isJournaled(all[own].Key) };
        bool IsSameTick(Happening other) => other.Key != all[own].Key && Tick(platform, other.At) == Tick(platform, all[own].At);
        edit.IsWithinTick = all.Take(own).LastOrDefault(one => one.Key != all[own].Key) is { } before && IsSameTick(before);
        foreach (var later in all.Skip(own + 1).Where(one => one.Key != all[own].Key))
        {
            // What was deleted and brought back stands as it stood.
            edit.Fate = later.IsEnd || later.Member == member ? later.IsOurs ? Fate.OverwrittenByUs : Fate.OverwrittenThere : Fate.Standing;
            if (later.IsEnd || later.Member != member)
                continue;
            edit.IsWithinTick |= IsSameTick(later);
            break;
        }

        return edit;
    }

    /// <summary>How many changes to a tenant's accounts were ours.</summary>
    public int OursIn(long account) => _happenings.Where(record => record.Key.Account == account).Sum(record => Of(record.Value).Count(one => one.IsOurs));

    /// <summary>All that happened to a record, for who looks for the cause of a failure.</summary>
    public IEnumerable<string> Tell(Platform platform, long account, RecordKind kind, string id) =>
        (_happenings.TryGetValue((platform, account, kind, id), out var happened) ? Of(happened) : [])
            .Select(one => $"{one.At:HH:mm:ss.fff} {(one.IsOurs ? "we" : "they")}: {(one.IsEnd ? "end" : one.Member is null ? "made or back" : $"{one.Member} = {one.Value}")}");

    private static long Tick(Platform platform, DateTimeOffset at) => platform == Platform.Pipedrive ? at.ToUnixTimeSeconds() : at.ToUnixTimeMilliseconds();

    private static Happening[] Of(List<Happening> list)
    {
        lock (list)
            return [.. list];
    }

    private void Hear(HubSpotAccount account, HubSpotWebhookEvent told)
    {
        var name = told.SubscriptionType.Split('.');
        if (LiveKind.All.SingleOrDefault(one => one.HubSpotType == (told.ObjectTypeId ?? name[0]))?.Kind is not { } kind || told.ObjectId is not { } id)
            return;
        var happening = new Happening(
            told.PropertyName, told.PropertyValue, name[1] == "deletion", told.Origin.ChangeSource == "INTEGRATION",
            DateTimeOffset.FromUnixTimeMilliseconds(told.OccurredAt), $"\"eventId\":{told.EventId},");
        Add(Platform.HubSpot, account.PortalId, kind, id.ToString(CultureInfo.InvariantCulture), happening);
        foreach (var merged in told.Merge?.MergedObjectIds.Where(merged => merged != id) ?? [])
            Add(Platform.HubSpot, account.PortalId, kind, merged.ToString(CultureInfo.InvariantCulture), happening with { IsEnd = true, IsOurs = false });
    }

    private void Hear(PipedriveAccount account, PipedriveEvent told)
    {
        if (LiveKind.All.SingleOrDefault(one => one.PipedriveEntity == told.Entity)?.Kind is not { } kind)
            return;
        var happening = new Happening(null, null, told.Action == "delete", told.Origin.Source == "api" && told.MergedTo is null, told.At, told.Id.ToString());
        Add(Platform.Pipedrive, account.CompanyId, kind, told.EntityId, happening);
        foreach (var member in told.Action == "change" ? told.Previous!.Select(member => member.Key) : [])
            Add(Platform.Pipedrive, account.CompanyId, kind, told.EntityId, happening with { Member = member, Value = told.Data![member]?.ToJsonString(Readable) });
    }

    private void Add(Platform platform, long account, RecordKind kind, string id, Happening happening)
    {
        var list = _happenings.GetOrAdd((platform, account, kind, id), _ => []);
        lock (list)
            list.Add(happening);
    }
}
