using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Notices;

public sealed class NoticeTextTests
{
    [Theory]
    [InlineData("  Deal   won ", "Deal won")]
    [InlineData("Won\r\nBcc: everybody@example.com", "Won Bcc: everybody@example.com")]
    [InlineData("a\0b\u001b[31mc\u0085d\u2028e", "a b [31mc d e")]
    [InlineData("<script>alert(1)</script>", "<script>alert(1)</script>")]
    [InlineData("김민수 님의 거래", "김민수 님의 거래")]
    [InlineData("invoice\u202Efdp.exe", "invoicefdp.exe")]
    [InlineData("👩‍💻", "👩‍💻")]
    [InlineData("", "")]
    public void A_line_is_one_line_whatever_comes(string text, string expected) => NoticeText.Line(text, 200).ShouldBe(expected);

    [Fact]
    public void Half_a_character_is_none()
    {
        NoticeText.Line("half \ud83d pair", 200).ShouldBe("half \ufffd pair");
        NoticeText.Block("half \ude00 pair", 200).ShouldBe("half \ufffd pair");
    }

    [Theory]
    [InlineData("a\r\nb\rc\nd", "a\nb\nc\nd")]
    [InlineData("\n\na\0\tb\u0007\n", "a\tb")]
    public void A_block_keeps_its_lines_and_no_other_controls(string text, string expected) => NoticeText.Block(text, 200).ShouldBe(expected);

    [Theory]
    [InlineData("가나다라마", 4, "가나다…")]
    [InlineData("ab😀cd", 4, "ab…")]
    [InlineData("ab😀cd", 5, "ab😀…")]
    [InlineData("abcd", 4, "abcd")]
    public void What_is_too_long_is_cut_between_characters(string text, int max, string expected) => NoticeText.Line(text, max).ShouldBe(expected);

    [Fact]
    public void A_key_of_any_length_fits_an_index_and_stays_a_key()
    {
        var (one, other) = (NoticeText.Key(new string('k', 5_000) + "1"), NoticeText.Key(new string('k', 5_000) + "2"));
        one.Length.ShouldBeLessThan(200);
        one.ShouldNotBe(other);
        NoticeText.Key("rule:1:event:2").ShouldBe("rule:1:event:2");
    }

    [Fact]
    public void A_notice_takes_any_text_and_holds_what_can_be_stored()
    {
        var notice = new Notice(
            new NoticeTarget.Owner(Guid.NewGuid()), "Won\r\n\0" + new string('x', 500), new string('y', 30_000) + "\0", "k\0", NoticeCause.Rule(Guid.NewGuid(), "7"), new(RecordKind.Deal, Guid.NewGuid()));
        (notice.Subject.Length, notice.Text.Length).ShouldBe((Notice.MaxSubject, Notice.MaxText));
        $"{notice.Subject}{notice.Text}{notice.Key}".ShouldNotContain("\0");
        (notice with { Text = "anew" }).Subject.ShouldBe(notice.Subject);
    }

    [Theory]
    [InlineData("https://hooks.example.com/in?x=1", false, null)]
    [InlineData("HTTPS://hooks.example.com:8443/in", false, null)]
    [InlineData("http://hooks.example.com/in", false, "not https")]
    [InlineData("http://hooks.example.com/in", true, "not https")]
    [InlineData("http://127.0.0.1:9/in", false, "not https")]
    [InlineData("http://127.0.0.1:9/in", true, null)]
    [InlineData("https://user:pass@hooks.example.com/", false, "user or a password")]
    [InlineData("https://hooks.example.com/#part", false, "'#'")]
    [InlineData("/in", false, "no whole address")]
    [InlineData("file:///etc/passwd", true, "not https")]
    public void A_webhook_goes_to_https_alone(string url, bool allowsThisMachine, string? problem)
    {
        var found = WebhookUrl.Problem(new(url, UriKind.RelativeOrAbsolute), allowsThisMachine);
        (found is null).ShouldBe(problem is null);
        (found ?? "").ShouldContain(problem ?? "");
    }

    [Fact]
    public void Attempts_are_spread_over_a_day_and_a_receiver_may_ask_for_more_patience_but_not_for_ever()
    {
        var waits = Enumerable.Range(1, NoticeRetry.MaxAttempts).Select(attempt => NoticeRetry.After(attempt, null)).ToList();
        waits.Select(wait => wait?.TotalMinutes).ShouldBe([0.5, 2, 8, 32, 128, 360, 360, 360, 360, null]);
        NoticeRetry.After(1, TimeSpan.FromMinutes(10)).ShouldBe(TimeSpan.FromMinutes(10));
        NoticeRetry.After(1, TimeSpan.FromSeconds(-5)).ShouldBe(TimeSpan.FromSeconds(30));
        NoticeRetry.After(1, TimeSpan.FromDays(400)).ShouldBe(TimeSpan.FromDays(1));
    }

    [Theory]
    [InlineData(null, 10, 0, null, null)]
    [InlineData("""{"mailsPerHour":3,"digestMinutes":60,"fallback":"a@b.example"}""", 3, 60, "a@b.example", null)]
    [InlineData("""{"digestMinutes":5}""", 10, 5, null, null)]
    [InlineData("""{"mailsPerHour":0}""", 10, 0, null, "from 1 to 1000")]
    [InlineData("""{"digestMinutes":1441}""", 10, 0, null, "from 0")]
    [InlineData("""{"mailsPerHour":"many"}""", 10, 0, null, "$.mailsPerHour")]
    [InlineData("""{"mailsPerDay":3}""", 10, 0, null, "cannot be read")]
    [InlineData("[]", 10, 0, null, "cannot be read")]
    [InlineData("null", 10, 0, null, null)]
    public void Settings_that_cannot_be_read_are_the_defaults_and_say_so(string? json, int perHour, int digest, string? fallback, string? problem)
    {
        var (settings, found) = NoticeSettings.Read(json);
        settings.ShouldBe(new(perHour, digest, fallback));
        (found ?? "").ShouldContain(problem ?? "");
        NoticeSettings.Read(settings.Write()).Settings.ShouldBe(settings);
    }
}
