using Forge.Crm.Domain.Notices;

namespace Forge.Crm.Tests.Notices;

public sealed class MailPlannerTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);
    private static readonly NoticeTarget Ann = new NoticeTarget.Owner(Guid.NewGuid());
    private static readonly NoticeTarget Ben = new NoticeTarget.Address("ben@example.com");

    // Minutes before now at which mails went out; how many wait now, gathered before or not; the mails' sizes that are expected, and when the rest goes.
    public static TheoryData<string, int, int, int[], int, bool, int[], int?> Cases => new()
    {
        { "below the limit each is a mail", 3, 0, [], 3, false, [1, 1, 1], null },
        { "beyond it the rest waits until the oldest mail is an hour old", 3, 0, [50, 20], 4, false, [1], 10 },
        { "of a burst what is beyond the limit waits an hour", 2, 0, [], 5, false, [1, 1], 60 },
        { "where there is no room all wait", 2, 0, [59, 1], 2, false, [], 1 },
        { "what had to wait goes as one mail", 2, 0, [1], 6, true, [6], null },
        { "mails of more than an hour ago do not count", 1, 0, [], 1, true, [1], null },
        { "a digest has a hundred at most, and the next is the next mail", 5, 0, [], 250, true, [100, 100, 50], null },
        { "digests count, too", 2, 0, [10], 150, true, [100], 50 },
        { "a limit that was lowered looks at the last mails only", 2, 0, [50, 40, 30, 20], 1, false, [], 30 },
        { "within the digest's time nothing goes", 10, 60, [], 4, false, [], 60 },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Nothing_is_dropped_and_no_limit_is_passed(string what, int perHour, int digest, int[] mailed, int waiting, bool isGathered, int[] sizes, int? restIn)
    {
        what.ShouldNotBeEmpty();
        var due = Waiting(Ann, waiting, Now, isGathered);
        var plan = MailPlanner.Plan(due, History(mailed), new(perHour, digest), Now);
        plan.Mails.Select(mail => mail.Length).ShouldBe(sizes);
        plan.PutOff.ShouldAllBe(rest => rest.Until == Now.AddMinutes(restIn!.Value));
        plan.Mails.SelectMany(mail => mail).Concat(plan.PutOff.Select(rest => rest.Id)).ShouldBe(due.Select(notice => notice.Id));
    }

    [Fact]
    public void A_digest_is_all_of_the_window_that_the_first_began()
    {
        WaitingNotice[] due = [.. Waiting(Ann, 3, Now.AddMinutes(-60), true), .. Waiting(Ann, 2, Now.AddMinutes(-1), true)];
        MailPlanner.Plan(due, History([]), new(10, 60), Now).Mails.ShouldHaveSingleItem().Length.ShouldBe(5);
    }

    [Fact]
    public void What_comes_while_others_wait_goes_with_them()
    {
        var history = History([]) with { GatheringUntil = new Dictionary<NoticeTarget, DateTimeOffset> { [Ann] = Now.AddMinutes(7) } };
        foreach (var digest in new[] { 0, 60 })
        {
            var plan = MailPlanner.Plan([.. Waiting(Ann, 2, Now, false), .. Waiting(Ben, 1, Now.AddHours(-1), false)], history, new(10, digest), Now);
            plan.PutOff.Select(rest => rest.Until).ShouldBe([Now.AddMinutes(7), Now.AddMinutes(7)]);
            plan.Mails.ShouldHaveSingleItem();
        }
    }

    [Fact]
    public void One_recipients_limit_is_no_others()
    {
        var plan = MailPlanner.Plan([.. Waiting(Ann, 2, Now, false), .. Waiting(Ben, 2, Now, false)], History([5]), new(1), Now);
        (plan.Mails.Length, plan.PutOff.Length).ShouldBe((1, 3)); // Ben's first
    }

    private static MailHistory History(int[] minutesAgo) => new(
        minutesAgo.Select(minutes => Now.AddMinutes(-minutes)).ToLookup(_ => Ann), new Dictionary<NoticeTarget, DateTimeOffset>());

    private static WaitingNotice[] Waiting(NoticeTarget to, int count, DateTimeOffset at, bool isGathered) =>
        [.. Enumerable.Range(0, count).Select(i => new WaitingNotice(Guid.NewGuid(), to, at.AddMicroseconds(i), isGathered))];
}
