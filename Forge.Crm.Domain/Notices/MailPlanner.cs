using System.Collections.Immutable;

namespace Forge.Crm.Domain.Notices;

/// <summary>Which notices are which mails, and when. Nothing is dropped: what may not go now waits, and what waited goes together.</summary>
public static class MailPlanner
{
    /// <summary>Of one digest; what is more is the next.</summary>
    public const int DigestSize = 100;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static MailPlan Plan(IEnumerable<WaitingNotice> due, MailHistory history, NoticeSettings settings, DateTimeOffset now)
    {
        var mails = ImmutableArray.CreateBuilder<ImmutableArray<Guid>>();
        var putOff = ImmutableArray.CreateBuilder<(Guid, DateTimeOffset)>();
        foreach (var recipient in due.GroupBy(notice => notice.To))
        {
            var waiting = recipient.OrderBy(notice => notice.At).ThenBy(notice => notice.Id).ToArray();
            var mailed = history.Mailed[recipient.Key].Order().ToList();
            var opens = Opens(waiting[0], history, settings, now);
            foreach (var mail in waiting.Chunk(SizeOf(waiting, settings)))
            {
                var free = opens > now ? opens : FreeAt(mailed, settings.MailsPerHour, now);
                if (free > now)
                {
                    putOff.AddRange(mail.Select(notice => (notice.Id, free)));
                    continue;
                }

                mails.Add([.. mail.Select(notice => notice.Id)]);
                mailed.Add(now);
            }
        }

        return new(mails.ToImmutable(), putOff.ToImmutable());
    }

    /// <summary>When the recipient's window ends: one that others already wait for, or the one that the first of these has begun.</summary>
    private static DateTimeOffset Opens(WaitingNotice first, MailHistory history, NoticeSettings settings, DateTimeOffset now) =>
        history.GatheringUntil.TryGetValue(first.To, out var until) && until > now ? until
        : settings.DigestMinutes > 0 ? first.At + TimeSpan.FromMinutes(settings.DigestMinutes)
        : now;

    private static int SizeOf(IEnumerable<WaitingNotice> waiting, NoticeSettings settings) =>
        settings.DigestMinutes > 0 || waiting.Any(notice => notice.IsGathered) ? DigestSize : 1;

    private static DateTimeOffset FreeAt(List<DateTimeOffset> mailed, int perHour, DateTimeOffset now) =>
        mailed.Count < perHour ? now : mailed[^perHour] + Hour;
}
