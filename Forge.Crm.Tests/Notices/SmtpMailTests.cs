using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Forge.Crm.Adapters.Notices;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Tests.Fakes;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;

namespace Forge.Crm.Tests.Notices;

public sealed class SmtpMailTests
{
    private static readonly Lazy<X509Certificate2> Certificate = new(MakeCertificate);

    private readonly FakeSecretStore _vault = new();

    [Fact]
    public async Task A_batch_goes_over_one_connection_and_arrives_as_it_was_written()
    {
        await using var server = new SmtpListener();
        var receipts = await SendAsync(server, Mail("one@example.com", "김민수 님"), Mail("two@example.com", "two"), Mail("three@example.com", ".\r\n.dots"));
        receipts.ShouldAllBe(receipt => receipt.Fate == NoticeFate.Sent);
        server.Connections.ShouldBe(1);
        var read = MimeMessage.Load(new MemoryStream(System.Text.Encoding.ASCII.GetBytes(server.Messages[0])));
        (read.Subject, read.From.ToString(), read.To.ToString()).ShouldBe(("김민수 님", "\"Forge CRM\" <crm@example.com>", "one@example.com"));
        server.Heard.Where(line => line.StartsWith("RCPT", StringComparison.Ordinal)).Count().ShouldBe(3);
        server.Heard[^1].ShouldBe("QUIT");
    }

    [Theory]
    [InlineData("RCPT TO:<two", "550 5.1.1 <two@example.com> unknown", NoticeFate.Failed, "receiver (550)")]
    [InlineData("RCPT TO:<two", "450 4.2.0 <two@example.com> greylisted", NoticeFate.Later, "receiver (450)")]
    [InlineData(".", "554 5.7.1 looks like spam from two@example.com", NoticeFate.Failed, "message (554)")]
    [InlineData(".", "452 4.3.1 full", NoticeFate.Later, "message (452)")]
    [InlineData("MAIL", "553 5.7.1 not yours", NoticeFate.Later, "Notices:From (553)")]
    [InlineData("DATA", "451 4.3.0 not now", NoticeFate.Later, "(451)")]
    public async Task A_refusal_is_this_mails_alone_and_its_reason_names_nobody(string at, string answer, NoticeFate fate, string reason)
    {
        await using var server = new SmtpListener();
        var mail = 0;
        server.Answer = line =>
        {
            mail += line.StartsWith("MAIL", StringComparison.Ordinal) ? 1 : 0;
            return mail == 2 && line.StartsWith(at, StringComparison.Ordinal) ? answer : null;
        };
        var receipts = await SendAsync(server, Mail("one@example.com"), Mail("two@example.com"), Mail("three@example.com"));
        receipts.Select(receipt => receipt.Fate).ShouldBe([NoticeFate.Sent, fate, NoticeFate.Sent]);
        receipts[1].Reason!.ShouldContain(reason);
        receipts[1].Reason!.ShouldNotContain("example.com");
        server.Messages.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("MAIL", "421 4.3.2 closing")]
    [InlineData(".", "421 4.3.2 closing")]
    [InlineData("RCPT", "")]
    [InlineData("DATA", "")]
    [InlineData(".", "")]
    public async Task A_connection_that_breaks_at_one_mail_is_opened_again_for_the_others(string at, string answer)
    {
        await using var server = new SmtpListener();
        var mail = 0;
        server.Answer = line =>
        {
            mail += line.StartsWith("MAIL", StringComparison.Ordinal) ? 1 : 0;
            return mail == 2 && line.StartsWith(at, StringComparison.Ordinal) ? answer : null;
        };
        var receipts = await SendAsync(server, Mail("one@example.com"), Mail("two@example.com"), Mail("three@example.com"));
        receipts.Select(receipt => receipt.Fate).ShouldBe([NoticeFate.Sent, NoticeFate.Later, NoticeFate.Sent]);
        server.Connections.ShouldBe(2);
    }

    [Fact]
    public async Task A_server_that_keeps_breaking_off_is_left_alone()
    {
        await using var server = new SmtpListener { Answer = line => line == "DATA" ? "" : null };
        var receipts = await SendAsync(server, [.. Enumerable.Range(0, 6).Select(i => Mail($"{i}@example.com"))]);
        receipts.ShouldAllBe(receipt => receipt.Fate == NoticeFate.Later && receipt.Reason!.Contains("broke off"));
        server.Connections.ShouldBe(2);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_costs_its_time_and_no_mail()
    {
        await using var server = new SmtpListener { Answer = line => line.StartsWith("EHLO", StringComparison.Ordinal) ? "hang" : null };
        var receipts = await SendAsync(server, options => options.Smtp.TimeoutSeconds = 1, Mail("one@example.com"), Mail("two@example.com"));
        receipts.ShouldAllBe(receipt => receipt.Fate == NoticeFate.Later && receipt.Reason == "The mail server took too long.");
        server.Connections.ShouldBe(1);

        using var closed = new TcpListener(System.Net.IPAddress.Loopback, 0);
        closed.Start();
        var port = ((System.Net.IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        (await SendAsync(server, options => options.Smtp.Port = port, Mail("one@example.com"))).Single().Reason!.ShouldContain("does not answer");
    }

    [Fact]
    public async Task An_address_that_is_none_keeps_nobody_from_theirs()
    {
        await using var server = new SmtpListener();
        var receipts = await SendAsync(server, Mail("nobody"), Mail("one@example.com"));
        receipts.Select(receipt => receipt.Fate).ShouldBe([NoticeFate.Failed, NoticeFate.Sent]);
    }

    [Fact]
    public async Task Mail_and_password_are_said_behind_TLS_alone()
    {
        await using var server = new SmtpListener(Certificate.Value);
        await _vault.SetAsync("smtp-password", "the-password", CancellationToken.None);
        (await SendAsync(server, WithLogin, Mail("one@example.com"))).Single().Fate.ShouldBe(NoticeFate.Sent);
        server.Heard.Where(line => !line.StartsWith("tls", StringComparison.Ordinal)).Select(line => line.Split(' ')[0]).ShouldBe(["EHLO", "STARTTLS"]);
        server.Heard.ShouldContain($"tls AUTH PLAIN {Convert.ToBase64String("\0forge\0the-password"u8)}");
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted_gets_no_mail()
    {
        await using var server = new SmtpListener(Certificate.Value);
        await _vault.SetAsync("smtp-password", "the-password", CancellationToken.None);
        var receipt = (await SendAsync(server, WithLogin, isTrusted: false, Mail("one@example.com"))).Single();
        (receipt.Fate, receipt.Reason).ShouldBe((NoticeFate.Later, "The mail server's certificate is not trusted, or TLS fails."));
        server.Heard.ShouldNotContain(line => line.Contains("AUTH") || line.Contains("MAIL"));
    }

    [Fact]
    public async Task A_server_without_STARTTLS_gets_no_mail()
    {
        await using var server = new SmtpListener();
        var receipt = (await SendAsync(server, options => options.Smtp.Security = SecureSocketOptions.StartTls, Mail("one@example.com"))).Single();
        receipt.Reason!.ShouldContain("no STARTTLS");
        server.Heard.ShouldNotContain(line => line.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_login_that_is_refused_or_has_no_password_is_said_to_be_so()
    {
        await using var server = new SmtpListener(Certificate.Value);
        (await SendAsync(server, WithLogin, Mail("one@example.com"))).Single().Reason.ShouldBe("The vault has no secret 'smtp-password', which Notices:Smtp:PasswordSecret names.");
        await _vault.SetAsync("smtp-password", "wrong", CancellationToken.None);
        server.Answer = line => line.StartsWith("AUTH", StringComparison.Ordinal) ? "535 5.7.8 no" : null;
        var receipt = (await SendAsync(server, WithLogin, Mail("one@example.com"))).Single();
        (receipt.Fate, receipt.Reason).ShouldBe((NoticeFate.Later, "The mail server refuses Notices:Smtp:User or its password."));
    }

    private static void WithLogin(NoticeOptions options) =>
        (options.Smtp.Security, options.Smtp.User, options.Smtp.PasswordSecret) = (SecureSocketOptions.StartTls, "forge", "smtp-password");

    private Task<List<NoticeReceipt>> SendAsync(SmtpListener server, params OutgoingMail[] batch) => SendAsync(server, _ => { }, batch);

    private Task<List<NoticeReceipt>> SendAsync(SmtpListener server, Action<NoticeOptions> change, params OutgoingMail[] batch) => SendAsync(server, change, isTrusted: true, batch);

    private async Task<List<NoticeReceipt>> SendAsync(SmtpListener server, Action<NoticeOptions> change, bool isTrusted, params OutgoingMail[] batch)
    {
        var settings = new NoticeOptions
        {
            From = "Forge CRM <crm@example.com>",
            Smtp = new() { Host = "127.0.0.1", Port = server.Port, Security = SecureSocketOptions.None, TimeoutSeconds = 10 },
        };
        change(settings);
        settings.Validate(new(settings)).ShouldBeEmpty();
        var options = Options.Create(settings);
        var smtp = new SmtpMail(options, new(options), _vault, TimeProvider.System, isTrusted ? (_, shown, _, _) => shown?.GetCertHashString() == Certificate.Value.GetCertHashString() : null);
        var receipts = new List<NoticeReceipt>();
        await foreach (var receipt in smtp.SendAsync(batch, CancellationToken.None))
            receipts.Add(receipt);
        receipts.Select(receipt => receipt.Id).ShouldBe(batch.Select(mail => mail.Id));
        return receipts;
    }

    private static OutgoingMail Mail(string to, string subject = "Subject") =>
        new(new(Guid.NewGuid()), Guid.NewGuid(), to, null, subject, "text", "<p>text</p>", TimeProvider.System.GetUtcNow());

    private static X509Certificate2 MakeCertificate()
    {
        using var key = RSA.Create(2_048);
        var now = TimeProvider.System.GetUtcNow();
        using var made = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
