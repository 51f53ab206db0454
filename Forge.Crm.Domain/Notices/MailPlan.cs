using System.Collections.Immutable;

namespace Forge.Crm.Domain.Notices;

/// <summary>A notice that is due as a mail and belongs to none yet.</summary>
/// <param name="IsGathered">It was put off before, to go with others.</param>
public sealed record WaitingNotice(Guid Id, NoticeTarget To, DateTimeOffset At, bool IsGathered);

/// <summary>What is known of a tenant's recipients besides what is due now.</summary>
/// <param name="Mailed">When each was mailed within the last hour, or is just being.</param>
/// <param name="GatheringUntil">For those who have something waiting: until when, and whatever else comes waits as long.</param>
public sealed record MailHistory(ILookup<NoticeTarget, DateTimeOffset> Mailed, IReadOnlyDictionary<NoticeTarget, DateTimeOffset> GatheringUntil);

/// <param name="Mails">The notices of each mail, in the order in which they were written.</param>
/// <param name="PutOff">Until when each of the others waits.</param>
public sealed record MailPlan(ImmutableArray<ImmutableArray<Guid>> Mails, ImmutableArray<(Guid Id, DateTimeOffset Until)> PutOff);
