using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>Records and their history as people see them: JSON as the database makes it, in the columns' own names.</summary>
public sealed class RecordViews
{
    public const int PageSize = 200;

    // {0} is a table of ours, never a caller's word.
    private const string Record = """
        select (to_jsonb(record) - 'tenant_id' || jsonb_build_object('links', coalesce((
                   select jsonb_agg(jsonb_build_object(
                              'platform', link.platform, 'kind', link.remote_kind, 'external_id', link.external_id, 'state', link.state,
                              'merged_into', link.merged_into, 'read_at', link.read_at) order by link.platform, link.remote_kind, link.external_id)
                     from crm_record_links link
                    where link.tenant_id = record.tenant_id and link.record_id = record.id), '[]'), 'pushes', coalesce((
                   select jsonb_agg(jsonb_build_object(
                              'platform', push.platform, 'status', push.status, 'reason', push.reason, 'attempts', push.attempts,
                              'queued_at', push.queued_at, 'next_attempt_at', push.next_attempt_at) order by push.platform)
                     from crm_outbox push
                    where push.tenant_id = record.tenant_id and push.platform = any ('{hubspot,pipedrive,supabase}')
                      and push.kind = $3 and push.record_id = record.id), '[]')))::text
          from {0} record
         where record.tenant_id = $1 and record.id = $2
        """;

    private const string History = """
        select jsonb_build_object(
                   'history', coalesce(jsonb_agg(to_jsonb(entry) order by entry.id desc), '[]'),
                   'before', case when count(*) = $4 then min(entry.id) end)::text
          from (select id, field, action, old_value, new_value, source, changed_at, cause, cause_id, actor, at
                  from crm_audit_log
                 where tenant_id = $1 and record_id = $2 and id < $3
                 order by id desc limit $4) entry
        """;

    private static readonly Dictionary<RecordKind, string> Tables = new()
    {
        [RecordKind.Contact] = "crm_contacts",
        [RecordKind.Company] = "crm_companies",
        [RecordKind.Deal] = "crm_deals",
        [RecordKind.Activity] = "crm_activities",
        [RecordKind.Task] = "crm_tasks",
    };

    private static readonly Dictionary<RecordKind, string> Queries =
        Tables.ToDictionary(table => table.Key, table => Record.Replace("{0}", table.Value, StringComparison.Ordinal));

    private readonly TenantDatabase _database;

    internal RecordViews(TenantDatabase database) => _database = database;

    /// <summary>A record with its fields, stamps and links, and what is still due to which platform; a deleted one too, which says so.</summary>
    /// <returns>Null where the tenant has none of that id.</returns>
    public async Task<string?> FindAsync(TenantId tenant, RecordKind kind, Guid id, CancellationToken ct)
    {
        var found = await _database.QueryAsync(
            tenant, Sql.Command(Queries[kind], Sql.Value(tenant.Value), Sql.Value(id), Sql.Text(kind.ToName())), row => row.GetString(0), ct);
        return found is [var record] ? record : null;
    }

    /// <summary>What happened to a record, the latest first.</summary>
    /// <param name="before">The id that the page before ended with; null for the first.</param>
    /// <returns>Null where the tenant has no such record.</returns>
    public async Task<string?> HistoryAsync(TenantId tenant, RecordKind kind, Guid id, long? before, CancellationToken ct)
    {
        if (await FindAsync(tenant, kind, id, ct) is null)
            return null;
        var page = Sql.Command(History, Sql.Value(tenant.Value), Sql.Value(id), Sql.Value(before ?? long.MaxValue), Sql.Value((long)PageSize));
        return (await _database.QueryAsync(tenant, page, row => row.GetString(0), ct))[0];
    }
}
