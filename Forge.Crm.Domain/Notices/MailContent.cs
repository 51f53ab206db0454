namespace Forge.Crm.Domain.Notices;

/// <summary>A notice as its mail shows it.</summary>
/// <param name="Instead">Why it comes to the administrators and not to whom it was for; null where it comes to the right one.</param>
public sealed record MailContent(string Subject, string Text, DateTimeOffset At, NoticeRecord? About = null, string? Instead = null);

/// <summary>What all mails of a tenant share.</summary>
/// <param name="Links">Where people look at records; null where there is no such place, and then mails have no links.</param>
public sealed record MailFrame(string Tenant, TimeZoneInfo Zone, Uri? Links = null);

/// <param name="Html">The same as the text, for programs that prefer it.</param>
public sealed record RenderedMail(string Subject, string Text, string Html);
