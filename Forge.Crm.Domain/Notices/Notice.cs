using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Notices;

/// <summary>
/// What somebody outside is to be told. Whoever has something to tell writes it in the transaction that makes it true; it goes out afterwards,
/// once, or in doubt twice. Texts are plain: whatever a person or a platform put into them is shown as it stands, never taken for HTML or for a header.
/// Any text may be given: what a mail or the database cannot hold is taken out here, so that no notice undoes the work that it tells of.
/// </summary>
/// <param name="Subject">One line; longer than <see cref="MaxSubject"/> it is cut.</param>
/// <param name="Text">Longer than <see cref="MaxText"/> it is cut.</param>
/// <param name="Key">The tenant's own: a second notice with the same key is not written, whatever else it says.</param>
/// <param name="Cause">Why it is told; for people who ask where a mail comes from.</param>
/// <param name="About">The record that it is about: an erasure of that record takes the notice with it. Null where it is about none.</param>
public sealed record Notice(NoticeTarget To, string Subject, string Text, string Key, NoticeCause Cause, NoticeRecord? About = null)
{
    public const int MaxSubject = 200;
    public const int MaxText = 20_000;

    public string Subject { get; init; } = NoticeText.Line(Subject, MaxSubject);

    public string Text { get; init; } = NoticeText.Block(Text, MaxText);

    public string Key { get; init; } = NoticeText.Key(Key);
}

/// <summary>A record of the hub.</summary>
public readonly record struct NoticeRecord(RecordKind Kind, Guid Id);

/// <summary>Why something is told: a rule and the event that it acted on, or something that befell the sync itself.</summary>
/// <param name="Name"><c>rule</c>, or what happened, e.g. <c>connection.reauth_required</c>.</param>
public sealed record NoticeCause(string Name, Guid? RuleId = null, string? EventId = null)
{
    public static NoticeCause Rule(Guid rule, string eventId) => new("rule", rule, eventId);
}
