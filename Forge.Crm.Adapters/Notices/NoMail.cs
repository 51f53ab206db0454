using System.Runtime.CompilerServices;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.Notices;

/// <summary>
/// Where no way for mail is set. Mails fail at once instead of waiting: they are listed with what to do, they count as failed where somebody watches, and
/// whoever sets up a mail server months later decides whether the old ones are still to go.
/// </summary>
internal sealed class NoMail : INoticeSender<OutgoingMail>
{
    public const string Reason = "No mail server is set: set Notices:Smtp:Host (or Notices:Folder) and Notices:From, then redrive.";

    public async IAsyncEnumerable<NoticeReceipt> SendAsync(IReadOnlyList<OutgoingMail> batch, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var mail in batch)
            yield return await Task.FromResult(new NoticeReceipt(mail.Id, NoticeFate.Failed, Reason));
    }
}
