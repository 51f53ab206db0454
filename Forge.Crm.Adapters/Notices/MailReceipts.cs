using System.Net.Sockets;
using Forge.Crm.Domain.Ports;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;

namespace Forge.Crm.Adapters.Notices;

/// <summary>What a mail server's answers mean. Its own words are never passed on: they repeat addresses.</summary>
internal static class MailReceipts
{
    public static NoticeReceipt NoAddress(OutgoingMail mail) =>
        new(mail.Id, NoticeFate.Failed, "The receiver's address is no e-mail address; correct it where it comes from.");

    /// <returns>Null for what is no answer of a server, nor the lack of one.</returns>
    public static NoticeReceipt? Of(OutgoingMail mail, Exception exception) => exception switch
    {
        SmtpCommandException { ErrorCode: SmtpErrorCode.RecipientNotAccepted, StatusCode: var code } => new(mail.Id, FateOf(code), $"The mail server does not take the receiver ({(int)code})."),
        SmtpCommandException { ErrorCode: SmtpErrorCode.MessageNotAccepted, StatusCode: var code } => new(mail.Id, FateOf(code), $"The mail server does not take the message ({(int)code})."),
        NotSupportedException => new(mail.Id, NoticeFate.Failed, "The mail server takes no address of this kind (SMTPUTF8)."),
        _ => Reason(exception) is { } reason ? new(mail.Id, NoticeFate.Later, reason) : null,
    };

    /// <returns>Why no mail can go at present; null for what is no answer of a server, nor the lack of one.</returns>
    public static string? Reason(Exception exception) => exception switch
    {
        SmtpCommandException { ErrorCode: SmtpErrorCode.SenderNotAccepted, StatusCode: var code } => $"The mail server does not take the sender of Notices:From ({(int)code}).",
        SmtpCommandException { StatusCode: var code } => $"The mail server refuses ({(int)code}).",
        SslHandshakeException => "The mail server's certificate is not trusted, or TLS fails.",
        AuthenticationException => "The mail server refuses Notices:Smtp:User or its password.",
        NotSupportedException => "The mail server offers no STARTTLS, or no way to log in; see Notices:Smtp.",
        SecretUnavailableException => "The vault does not show the mail server's password.",
        TimeoutException or OperationCanceledException => "The mail server took too long.",
        ProtocolException or ServiceNotConnectedException or IOException or SocketException => $"The mail server does not answer, or broke off ({exception.GetType().Name}).",
        _ => null,
    };

    private static NoticeFate FateOf(SmtpStatusCode code) => (int)code >= 500 ? NoticeFate.Failed : NoticeFate.Later;
}
