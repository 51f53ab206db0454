using System.Net.Security;
using System.Runtime.CompilerServices;
using Forge.Crm.Domain.Ports;
using MailKit.Net.Smtp;
using Microsoft.Extensions.Options;
using MimeKit;

namespace Forge.Crm.Adapters.Notices;

/// <summary>
/// Sends by a mail server, over one connection a batch. A connection that breaks is opened again, since it may have been one mail's fault; where two
/// in a row break, the server is left alone and the rest comes later.
/// </summary>
/// <param name="trust">Judges the server's certificate; null leaves that to the system.</param>
internal sealed class SmtpMail(
    IOptions<NoticeOptions> options, MailMessages messages, ISecretStore vault, TimeProvider clock, RemoteCertificateValidationCallback? trust = null)
    : INoticeSender<OutgoingMail>
{
    private const int MostBreaks = 2;

    private SmtpOptions Smtp => options.Value.Smtp;

    public async IAsyncEnumerable<NoticeReceipt> SendAsync(IReadOnlyList<OutgoingMail> batch, [EnumeratorCancellation] CancellationToken ct)
    {
        using var client = new SmtpClient { ServerCertificateValidationCallback = trust, Timeout = Smtp.TimeoutSeconds * 1_000 };
        var (breaks, down) = (0, (string?)null);
        foreach (var mail in batch)
        {
            if (ct.IsCancellationRequested)
                yield break;
            if (down is null && !client.IsConnected)
                down = await OpenAsync(client, ct);
            var receipt = down is { } reason ? new(mail.Id, NoticeFate.Later, reason) : await SendAsync(client, mail, ct);
            breaks = receipt.Fate == NoticeFate.Later && !client.IsConnected ? breaks + 1 : 0;
            if (breaks >= MostBreaks)
                down ??= receipt.Reason;
            yield return receipt;
        }

        await TryAsync(token => client.DisconnectAsync(quit: true, token), ct);
    }

    private async Task<NoticeReceipt> SendAsync(SmtpClient client, OutgoingMail mail, CancellationToken ct)
    {
        using var message = messages.Make(mail);
        if (message is null)
            return MailReceipts.NoAddress(mail);
        if (await TryAsync(token => client.SendAsync(FormatOptions.Default, message, token), ct) is not { } failure)
            return new(mail.Id, NoticeFate.Sent);
        // With this answer (421) a server takes its leave; the client does not see it go.
        if (failure is SmtpCommandException { StatusCode: SmtpStatusCode.ServiceNotAvailable })
            await TryAsync(token => client.DisconnectAsync(quit: false, token), ct);
        return MailReceipts.Of(mail, failure)!;
    }

    /// <returns>Why no mail can go at present; null where it can.</returns>
    private async Task<string?> OpenAsync(SmtpClient client, CancellationToken ct)
    {
        string? password = null;
        var failure = await TryAsync(async token => password = Smtp.PasswordSecret is { Length: > 0 } name ? await vault.GetAsync(name, token) : null, ct)
            ?? await TryAsync(token => client.ConnectAsync(Smtp.Host!, Smtp.Port, Smtp.Security, token), ct);
        if (failure is null && Smtp.User is { Length: > 0 } user)
        {
            if (password is null)
                return $"The vault has no secret '{Smtp.PasswordSecret}', which Notices:Smtp:PasswordSecret names.";
            failure = await TryAsync(token => client.AuthenticateAsync(user, password, token), ct);
        }

        return failure is null ? null : MailReceipts.Reason(failure);
    }

    /// <returns>What the server did wrong; null where nothing.</returns>
    private async Task<Exception?> TryAsync(Func<CancellationToken, Task> step, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var timer = clock.CreateTimer(_ => limit.Cancel(), null, TimeSpan.FromSeconds(Smtp.TimeoutSeconds), Timeout.InfiniteTimeSpan);
        try
        {
            await step(limit.Token);
            return null;
        }
        catch (Exception e) when (MailReceipts.Reason(e) is not null)
        {
            return e;
        }
    }
}
