using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Notices;

/// <summary>Finds out whom a mail goes to, and writes it.</summary>
internal sealed class MailDesk(TenantId tenant, NoticeClaim claim, Uri? links)
{
    private const string InTheirPlace = "This was for an owner of records who is not known here, or has no e-mail address. It comes to you in their place.";

    private readonly MailFrame _frame = new(claim.Tenant, claim.Zone, links);

    /// <returns>Null where there is nobody to tell.</returns>
    public OutgoingMail? Address(Guid id, IReadOnlyList<QueuedNotice> notices)
    {
        var first = notices[0];
        if (Receiver(first) is not { } to)
            return null;
        var isInPlace = first.To is NoticeTarget.Owner && to != first.OwnerMail;
        var rendered = MailRenderer.Render(
            [.. notices.OrderBy(notice => notice.Content.At).ThenBy(notice => notice.Id).Select(notice => notice.Content with { Instead = isInPlace ? InTheirPlace : null })], _frame);
        return new(tenant, id, to, isInPlace ? null : first.OwnerName, rendered.Subject, rendered.Text, rendered.Html, notices.Min(notice => notice.Content.At));
    }

    public static string NobodyToTell(NoticeTarget to) => to is NoticeTarget.Owner
        ? "Its owner is not known here or has no e-mail address, and there is no address for that case: set 'fallback' by PUT /api/v1/notices/settings, then redrive."
        : "The tenant's administrators have no address here: set 'fallback' by PUT /api/v1/notices/settings, then redrive.";

    private string? Receiver(QueuedNotice notice) => notice.To switch
    {
        NoticeTarget.Address address => address.Mail,
        NoticeTarget.Owner when MailAddresses.IsAddress(notice.OwnerMail) => notice.OwnerMail,
        _ => MailAddresses.IsAddress(claim.Settings.Fallback) ? claim.Settings.Fallback : null,
    };
}
