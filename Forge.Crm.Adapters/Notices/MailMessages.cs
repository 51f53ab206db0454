using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Ports;
using Microsoft.Extensions.Options;
using MimeKit;

namespace Forge.Crm.Adapters.Notices;

/// <summary>Mails in the form in which they travel: text and HTML side by side, whatever is not ASCII encoded as the standards ask.</summary>
internal sealed class MailMessages(IOptions<NoticeOptions> options)
{
    /// <returns>Null where the receiver's address is none.</returns>
    public MimeMessage? Make(OutgoingMail mail)
    {
        if (!MailAddresses.IsAddress(mail.To))
            return null;
        var from = MailAddresses.Sender(options.Value.From) ?? throw new InvalidOperationException("Notices:From is not set.");
        var message = new MimeMessage
        {
            From = { from },
            To = { new MailboxAddress(NoticeText.Line(mail.Name ?? "", Notice.MaxSubject), mail.To) },
            Subject = mail.Subject,
            // The same whenever the mail is sent again: whoever has it already can tell.
            MessageId = $"{mail.Id:n}.{mail.Tenant.Value:n}@{from.Domain}",
            Date = mail.At,
            Body = new BodyBuilder { TextBody = mail.Text, HtmlBody = mail.Html }.ToMessageBody(),
        };
        // No absence note answers it.
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        message.Headers.Add("X-Auto-Response-Suppress", "All");
        message.Prepare(EncodingConstraint.SevenBit);
        return message;
    }
}
