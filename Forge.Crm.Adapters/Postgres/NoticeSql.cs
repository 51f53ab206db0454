using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>The statements of <see cref="NoticeQueue"/>. Times come from whoever asks, so that one clock decides.</summary>
internal static class NoticeSql
{
    /// <summary>One worker of a tenant at a time, until its transaction ends.</summary>
    public const string Lock = "select pg_advisory_xact_lock(hashtextextended('notices:' || $1, 7))";

    public const string Tenant = "select name, time_zone, (settings -> 'notices')::text from crm_tenants where tenant_id = $1 and state = 'active'";

    /// <summary>What is due, a mail's notices side by side, with the newest active address of its owner.</summary>
    public const string Due = """
        select n.id, n.target, n.owner_id, n.address, n.secret_name, n.payload, n.subject, n.body, n.created_at, n.kind, n.record_id,
               n.gathered, n.mail_id, n.attempts, owner.email, owner.name
          from crm_notices n
          left join lateral (
               select o.email, o.name from crm_owners o
                where o.tenant_id = $1 and o.owner_id = n.owner_id and o.active and o.email <> ''
                order by o.updated_at desc limit 1) owner on true
         where n.tenant_id = $1 and n.status = 'pending' and n.due_at <= $2
         order by n.due_at, n.mail_id nulls first, n.created_at, n.id limit $3
        """;

    /// <summary>Mails of the last hour, and those that are just being sent, or tried again: they count as sent now.</summary>
    public const string Mailed = """
        select target, owner_id, address, max(at)
          from (select target, owner_id, address, mail_id, sent_at as at from crm_notices where tenant_id = $1 and status = 'sent' and sent_at > $3 and mail_id is not null
                 union all
                select target, owner_id, address, mail_id, $2 from crm_notices where tenant_id = $1 and status = 'pending' and mail_id is not null) mail
         group by target, owner_id, address, mail_id
        """;

    /// <summary>Until when what waits for a recipient waits.</summary>
    public const string Gathering = """
        select target, owner_id, address, min(due_at)
          from crm_notices
         where tenant_id = $1 and status = 'pending' and gathered and mail_id is null
         group by target, owner_id, address
        """;

    private const string PutOff = """
        update crm_notices n set due_at = s.due_at, gathered = true
          from unnest($2, $3) as s(id, due_at)
         where n.tenant_id = $1 and n.id = s.id
        """;

    // Counted before the work, in a transaction of its own: a notice that kills its worker is counted too.
    private const string Take = """
        update crm_notices n set due_at = $4, attempts = n.attempts + 1, mail_id = s.mail_id
          from unnest($2, $3) as s(id, mail_id)
         where n.tenant_id = $1 and n.id = s.id
        """;

    private const string Settle = """
        update crm_notices n
           set status = $4, reason = $5, due_at = coalesce($6, n.due_at), sent_at = case when $4 = 'sent' then $7::timestamptz end
          from unnest($2, $3) as s(id, attempts)
         where n.tenant_id = $1 and n.id = s.id and n.status = 'pending' and ($4 = 'sent' or n.attempts = s.attempts)
        """;

    public static NpgsqlBatchCommand PutOffCommand(TenantId tenant, IReadOnlyCollection<(Guid Id, DateTimeOffset Until)> notices) => Sql.Command(
        PutOff, Sql.Value(tenant.Value), Sql.Array(notices.Select(notice => notice.Id)), Sql.Times(notices.Select(notice => (DateTimeOffset?)notice.Until)));

    public static NpgsqlBatchCommand TakeCommand(TenantId tenant, IReadOnlyCollection<QueuedNotice> notices, DateTimeOffset until) => Sql.Command(
        Take, Sql.Value(tenant.Value), Sql.Array(notices.Select(notice => notice.Id)), Sql.Array(notices.Select(notice => notice.MailId)), Sql.Time(until));

    public static NpgsqlBatchCommand SettleCommand(
        TenantId tenant, IReadOnlyCollection<QueuedNotice> notices, string status, string? reason, DateTimeOffset? retryAt, DateTimeOffset now) => Sql.Command(
        Settle, Sql.Value(tenant.Value), Sql.Array(notices.Select(notice => notice.Id)), Sql.Array(notices.Select(notice => notice.Attempts)), Sql.Text(status),
        Sql.Text(reason), Sql.Time(retryAt), Sql.Time(now));
}
