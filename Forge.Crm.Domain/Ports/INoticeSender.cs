using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Ports;

/// <summary>A way by which notices go out: a mail server, a folder, signed calls.</summary>
/// <typeparam name="T">What it carries.</typeparam>
public interface INoticeSender<T>
{
    /// <summary>
    /// Sends a batch of one tenant, and says of each what became of it as soon as that is known. What a receiver does wrong is a receipt, never an
    /// exception. What was not come to, because time was up, has no receipt.
    /// </summary>
    IAsyncEnumerable<NoticeReceipt> SendAsync(IReadOnlyList<T> batch, CancellationToken ct);
}

/// <param name="Id">Of the mail: that of its first notice. The same whenever it is sent again, and so is the Message-ID made of it.</param>
/// <param name="Name">Who it is for, where that is known.</param>
/// <param name="At">When it was written.</param>
public sealed record OutgoingMail(TenantId Tenant, Guid Id, string To, string? Name, string Subject, string Text, string Html, DateTimeOffset At);

/// <param name="Id">Of the notice; the receiver hears it as <c>webhook-id</c>, and can drop what it has had.</param>
/// <param name="Secret">Its name among the tenant's.</param>
public sealed record OutgoingWebhook(TenantId Tenant, Guid Id, Uri Url, string Secret, string Body);

public enum NoticeFate
{
    Sent,

    /// <summary>Not now: it is tried again.</summary>
    Later,

    /// <summary>Never: it is listed with the reason until a person has it sent again.</summary>
    Failed,
}

/// <param name="Reason">For people; names settings and codes, no address and nothing of the content.</param>
/// <param name="RetryAfter">What the receiver asked for.</param>
public sealed record NoticeReceipt(Guid Id, NoticeFate Fate, string? Reason = null, TimeSpan? RetryAfter = null);
