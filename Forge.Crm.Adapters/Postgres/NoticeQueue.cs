using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>A notice that was claimed, or is about to be.</summary>
/// <param name="MailId">The mail that it goes in; a notice that has none yet is none's.</param>
/// <param name="Attempts">How often it was claimed.</param>
/// <param name="OwnerMail">Of whom it is for, where they are an owner with an address.</param>
internal sealed record QueuedNotice(
    Guid Id, NoticeTarget To, MailContent Content, bool IsGathered, Guid? MailId, int Attempts, string? OwnerMail, string? OwnerName);

/// <summary>What a claim has to send, and the tenant's conventions for it.</summary>
/// <param name="Notices">Mails' notices stand together, by <see cref="QueuedNotice.MailId"/>.</param>
/// <param name="Looked">How many were due, those that were put off included; zero where nothing was.</param>
internal sealed record NoticeClaim(IReadOnlyList<QueuedNotice> Notices, NoticeSettings Settings, string Tenant, TimeZoneInfo Zone, int Looked)
{
    public static NoticeClaim None { get; } = new([], NoticeSettings.Default, "", TimeZoneInfo.Utc, 0);
}

/// <summary>
/// The sending end of <c>crm_notices</c>: claims what is due of a tenant, after deciding what is one mail and what waits, and settles it. One worker
/// decides at a time. A claimed notice is nobody else's for some minutes; whoever dies over it has used up an attempt.
/// </summary>
internal sealed class NoticeQueue(TenantDatabase database, TimeProvider clock)
{
    /// <summary>Longer than a worker may take to send what it has claimed.</summary>
    public static readonly TimeSpan Hold = TimeSpan.FromMinutes(4);

    private const int MaxRows = 200;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public async Task<NoticeClaim> ClaimAsync(TenantId tenant, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var transaction = await database.BeginAsync(tenant, ct);
        var read = new NoticeReading();
        await transaction.ReadAsync(read.Commands(tenant, now, Hour, MaxRows), ct);
        var rows = read.Rows;
        // Whoever claims a part of a mail would send it twice, with one name and two contents.
        if (rows.Count == MaxRows && rows[^1].MailId is { } cut)
            rows.RemoveAll(row => row.MailId == cut);
        if (read.Tenant is not { } name || rows.Count == 0)
            return NoticeClaim.None;

        var waiting = rows.Where(row => row.MailId is null && row.To is not NoticeTarget.Webhook)
            .Select(row => new WaitingNotice(row.Id, row.To, row.Content.At, row.IsGathered));
        var plan = MailPlanner.Plan(waiting, read.History, read.Settings, now);
        var mails = plan.Mails.SelectMany(mail => mail.Select(id => (Id: id, Mail: mail[0]))).ToDictionary(part => part.Id, part => part.Mail);
        var putOff = plan.PutOff.Select(notice => notice.Id).ToHashSet();
        QueuedNotice[] claimed =
        [
            .. rows.Where(row => !putOff.Contains(row.Id))
                .Select(row => row with { MailId = row.MailId ?? (mails.TryGetValue(row.Id, out var mail) ? mail : null), Attempts = row.Attempts + 1 }),
        ];
        await transaction.ExecuteAsync([NoticeSql.PutOffCommand(tenant, plan.PutOff), NoticeSql.TakeCommand(tenant, claimed, now + Hold)], ct);
        await transaction.CommitAsync(ct);
        return new(claimed, read.Settings, name, read.Zone, rows.Count);
    }

    /// <summary>
    /// What became of a mail or a webhook. What was sent is sent, whoever says so; a failure counts only as long as nobody else has claimed it since.
    /// </summary>
    /// <returns>Its status from now on.</returns>
    public async Task<string> SettleAsync(TenantId tenant, IReadOnlyList<QueuedNotice> notices, NoticeReceipt receipt, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var retry = receipt.Fate == NoticeFate.Later ? NoticeRetry.After(notices.Max(notice => notice.Attempts), receipt.RetryAfter) : null;
        var status = receipt.Fate == NoticeFate.Sent ? "sent" : retry is null ? "failed" : "pending";
        await database.ExecuteAsync(tenant, [NoticeSql.SettleCommand(tenant, notices, status, receipt.Reason, now + retry, now)], ct);
        return status;
    }
}
