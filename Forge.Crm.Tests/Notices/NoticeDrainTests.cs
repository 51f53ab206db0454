using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Tests.Notices;

public sealed class NoticeDrainTests(NoticeHub fixture) : IClassFixture<NoticeHub>
{
    private static readonly NoticeTarget Ann = new NoticeTarget.Address("ann@example.com");
    private static readonly NoticeTarget Chat = new NoticeTarget.Webhook(new("https://chat.example.com/in"), "chat", """{"text":"hi"}""");

    [Fact]
    public async Task A_notice_is_sent_once_by_the_way_that_it_names()
    {
        var bed = await NoticeBed.CreateAsync(fixture, "Asia/Seoul");
        var owner = await bed.OwnerAsync("kim@example.com", "김민수");
        await bed.TellAsync(NoticeBed.Notice(new NoticeTarget.Owner(owner), "거래 성사", about: new(RecordKind.Deal, Guid.NewGuid())), NoticeBed.Notice(Ann, "To Ann"), NoticeBed.Notice(Chat));

        (await bed.DrainAsync()).ShouldBeFalse();
        (await bed.DrainAsync(TimeSpan.FromDays(1))).ShouldBeFalse();

        bed.Mail.Sent.Select(mail => $"{mail.To}|{mail.Name}|{mail.Subject}").ShouldBe(["kim@example.com|김민수|거래 성사", "ann@example.com||To Ann"], ignoreOrder: true);
        bed.Mail.Sent.ShouldAllBe(mail => mail.Text.Contains("Asia/Seoul"));
        bed.Webhooks.Sent.ShouldHaveSingleItem().ShouldBe(new OutgoingWebhook(bed.Tenant, bed.Webhooks.Sent[0].Id, new("https://chat.example.com/in"), "chat", """{"text":"hi"}"""));
        (await bed.RowsAsync("status, attempts, reason, sent_at is not null")).ShouldBe(["sent|1||True", "sent|1||True", "sent|1||True"]);
    }

    [Fact]
    public async Task A_second_notice_with_the_same_key_is_not_written_and_another_tenants_is()
    {
        var (bed, other) = (await NoticeBed.CreateAsync(fixture), await NoticeBed.CreateAsync(fixture));
        (await bed.TellAsync(NoticeBed.Notice(Ann, "first", "same"), NoticeBed.Notice(Ann, "second", "same"))).ShouldBe(1);
        (await bed.TellAsync(NoticeBed.Notice(Ann, "third", "same"))).ShouldBe(0);
        (await other.TellAsync(NoticeBed.Notice(Ann, "theirs", "same"))).ShouldBe(1);
        await bed.DrainAsync();
        bed.Mail.Sent.ShouldHaveSingleItem().Subject.ShouldBe("first");
        (await bed.TellAsync(NoticeBed.Notice(Ann, "after it was sent", "same"))).ShouldBe(0);
    }

    [Fact]
    public async Task Texts_that_the_database_cannot_hold_do_not_undo_the_work_that_they_tell_of()
    {
        var bed = await NoticeBed.CreateAsync(fixture);
        var bad = new Notice(new NoticeTarget.Webhook(new("https://h.example.com/\0"), "s\0", "{\"a\":\"\0\ud83d\"}"), "a\0\ud83d", "b\0\ud83d", "c\0", new("test"));
        (await bed.TellAsync(bad, bad with { To = new NoticeTarget.Address("x\0@example.com"), Key = "d" })).ShouldBe(2);
        await bed.DrainAsync();
        (bed.Webhooks.Sent.Count, bed.Mail.Sent.Count).ShouldBe((1, 1));
    }

    [Fact]
    public async Task What_cannot_be_sent_now_is_tried_again_later_and_later_and_fails_in_the_end()
    {
        var bed = await NoticeBed.CreateAsync(fixture);
        bed.Mail.Answer = mail => new(mail.Id, NoticeFate.Later, "The mail server does not answer.");
        var id = await bed.TellOneAsync(Ann);
        var attempts = 0;
        for (var minutes = 0; minutes < 3_000; minutes += 15)
        {
            await bed.DrainAsync(TimeSpan.FromMinutes(15));
            attempts += bed.Mail.Take().Count;
        }

        attempts.ShouldBe(NoticeRetry.MaxAttempts);
        (await bed.RowsAsync("status, attempts, reason")).ShouldBe(["failed|10|The mail server does not answer."]);
        (await bed.RowsAsync("mail_id")).ShouldBe([id.ToString()]);
    }

    [Fact]
    public async Task A_receiver_that_asks_for_patience_gets_it_and_one_that_refuses_is_not_asked_again()
    {
        var bed = await NoticeBed.CreateAsync(fixture);
        bed.Webhooks.Answer = call => new(call.Id, NoticeFate.Later, "The receiver answers 429.", TimeSpan.FromMinutes(20));
        bed.Mail.Answer = mail => new(mail.Id, NoticeFate.Failed, "The mail server does not take the receiver (550).");
        await bed.TellAsync(NoticeBed.Notice(Chat), NoticeBed.Notice(Ann));
        await bed.DrainAsync();
        await bed.DrainAsync(TimeSpan.FromMinutes(19));
        (bed.Webhooks.Sent.Count, bed.Mail.Sent.Count).ShouldBe((1, 1));
        (await bed.RowsAsync("status, reason")).ShouldBe(["pending|The receiver answers 429.", "failed|The mail server does not take the receiver (550)."], ignoreOrder: true);

        bed.Webhooks.Answer = null;
        await bed.DrainAsync(TimeSpan.FromMinutes(1));
        bed.Webhooks.Sent.Count.ShouldBe(2);
        bed.Webhooks.Sent[0].Id.ShouldBe(bed.Webhooks.Sent[1].Id);
        (await bed.RowsAsync("status, reason")).ShouldContain("sent|");
    }

    [Fact]
    public async Task A_worker_that_dies_between_sending_and_noting_costs_one_more_mail_that_can_be_told()
    {
        var bed = await NoticeBed.CreateAsync(fixture);
        await bed.TellAsync(NoticeBed.Notice(Ann, "one"), NoticeBed.Notice(Ann, "two"), NoticeBed.Notice(Ann, "three"));
        bed.Mail.Answer = mail =>
        {
            bed.Mail.DiesAfterNext = new InvalidOperationException("killed");
            return new(mail.Id, NoticeFate.Sent);
        };
        await Should.ThrowAsync<InvalidOperationException>(() => bed.DrainAsync());
        bed.Mail.Answer = null;
        var before = bed.Mail.Take();
        (await bed.RowsAsync("status")).Order().ShouldBe(["pending", "pending", "sent"]);

        await bed.DrainAsync(); // others' for some minutes
        bed.Mail.Sent.ShouldBeEmpty();
        await bed.DrainAsync(TimeSpan.FromMinutes(5));
        await bed.DrainAsync(TimeSpan.FromDays(2));

        before.Select(mail => mail.Subject).ShouldBe(["one", "two"]);
        bed.Mail.Sent.Select(mail => mail.Subject).ShouldBe(["two", "three"], ignoreOrder: true);
        bed.Mail.Sent.ShouldContain(before[1]); // the same mail by the same name
        (await bed.RowsAsync("status, attempts")).ShouldBe(["sent|1", "sent|2", "sent|2"]);
    }

    [Fact]
    public async Task A_notice_that_ends_every_worker_ends_itself_at_last()
    {
        var bed = await NoticeBed.CreateAsync(fixture);
        await bed.TellAsync(NoticeBed.Notice(Ann));
        for (var i = 0; i < NoticeRetry.MaxAttempts; i++)
        {
            bed.Mail.DiesAfterNext = new InvalidOperationException("killed");
            await Should.ThrowAsync<InvalidOperationException>(() => bed.DrainAsync(TimeSpan.FromMinutes(5)));
        }

        await bed.DrainAsync(TimeSpan.FromMinutes(5));
        bed.Mail.Sent.Count.ShouldBe(NoticeRetry.MaxAttempts);
        (await bed.RowsAsync("status, reason")).ShouldBe(["failed|Its sending was begun ten times and never came to an end."]);
    }

    [Fact]
    public async Task Workers_that_come_at_once_send_each_notice_once()
    {
        var bed = await NoticeBed.CreateAsync(fixture);
        await bed.SetAsync("""{"mailsPerHour": 100}""");
        await bed.TellAsync([.. Enumerable.Range(0, 60).Select(i => NoticeBed.Notice(Ann, $"{i}"))]);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => bed.NewDrain(fixture.Hub.Tenant).DrainAsync(bed.Tenant, CancellationToken.None)));
        bed.Mail.Sent.Select(mail => mail.Id).Distinct().Count().ShouldBe(60);
        (await fixture.Hub.RowsAsync($"select distinct status, attempts from crm_notices where tenant_id = '{bed.Tenant}'")).ShouldBe(["sent|1"]);
    }

    [Fact]
    public async Task A_tenants_drain_sees_no_other_tenants_notices_and_one_that_is_suspended_is_told_nothing()
    {
        var (bed, other) = (await NoticeBed.CreateAsync(fixture), await NoticeBed.CreateAsync(fixture));
        await other.TellAsync(NoticeBed.Notice(Ann));
        await bed.DrainAsync();
        bed.Mail.Sent.ShouldBeEmpty();

        await fixture.Hub.ExecuteAsync($"update crm_tenants set state = 'suspended' where tenant_id = '{other.Tenant}'");
        await other.DrainAsync();
        other.Mail.Sent.ShouldBeEmpty();
        (await other.RowsAsync("status, attempts")).ShouldBe(["pending|0"]);
    }

    [Fact]
    public async Task Nobody_writes_a_notice_for_another_tenant()
    {
        var (bed, other) = (await NoticeBed.CreateAsync(fixture), await NoticeBed.CreateAsync(fixture));
        var foreign = Forge.Crm.Adapters.Postgres.NoticeRows.Insert(other.Tenant, [NoticeBed.Notice(Ann)]);
        (await Should.ThrowAsync<PostgresException>(() => fixture.Hub.Tenant.ExecuteAsync(bed.Tenant, [foreign], CancellationToken.None))).SqlState.ShouldBe("42501");
    }
}
