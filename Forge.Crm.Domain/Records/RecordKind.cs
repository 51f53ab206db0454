using System.Collections.Immutable;

namespace Forge.Crm.Domain.Records;

/// <summary>A kind of hub record; each has its own <c>crm_*</c> table.</summary>
public enum RecordKind
{
    Contact,
    Company,
    Deal,
    Activity,
    Task,
}

public static class RecordKinds
{
    /// <summary>What is pointed at comes first: a contact is created with its company, and a deal with both.</summary>
    public static ImmutableArray<RecordKind> InOrder { get; } =
        [RecordKind.Company, RecordKind.Contact, RecordKind.Deal, RecordKind.Activity, RecordKind.Task];
}

/// <summary>A kind of record as the platforms have it. External ids are unique within a kind of one account, never across kinds.</summary>
public enum RemoteKind
{
    Contact,
    Company,
    Deal,
    Lead,
    Call,
    Email,
    Meeting,
    Note,
    Task,
}

public static class RemoteKinds
{
    private static readonly RecordKind[] HubKinds =
    [
        RecordKind.Contact, RecordKind.Company, RecordKind.Deal,
        RecordKind.Contact, // a lead is a contact with a lead status: a second link of the same row
        RecordKind.Activity, RecordKind.Activity, RecordKind.Activity, RecordKind.Activity,
        RecordKind.Task,
    ];

    /// <summary>The hub table that a remote record of this kind lives in.</summary>
    public static RecordKind ToRecordKind(this RemoteKind kind) => HubKinds[(int)kind];
}
