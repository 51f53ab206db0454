namespace Forge.Crm.Domain.Notices;

/// <summary>Who is told, and by which way.</summary>
public abstract record NoticeTarget
{
    private NoticeTarget()
    {
    }

    /// <summary>A mail to the owner of records with this id. One who has no address, or is not known, is told by way of the administrators.</summary>
    public sealed record Owner(Guid Id) : NoticeTarget;

    /// <summary>A mail to an address.</summary>
    public sealed record Address(string Mail) : NoticeTarget;

    /// <summary>A mail to the tenant's administrators: to <see cref="NoticeSettings.Fallback"/>.</summary>
    public sealed record Administrators : NoticeTarget;

    /// <summary>A call to an address of the receiver's, signed by Standard Webhooks.</summary>
    /// <param name="Url">https; what <see cref="WebhookUrl"/> refuses fails when it is sent.</param>
    /// <param name="Secret">Its name among the tenant's webhook secrets.</param>
    /// <param name="Body">JSON; sent and signed as it stands.</param>
    public sealed record Webhook(Uri Url, string Secret, string Body) : NoticeTarget;
}
