using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.Notices;

/// <summary>The work of SendNotices: claims what a tenant is to be told, sends it, and settles each as soon as its fate is known.</summary>
internal sealed partial class NoticeDrain(
    NoticeQueue queue, INoticeSender<OutgoingMail> mail, INoticeSender<OutgoingWebhook> webhooks, IOptions<NoticeOptions> options, CrmMetrics metrics, TimeProvider clock,
    ILogger<NoticeDrain> logger)
{
    // Well inside the bus's lock and the host's time-out; what is left is rung for again.
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(45);

    // Whoever is still sending then has lost what it had claimed a little later.
    private static readonly TimeSpan Limit = NoticeQueue.Hold - TimeSpan.FromMinutes(1);

    /// <returns>Whether more may be due.</returns>
    public async Task<bool> DrainAsync(TenantId tenant, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        while (await queue.ClaimAsync(tenant, ct) is { Looked: > 0 } claim)
        {
            await SendAsync(tenant, claim, ct);
            if (clock.GetElapsedTime(started) >= Budget)
                return true;
        }

        return false;
    }

    private async Task SendAsync(TenantId tenant, NoticeClaim claim, CancellationToken ct)
    {
        var desk = new MailDesk(tenant, claim, options.Value.LinkBaseUrl);
        var (mails, calls) = (new List<OutgoingMail>(), new List<OutgoingWebhook>());
        var parts = claim.Notices.GroupBy(notice => notice.MailId ?? notice.Id).ToDictionary(group => group.Key, group => group.ToList());
        foreach (var (id, notices) in parts)
        {
            if (notices[0].Attempts > NoticeRetry.MaxAttempts)
                await SettleAsync(tenant, notices, new(id, NoticeFate.Failed, "Its sending was begun ten times and never came to an end."));
            else if (notices[0].To is NoticeTarget.Webhook webhook)
                calls.Add(new(tenant, id, webhook.Url, webhook.Secret, webhook.Body));
            else if (desk.Address(id, notices) is { } letter)
                mails.Add(letter);
            else
                await SettleAsync(tenant, notices, new(id, NoticeFate.Failed, MailDesk.NobodyToTell(notices[0].To)));
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var timer = clock.CreateTimer(_ => limit.Cancel(), null, Limit, Timeout.InfiniteTimeSpan);
        await foreach (var receipt in mail.SendAsync(mails, limit.Token))
            await SettleAsync(tenant, parts[receipt.Id], receipt);
        await foreach (var receipt in webhooks.SendAsync(calls, limit.Token))
            await SettleAsync(tenant, parts[receipt.Id], receipt);
    }

    // Also where the worker is being stopped: what was sent must not be sent again for want of a note.
    private async Task SettleAsync(TenantId tenant, IReadOnlyList<QueuedNotice> notices, NoticeReceipt receipt)
    {
        var status = await queue.SettleAsync(tenant, notices, receipt, CancellationToken.None);
        var channel = notices[0].To is NoticeTarget.Webhook ? "webhook" : "mail";
        metrics.Notice(channel, status, notices.Count);
        if (receipt.Fate != NoticeFate.Sent)
            NotSent(logger, channel, tenant, status, receipt.Reason);
    }

    [LoggerMessage(LogLevel.Warning, "A {Channel} of tenant {Tenant} was not sent; it is {Status} now: {Reason}")]
    private static partial void NotSent(ILogger logger, string channel, TenantId tenant, string status, string? reason);
}
