using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>Names a row of the outbox to people: <c>hubspot.contact.01a2...</c>, the platform that did not take it and the record of the hub.</summary>
public readonly record struct PushErrorId(Platform Platform, RecordKind Kind, Guid RecordId)
{
    public static bool TryParse(string? text, out PushErrorId id)
    {
        id = default;
        if (text?.Split('.') is not [var platform, var kind, var record]
            || !Names.TryParse<Platform>(platform, out var onPlatform) || !Names.TryParse<RecordKind>(kind, out var ofKind)
            || !Guid.TryParseExact(record, "D", out var recordId))
            return false;
        id = new(onPlatform, ofKind, recordId);
        return true;
    }

    public override string ToString() => $"{Platform.ToName()}.{Kind.ToName()}.{RecordId}";
}
