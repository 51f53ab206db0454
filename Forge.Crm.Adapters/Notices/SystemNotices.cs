using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Notices;

/// <summary>What the sync itself has to tell a tenant's administrators: states that a person must act on. One notice a state, however often it is met.</summary>
internal static class SystemNotices
{
    private static readonly NoticeTarget Administrators = new NoticeTarget.Administrators();

    /// <param name="secret">The name of the credentials that are refused: the next ones that are refused are told of again.</param>
    public static Notice ReauthRequired(Platform platform, string? secret) => Of(
        "connection.reauth_required", $"{platform.ToName()}:{secret}",
        $"{platform} has to be connected again",
        $"{platform} refuses the credentials of this connection, so nothing is synced with it. What changes meanwhile is kept. Connect the same account again "
            + $"(POST /api/v1/connections/{platform.ToName()}); the sync goes on where it stopped.");

    /// <param name="since">When the first was queued that is held while none was: the next such time is told of again.</param>
    public static Notice DeletionsHeld(Platform platform, RecordKind kind, long count, DateTimeOffset since) => Of(
        "deletions.held", $"{platform.ToName()}:{kind.ToName()}:{since:O}",
        $"Deletions are held: {count} of the kind {kind.ToName()} for {platform}",
        $"{count} deletions of the kind {kind.ToName()} in an hour are more than the limits of the connection with {platform} allow. They are not carried out until somebody has looked at them: "
            + "GET /api/v1/held-deletions shows them; approve lets them pass, restore brings the records back.");

    public static Notice WebhooksRemade(Platform platform, DateTimeOffset now) => Of(
        "webhooks.remade", $"{platform.ToName()}:{Day(now)}",
        $"Webhooks of {platform} were missing or failing",
        $"{platform} had removed webhooks of this connection, or its calls were failing. They are in place again, and the connection's next job compares everything with {platform} to find what was missed "
            + "(a sweep, in GET /api/v1/jobs). If somebody removed them on purpose, pause the connection instead.");

    public static Notice VaultSilent(Platform platform, DateTimeOffset now) => Of(
        "vault.silent", $"{platform.ToName()}:{Day(now)}",
        $"The sync with {platform} stands still: its credentials cannot be read",
        $"The vault does not answer, and what was read of it is older than may be used, so nothing is synced with {platform}. What changes meanwhile is kept, and the sync goes on by itself once the "
            + "vault is back. Whoever runs this service has to look at the vault.");

    public static Notice RingGivenUp(string queue, DateTimeOffset now) => Of(
        "bus.dead_letter", $"{queue}:{Day(now)}",
        $"Work of the queue {queue} keeps failing",
        $"Work of the queue {queue} failed ten times in a row. Nothing of it is lost, and it is tried again every minute. If this lasts, whoever runs this service has to look into the log.");

    private static Notice Of(string cause, string which, string subject, string text) => new(Administrators, subject, text, $"{cause}:{which}", new(cause));

    private static string Day(DateTimeOffset now) => now.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
