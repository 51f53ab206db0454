using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

public enum ConflictReason
{
    /// <summary>Both sides changed the field, and its strategy is <see cref="Strategy.ManualReview"/>.</summary>
    Review,

    /// <summary>The platform has answered our pushes with one and the same other value again and again: its own rule undoes ours.</summary>
    NormalForms,
}

/// <summary>
/// A field of a record that waits for a person. While it is open, the field is pushed nowhere and taken from that platform no more; a
/// newer edit on either side updates it, and it closes by itself when both sides become equal.
/// </summary>
/// <param name="Base">What both last agreed on, as the platform showed it.</param>
public sealed record FieldConflict(
    RecordKind Kind, Guid RecordId, string Field, Platform Platform, string? Base, Candidate Hub, Candidate Remote, ConflictReason Reason)
{
    public ConflictKey Key => new(RecordId, Field, Platform);
}

/// <summary>Of a record's field there is at most one open conflict with a platform.</summary>
public readonly record struct ConflictKey(Guid RecordId, string Field, Platform Platform);
