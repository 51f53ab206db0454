using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Tests.Notices;

/// <summary>How much mail a recipient gets, and who that is.</summary>
public sealed class MailWindowTests(NoticeHub fixture) : IClassFixture<NoticeHub>
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Beyond_the_limit_notices_are_gathered_into_one_mail_that_goes_when_there_is_room()
    {
        var bed = await NoticeBed.CreateAsync(fixture);
        await bed.SetAsync("""{"mailsPerHour": 2}""");
        var (ann, ben) = (new NoticeTarget.Owner(await bed.OwnerAsync("ann@example.com")), new NoticeTarget.Owner(await bed.OwnerAsync("ben@example.com")));
        await bed.TellAsync([.. Enumerable.Range(1, 4).Select(i => NoticeBed.Notice(ann, $"a{i}")), NoticeBed.Notice(ben, "b1")]);
        await bed.DrainAsync();
        bed.Mail.Take().Select(mail => mail.Subject).Order().ShouldBe(["a1", "a2", "b1"]);

        bed.Clock.Advance(30 * Minute);
        await bed.TellAsync(NoticeBed.Notice(ann, "a5"), NoticeBed.Notice(ben, "b2"));
        await bed.DrainAsync();
        bed.Mail.Take().Select(mail => mail.Subject).ShouldBe(["b2"]);

        await bed.DrainAsync(29 * Minute);
        bed.Mail.Sent.ShouldBeEmpty();
        await bed.DrainAsync(1 * Minute);
        var digest = bed.Mail.Take().ShouldHaveSingleItem();
        (digest.To, digest.Subject).ShouldBe(("ann@example.com", "3 notices: a3"));
        digest.Text.ShouldStartWith("3 notices:\n\n1. a3\n2. a4\n3. a5\n");
        digest.Text.ShouldContain("Text of a4");
        (await fixture.Hub.RowsAsync($"select status, count(*), count(distinct mail_id) from crm_notices where tenant_id = '{bed.Tenant}' group by status")).ShouldBe(["sent|7|5"]);
    }

    [Fact]
    public async Task With_a_digests_time_all_of_a_recipient_within_it_are_one_mail()
    {
        var bed = await NoticeBed.CreateAsync(fixture);
        await bed.SetAsync("""{"digestMinutes": 60}""");
        var ann = new NoticeTarget.Owner(await bed.OwnerAsync("ann@example.com"));
        await bed.TellAsync(NoticeBed.Notice(ann, "a1"));
        await bed.DrainAsync();
        foreach (var subject in new[] { "a2", "a3" })
        {
            bed.Clock.Advance(20 * Minute);
            await bed.TellAsync(NoticeBed.Notice(ann, subject));
            await bed.DrainAsync();
        }

        bed.Mail.Sent.ShouldBeEmpty();
        await bed.DrainAsync(21 * Minute); // the first was written a moment after the clock was stopped
        bed.Mail.Take().ShouldHaveSingleItem().Subject.ShouldBe("3 notices: a1");
        (await bed.RowsAsync("status")).ShouldBe(["sent", "sent", "sent"]);
    }

    [Fact]
    public async Task A_mail_that_is_tried_again_has_the_same_notices_and_the_same_name_whatever_has_come_since()
    {
        var bed = await NoticeBed.CreateAsync(fixture);
        await bed.SetAsync("""{"mailsPerHour": 1}""");
        var ann = new NoticeTarget.Address("ann@example.com");
        await bed.TellAsync([.. Enumerable.Range(1, 3).Select(i => NoticeBed.Notice(ann, $"a{i}"))]);
        await bed.DrainAsync();
        bed.Mail.Take().ShouldHaveSingleItem();
        bed.Mail.Answer = mail => new(mail.Id, NoticeFate.Later, "The mail server does not answer.");
        await bed.DrainAsync(60 * Minute);
        var first = bed.Mail.Take().ShouldHaveSingleItem();

        await bed.TellAsync(NoticeBed.Notice(ann, "a4"));
        bed.Mail.Answer = null;
        await bed.DrainAsync(Minute);
        bed.Mail.Take().ShouldBe([first]);
        await bed.DrainAsync(70 * Minute);
        bed.Mail.Take().ShouldHaveSingleItem().Subject.ShouldBe("a4");
    }

    [Fact]
    public async Task An_owner_is_told_at_the_newest_address_that_is_active()
    {
        var bed = await NoticeBed.CreateAsync(fixture);
        var owner = await bed.OwnerAsync("old@example.com");
        await bed.OwnerAsync("new@example.com", "Ann", id: owner);
        await bed.OwnerAsync("left@example.com", isActive: false, id: owner);
        await bed.OwnerAsync(null, id: owner);
        await bed.TellAsync(NoticeBed.Notice(new NoticeTarget.Owner(owner)));
        await bed.DrainAsync();
        var mail = bed.Mail.Sent.ShouldHaveSingleItem();
        (mail.To, mail.Name).ShouldBe(("new@example.com", "Ann"));
    }

    [Fact]
    public async Task What_an_owner_without_an_address_or_unknown_was_to_be_told_the_administrators_hear_and_why()
    {
        var bed = await NoticeBed.CreateAsync(fixture);
        await bed.SetAsync("""{"fallback": "admins@example.com"}""");
        foreach (var owner in new[] { Guid.NewGuid(), await bed.OwnerAsync(null), await bed.OwnerAsync("left@example.com", isActive: false), await bed.OwnerAsync("no address") })
            await bed.TellAsync(NoticeBed.Notice(new NoticeTarget.Owner(owner)));
        await bed.TellAsync(NoticeBed.Notice(new NoticeTarget.Administrators(), "To you"));
        await bed.DrainAsync();

        bed.Mail.Sent.Count.ShouldBe(5);
        bed.Mail.Sent.ShouldAllBe(mail => mail.To == "admins@example.com" && mail.Name == null);
        bed.Mail.Sent.ShouldAllBe(mail => mail.Text.Contains("in their place") == (mail.Subject != "To you"));
    }

    [Fact]
    public async Task Where_the_administrators_have_no_address_it_fails_and_says_what_to_set()
    {
        var bed = await NoticeBed.CreateAsync(fixture);
        await bed.TellAsync(NoticeBed.Notice(new NoticeTarget.Owner(Guid.NewGuid())), NoticeBed.Notice(new NoticeTarget.Administrators()));
        await bed.DrainAsync();
        bed.Mail.Sent.ShouldBeEmpty();
        (await bed.RowsAsync("status, reason")).ShouldAllBe(row => row.StartsWith("failed|", StringComparison.Ordinal) && row.Contains("PUT /api/v1/notices/settings"));
    }

    [Fact]
    public async Task Settings_that_were_written_past_the_API_and_cannot_be_read_stop_nothing()
    {
        var bed = await NoticeBed.CreateAsync(fixture);
        await bed.SetAsync("""{"mailsPerHour": "none", "fallback": 7}""");
        await bed.TellAsync(NoticeBed.Notice(new NoticeTarget.Address("ann@example.com")));
        await bed.DrainAsync();
        bed.Mail.Sent.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task An_erased_persons_notices_go_with_them_and_what_was_to_be_mailed_to_them()
    {
        var bed = await NoticeBed.CreateAsync(fixture);
        await bed.SetAsync("""{"mailsPerHour": 1}""");
        var (person, other) = (Guid.NewGuid(), Guid.NewGuid());
        foreach (var id in new[] { person, other })
        {
            await fixture.Hub.ExecuteAsync($"""
                insert into crm_contacts (tenant_id, id, email) values ('{bed.Tenant}', '{id}', '{id}@example.com');
                insert into crm_identities (tenant_id, kind, key, record_id) values ('{bed.Tenant}', 'contact', 'email:{id}@example.com', '{id}')
                """);
        }

        var owner = new NoticeTarget.Owner(await bed.OwnerAsync("ann@example.com"));
        await bed.TellAsync(NoticeBed.Notice(owner, "sent", about: new(Forge.Crm.Domain.Records.RecordKind.Contact, person)));
        await bed.DrainAsync();
        await bed.TellAsync(
            NoticeBed.Notice(owner, "gathered", about: new(Forge.Crm.Domain.Records.RecordKind.Contact, person)), NoticeBed.Notice(owner, "of another", about: new(Forge.Crm.Domain.Records.RecordKind.Contact, other)),
            NoticeBed.Notice(owner, "of a deal", about: new(Forge.Crm.Domain.Records.RecordKind.Deal, person)), NoticeBed.Notice(new NoticeTarget.Address($"{person}@EXAMPLE.com"), "to the person"));
        await bed.DrainAsync();

        (await fixture.Hub.Tenant.QueryAsync(
            bed.Tenant, Forge.Crm.Adapters.Postgres.Sql.Command("select crm_erase_record($1, 'contact', $2)", Forge.Crm.Adapters.Postgres.Sql.Value(bed.Tenant.Value), Forge.Crm.Adapters.Postgres.Sql.Value(person)),
            row => row.GetBoolean(0), CancellationToken.None)).ShouldBe([true]);

        (await bed.RowsAsync("subject")).ShouldBe(["of another", "of a deal"]);
        bed.Mail.Take();
        await bed.DrainAsync(TimeSpan.FromHours(1));
        bed.Mail.Sent.ShouldHaveSingleItem().Subject.ShouldBe("2 notices: of another");
    }
}
