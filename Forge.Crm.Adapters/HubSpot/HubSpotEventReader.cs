using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Adapters.HubSpot.HubSpotMember;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>Makes a <see cref="HubSpotDelivery"/> of one event's bytes. Never throws.</summary>
internal static class HubSpotEventReader
{
    private const int LongestKeyTail = 120;
    private const long LastMillisecond = 253_402_300_799_999;

    public static HubSpotDelivery Read(in HubSpotElement element, ReadOnlyMemory<byte> raw, DateTimeOffset receivedAt)
    {
        var portal = IdOf(element, PortalId);
        if (JsonText.Flaw(element.Raw) is { } flaw)
            return Unreadable(raw, portal, receivedAt, flaw);
        if (portal is null)
            return Unreadable(raw, null, receivedAt, "has no portalId");
        if (element.Number(OccurredAt) is not { } milliseconds || milliseconds > LastMillisecond)
            return Unreadable(raw, portal, receivedAt, "has no occurredAt");
        var typeMember = element.Has(SubscriptionType) ? SubscriptionType : EventType;
        if (!element.Has(typeMember))
            return Unreadable(raw, portal, receivedAt, "has no subscriptionType");
        var told = new Told(raw, portal, typeMember, Stamp.FromEpoch(milliseconds), receivedAt);
        if (!HubSpotEventTypes.TryParse(element.Plain(typeMember), out var change, out var kind))
            return NotUsed(element, told, "type not used");
        return change == ChangeType.Associated ? Association(element, told) : Record(element, told, change, kind);
    }

    private static HubSpotDelivery Record(in HubSpotElement element, Told told, ChangeType change, RemoteKind? kind)
    {
        kind ??= HubSpotEventTypes.KindOf(element.Plain(ObjectTypeId), byTypeId: true);
        if (kind is null)
            return element.Has(ObjectTypeId)
                ? NotUsed(element, told, "type not used")
                : Unreadable(told.Raw, told.Portal, told.ReceivedAt, "has no objectTypeId");
        var id = change == ChangeType.Merged ? IdOf(element, NewObjectId) ?? IdOf(element, PrimaryObjectId) : null;
        id ??= IdOf(element, ObjectId);
        if (id is null)
            return Unreadable(told.Raw, told.Portal, told.ReceivedAt, "has no objectId");
        List<string>? merged = null;
        if (change == ChangeType.Merged && (merged = MergedInto(id, element)) is null)
            return Unreadable(told.Raw, told.Portal, told.ReceivedAt, "has no readable mergedObjectIds");
        var property = change == ChangeType.Changed ? element.Text(PropertyName) : null;
        if (change == ChangeType.Changed && string.IsNullOrEmpty(property))
            return Unreadable(told.Raw, told.Portal, told.ReceivedAt, "has no propertyName");
        var value = property is null ? null : element.Text(PropertyValue);
        return new(
            told.Raw, told.Portal, Key(element, told, id, property),
            new(change, new(kind.Value, id), told.OccurredAt, property, value, merged, null, Actor(element)) { ReceivedAt = told.ReceivedAt });
    }

    // A merge may leave a record with an id of its own: then the former primary is among the merged ones, too.
    private static List<string>? MergedInto(string survivor, in HubSpotElement element)
    {
        var merged = element.Ids(MergedObjectIds);
        if (merged is not null && IdOf(element, PrimaryObjectId) is { } primary && !merged.Contains(primary))
            merged.Add(primary);
        merged?.Remove(survivor);
        return merged is { Count: > 0 } ? merged : null;
    }

    /// <summary>Both directions of an association are told; each becomes an event of the record that the hub keeps the association on.</summary>
    private static HubSpotDelivery Association(in HubSpotElement element, Told told)
    {
        if (IdOf(element, FromObjectId) is not { } from || IdOf(element, ToObjectId) is not { } to)
            return Unreadable(told.Raw, told.Portal, told.ReceivedAt, "has no fromObjectId or toObjectId");
        var ends = HubSpotEventTypes.EndsOf(element.Plain(AssociationType)) ?? GenericEnds(element);
        if (ends is null && !element.Has(AssociationType) && !element.Has(FromObjectTypeId))
            return Unreadable(told.Raw, told.Portal, told.ReceivedAt, "has no associationType");
        if (ends is not var (fromKind, toKind))
            return NotUsed(element, told, "type not used");
        var isForward = AssociationKinds.From(fromKind).Contains(toKind);
        if (!isForward && !AssociationKinds.From(toKind).Contains(fromKind))
            return NotUsed(element, told, "association not used");
        var (kept, other) = isForward ? (new RemoteRef(fromKind, from), toKind) : (new RemoteRef(toKind, to), fromKind);
        var tail = $"{fromKind.ToName()}:{toKind.ToName()}:{to}";
        return new(
            told.Raw, told.Portal, Key(element, told, from, tail),
            new(ChangeType.Associated, kept, told.OccurredAt, AssociatedKind: other, Actor: Actor(element)) { ReceivedAt = told.ReceivedAt });
    }

    private static (RemoteKind From, RemoteKind To)? GenericEnds(in HubSpotElement element) =>
        HubSpotEventTypes.KindOf(element.Plain(FromObjectTypeId), byTypeId: true) is { } from
        && HubSpotEventTypes.KindOf(element.Plain(ToObjectTypeId), byTypeId: true) is { } to
            ? (from, to)
            : null;

    private static HubSpotDelivery NotUsed(in HubSpotElement element, Told told, string reason) =>
        new(
            told.Raw, told.Portal, Key(element, told, IdOf(element, ObjectId) ?? IdOf(element, FromObjectId), element.Text(told.TypeMember)),
            new(ChangeType.Unknown, null, told.OccurredAt), HubSpotReading.NotUsed, reason);

    internal static HubSpotDelivery Unreadable(ReadOnlyMemory<byte> raw, string? portal, DateTimeOffset receivedAt, string reason) =>
        new(
            raw, portal, $"{portal ?? "-"}:sha256:{Hash(raw.Span)}", new(ChangeType.Unknown, null, receivedAt),
            HubSpotReading.Unreadable, $"The event {reason}.");

    /// <summary>
    /// HubSpot does not promise that event ids are unique, so the object, the time and what changed of it belong to the key; the number of
    /// the attempt does not.
    /// </summary>
    private static string Key(in HubSpotElement element, Told told, string? id, string? tail)
    {
        var subscription = element.Number(SubscriptionId) ?? 0;
        var number = element.Number(EventId) ?? 0;
        if (subscription == 0 || number == 0)
            tail = $"{element.Text(told.TypeMember)}:{tail}";
        if (tail is { Length: > LongestKeyTail })
            tail = Hash(Encoding.UTF8.GetBytes(tail));
        var milliseconds = element.Number(OccurredAt);
        return tail is null
            ? string.Create(CultureInfo.InvariantCulture, $"{told.Portal}:{subscription}:{number}:{id}:{milliseconds}")
            : string.Create(CultureInfo.InvariantCulture, $"{told.Portal}:{subscription}:{number}:{id}:{milliseconds}:{tail}");
    }

    private static string? Actor(in HubSpotElement element)
    {
        var source = element.Text(ChangeSource);
        var id = element.Text(SourceId);
        return id is null ? source : id.Contains(':', StringComparison.Ordinal) ? id : $"{source}:{id}";
    }

    private static string? IdOf(in HubSpotElement element, HubSpotMember member) =>
        element.Number(member)?.ToString(CultureInfo.InvariantCulture);

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private readonly record struct Told(
        ReadOnlyMemory<byte> Raw, string Portal, HubSpotMember TypeMember, DateTimeOffset OccurredAt, DateTimeOffset ReceivedAt);
}
