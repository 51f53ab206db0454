using System.ComponentModel.DataAnnotations;
using MailKit.Security;

namespace Forge.Crm.Adapters.Notices;

/// <summary>Section <c>Notices</c>: how mail and webhooks go out. A wrong setting stops the host. With neither a mail server nor a folder every mail fails at once, and its reason says so.</summary>
public sealed class NoticeOptions : IValidatableObject
{
    public const string Section = "Notices";

    /// <value>The sender of every mail, e.g. <c>Forge CRM &lt;crm@example.com&gt;</c>. Required where mail goes out.</value>
    public string? From { get; set; }

    /// <value>Where people look at records: a mail's link is this address, <c>/records/</c>, the kind and the id. Null: mails have no links.</value>
    public Uri? LinkBaseUrl { get; set; }

    /// <value>Instead of a mail server: a folder that each mail is written into as a file.</value>
    public string? Folder { get; set; }

    /// <value>Lets webhooks call this machine, by http too: for trying out, never where tenants are strangers. The default is false.</value>
    public bool AllowLoopback { get; set; }

    public SmtpOptions Smtp { get; set; } = new();

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var hasServer = !string.IsNullOrEmpty(Smtp.Host);
        if (hasServer && !string.IsNullOrEmpty(Folder))
            yield return new("Notices:Folder and Notices:Smtp:Host are both set; mail goes one way or the other: unset one.", [nameof(Folder)]);
        if ((hasServer || !string.IsNullOrEmpty(Folder) || !string.IsNullOrEmpty(From)) && MailAddresses.Sender(From) is null)
            yield return new("Notices:From is no sender; write \"Forge CRM <crm@example.com>\" or the address alone.", [nameof(From)]);
        if (LinkBaseUrl is not null and not { IsAbsoluteUri: true, Scheme: "https" or "http", Query: "", Fragment: "" })
            yield return new("Notices:LinkBaseUrl is no web address; write https://host/path.", [nameof(LinkBaseUrl)]);
        if (string.IsNullOrEmpty(Smtp.User) != string.IsNullOrEmpty(Smtp.PasswordSecret))
            yield return new("Notices:Smtp:User and Notices:Smtp:PasswordSecret belong together: set both, or none for a server that asks for no login.", [nameof(Smtp)]);
        if (Smtp.Security is not (SecureSocketOptions.StartTls or SecureSocketOptions.SslOnConnect) && !(Smtp.Security == SecureSocketOptions.None && Smtp.IsThisMachine))
            yield return new("Notices:Smtp:Security is StartTls or SslOnConnect; None is for a server on this machine.", [nameof(Smtp)]);
        if (Smtp.Port is < 1 or > 65_535 || Smtp.TimeoutSeconds is < 1 or > 120)
            yield return new("Notices:Smtp:Port is from 1 to 65535, Notices:Smtp:TimeoutSeconds from 1 to 120.", [nameof(Smtp)]);
    }
}

/// <summary>The mail server.</summary>
public sealed class SmtpOptions
{
    public string? Host { get; set; }

    /// <value>The default is 587.</value>
    public int Port { get; set; } = 587;

    /// <value><c>StartTls</c> (the default; a server that does not offer it gets no mail) or <c>SslOnConnect</c>, mostly at port 465.</value>
    public SecureSocketOptions Security { get; set; } = SecureSocketOptions.StartTls;

    public string? User { get; set; }

    /// <value>The name of the password in the vault.</value>
    public string? PasswordSecret { get; set; }

    /// <value>Seconds that the server may take to open a connection, or to take a mail. The default is 20.</value>
    public int TimeoutSeconds { get; set; } = 20;

    internal bool IsThisMachine => Host is "localhost" || System.Net.IPAddress.TryParse(Host, out var address) && System.Net.IPAddress.IsLoopback(address);
}
