using Forge.Crm.Adapters.Notices;
using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Options;
using MimeKit;

namespace Forge.Crm.Tests.Notices;

public sealed class MailRendererTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 30, 20, 5, 0, TimeSpan.Zero);
    private static readonly NoticeRecord Deal = new(RecordKind.Deal, Guid.Parse("01900000-0000-7000-8000-000000000001"));
    private static readonly MailFrame Seoul = new("Müller & Söhne", TimeZoneInfo.FindSystemTimeZoneById("Asia/Seoul"), new("https://crm.example.com/app/"));

    [Fact]
    public void One_notice_is_its_text_with_its_time_in_the_tenants_zone_and_a_link()
    {
        var mail = MailRenderer.Render([new("Deal won", "The deal is won.\nCall them.", At, Deal)], Seoul);
        mail.Subject.ShouldBe("Deal won");
        mail.Text.ShouldBe("""
            The deal is won.
            Call them.

            2026-12-01 05:05
            https://crm.example.com/app/records/deal/01900000-0000-7000-8000-000000000001

            --{0}
            Sent by Forge CRM Sync for Müller & Söhne. Times are those of Asia/Seoul.

            """.Replace("{0}", " ", StringComparison.Ordinal).ReplaceLineEndings("\n"));
        mail.Html.ShouldContain("<a href=\"https://crm.example.com/app/records/deal/01900000-0000-7000-8000-000000000001\">");
    }

    [Fact]
    public void Several_are_a_list_of_their_subjects_with_the_texts_below_it()
    {
        var mail = MailRenderer.Render([new("First", "one", At), new("Second", "two", At.AddMinutes(1)), new("Third", "three", At.AddMinutes(2))], Seoul with { Links = null });
        mail.Subject.ShouldBe("3 notices: First");
        mail.Text.ShouldStartWith("3 notices:\n\n1. First\n2. Second\n3. Third\n");
        foreach (var part in new[] { "2. Second\n\ntwo\n\n2026-12-01 05:06\n", "3. Third\n\nthree\n\n2026-12-01 05:07\n" })
            mail.Text.ShouldContain(part);
        mail.Html.ShouldContain("<ol><li>First</li><li>Second</li><li>Third</li></ol>");
        mail.Html.ShouldNotContain("href");
    }

    [Theory]
    [InlineData("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;")]
    [InlineData("\"><img src=x onerror='a()'>", "&quot;&gt;&lt;img src=x onerror=&#39;a()&#39;&gt;")]
    [InlineData("R&D &lt;", "R&amp;D &amp;lt;")]
    [InlineData("김민수", "김민수")]
    public void Whatever_a_name_holds_is_shown_as_text(string name, string encoded)
    {
        var content = new MailContent($"{name} signed", $"{name} signed today.", At, Deal, name);
        foreach (var mail in new[] { MailRenderer.Render([content], Seoul with { Tenant = name }), MailRenderer.Render([content, content], Seoul with { Tenant = name }) })
        {
            mail.Text.ShouldContain($"{name} signed today.");
            mail.Html.ShouldContain($"{encoded} signed today.");
            var bare = System.Text.RegularExpressions.Regex.Replace(mail.Html, "<(/?(html|head|body|p|ol|li|h3|em|small|hr|br|a)|!doctype html|meta charset=\"utf-8\"|p style=\"white-space: pre-wrap\"|a href=\"[^\"<>]*\")>", "");
            bare.ShouldNotContain("<");
            bare.ShouldNotContain(">");
        }
    }

    [Theory]
    [InlineData("김민수 님의 거래가 성사되었습니다", "김민수")]
    [InlineData("Ünïcödé — “quotes” 👩‍💻", "Zoë O'Neill, \"Boss\" <x>")]
    [InlineData("plain", null)]
    public void Names_and_subjects_of_any_script_come_through_as_they_are(string subject, string? name)
    {
        var raw = Written(Mail(subject, name));
        raw.ShouldAllBe(value => value < 128);
        var read = MimeMessage.Load(new MemoryStream(raw));
        read.Subject.ShouldBe(subject);
        ((MailboxAddress)read.To.Single()).Name.ShouldBe(name ?? "");
        ((MailboxAddress)read.To.Single()).Address.ShouldBe("ann@example.com");
        read.TextBody!.ReplaceLineEndings("\n").ShouldContain("김민수 says hello");
        read.HtmlBody!.ShouldContain("김민수");
        read.MessageId.ShouldBe("01900000000070008000000000000002.01900000000070008000000000000009@example.com");
        read.Date.ShouldBe(At);
        read.Headers["Auto-Submitted"].ShouldBe("auto-generated");
    }

    [Theory]
    [InlineData("Won\r\nBcc: everybody@example.com")]
    [InlineData("Won\nX-Forged: 1")]
    [InlineData("Won\r\n\r\n<h1>body</h1>")]
    public void A_line_break_forges_no_header_and_no_body(string text)
    {
        // Past the first line of defence, which takes breaks out of a notice's subject.
        var read = MimeMessage.Load(new MemoryStream(Written(Mail(text, text))));
        read.Headers.Select(header => header.Field).ShouldNotContain(field => field == "Bcc" || field == "X-Forged");
        (read.To.Count, read.Bcc.Count).ShouldBe((1, 0));
        read.TextBody!.ShouldStartWith("김민수");
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("a@b.example, c@d.example")]
    [InlineData("Ann <ann@example.com>")]
    [InlineData("ann@example.com\r\nBcc: x@example.com")]
    [InlineData("")]
    public void What_is_no_address_is_none(string address) => Messages.Make(Mail("s", null) with { To = address }).ShouldBeNull();

    private static MailMessages Messages { get; } = new(Options.Create(new NoticeOptions { From = "Forge CRM <crm@example.com>" }));

    private static OutgoingMail Mail(string subject, string? name) => new(
        new(Guid.Parse("01900000-0000-7000-8000-000000000009")), Guid.Parse("01900000-0000-7000-8000-000000000002"), "ann@example.com", name, subject, "김민수 says hello", "<p>김민수</p>", At);

    private static byte[] Written(OutgoingMail mail)
    {
        using var message = Messages.Make(mail)!;
        using var stream = new MemoryStream();
        message.WriteTo(stream);
        return stream.ToArray();
    }
}
