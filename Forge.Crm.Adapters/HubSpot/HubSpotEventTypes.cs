using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>
/// The words of HubSpot's webhooks and what they are here: classic subscription types (<c>contact.propertyChange</c>), generic ones
/// (<c>object.propertyChange</c> with an object type id) and association types (<c>CONTACT_TO_COMPANY</c>).
/// </summary>
internal static class HubSpotEventTypes
{
    private static readonly (byte[] Name, ChangeType Type)[] Changes =
    [
        ("propertyChange"u8.ToArray(), ChangeType.Changed),
        ("creation"u8.ToArray(), ChangeType.Created),
        ("associationChange"u8.ToArray(), ChangeType.Associated),
        ("deletion"u8.ToArray(), ChangeType.Deleted),
        ("merge"u8.ToArray(), ChangeType.Merged),
        ("restore"u8.ToArray(), ChangeType.Restored),
        ("privacyDeletion"u8.ToArray(), ChangeType.Erased),
    ];

    private static readonly (byte[] Name, byte[] Constant, byte[] TypeId, RemoteKind Kind)[] Kinds =
    [
        ("contact"u8.ToArray(), "CONTACT"u8.ToArray(), "0-1"u8.ToArray(), RemoteKind.Contact),
        ("company"u8.ToArray(), "COMPANY"u8.ToArray(), "0-2"u8.ToArray(), RemoteKind.Company),
        ("deal"u8.ToArray(), "DEAL"u8.ToArray(), "0-3"u8.ToArray(), RemoteKind.Deal),
        ("call"u8.ToArray(), "CALL"u8.ToArray(), "0-48"u8.ToArray(), RemoteKind.Call),
        ("email"u8.ToArray(), "EMAIL"u8.ToArray(), "0-49"u8.ToArray(), RemoteKind.Email),
        ("meeting"u8.ToArray(), "MEETING"u8.ToArray(), "0-47"u8.ToArray(), RemoteKind.Meeting),
        ("note"u8.ToArray(), "NOTE"u8.ToArray(), "0-46"u8.ToArray(), RemoteKind.Note),
        ("task"u8.ToArray(), "TASK"u8.ToArray(), "0-27"u8.ToArray(), RemoteKind.Task),
        ("lead"u8.ToArray(), "LEAD"u8.ToArray(), "0-136"u8.ToArray(), RemoteKind.Lead),
    ];

    /// <param name="kind">Null for a generic type (<c>object.*</c>): its object type id names the kind.</param>
    /// <returns>False for a type that we do not use, e.g. <c>ticket.creation</c> or <c>conversation.newMessage</c>.</returns>
    public static bool TryParse(ReadOnlySpan<byte> subscriptionType, out ChangeType change, out RemoteKind? kind)
    {
        change = default;
        kind = null;
        var dot = subscriptionType.IndexOf((byte)'.');
        if (dot < 0)
            return false;
        var subject = subscriptionType[..dot];
        if (!subject.SequenceEqual("object"u8) && (kind = KindOf(subject, byTypeId: false)) is null)
            return false;
        foreach (var row in Changes)
        {
            if (!subscriptionType[(dot + 1)..].SequenceEqual(row.Name))
                continue;
            change = row.Type;
            return true;
        }

        return false;
    }

    /// <param name="name">A classic name (<c>contact</c>) or an object type id (<c>0-1</c>).</param>
    public static RemoteKind? KindOf(ReadOnlySpan<byte> name, bool byTypeId)
    {
        foreach (var row in Kinds)
        {
            if (name.SequenceEqual(byTypeId ? row.TypeId : row.Name))
                return row.Kind;
        }

        return null;
    }

    /// <summary>The two ends of a classic association type; null where one of them is a kind that we do not use.</summary>
    public static (RemoteKind From, RemoteKind To)? EndsOf(ReadOnlySpan<byte> associationType)
    {
        var middle = associationType.IndexOf("_TO_"u8);
        return middle > 0 && ByConstant(associationType[..middle]) is { } from && ByConstant(associationType[(middle + 4)..]) is { } to
            ? (from, to)
            : null;
    }

    private static RemoteKind? ByConstant(ReadOnlySpan<byte> constant)
    {
        foreach (var row in Kinds)
        {
            if (constant.SequenceEqual(row.Constant))
                return row.Kind;
        }

        return null;
    }
}
