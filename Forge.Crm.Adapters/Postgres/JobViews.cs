using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// Sync jobs as people see them: JSON as the database makes it. Their cursors are nobody's business; how far they are is, with the rate since
/// their start and the time that is left at that rate.
/// </summary>
public sealed class JobViews
{
    public const int PageSize = 100;

    private const string Columns = """
        id, platform, mode, kinds, is_dry_run, state, step, counts, total, calls, requested_by, error, created_at, started_at, updated_at, finished_at,
        jsonb_build_object(
            'done', so_far.done, 'total', total, 'kind', cursor ->> 'kind',
            'phase', case when finished_at is null then coalesce(cursor ->> 'phase', 'account') end,
            'per_second', round(so_far.done / nullif(so_far.seconds, 0), 1),
            'seconds_left', case when finished_at is null then ceil(greatest(total - so_far.done, 0) * so_far.seconds / nullif(so_far.done, 0)) end,
            'waiting', case when finished_at is null and cursor ? 'dayEnds' then format('for the day''s budget until %s', cursor ->> 'dayEnds') end) as progress
        """;

    /// <summary>Of a sweep, by kind: what was on both sides and equal or different, what was on one side only, and what of all that is equal now, or on its way.</summary>
    private const string Comparison = """
        case when mode = 'sweep' then (
            select coalesce(jsonb_object_agg(kind.key, jsonb_build_object(
                       'checked', c.read + c.deleted + c.missing + c."onlyHere", 'equal', c.unchanged, 'different', c.updated,
                       'missing_here', c.created, 'missing_there', c.deleted + c.missing + c."onlyHere",
                       'healed', c.created + c.updated + c.deleted + c."onlyHere", 'left', c.missing + c.failed)), '{}')
              from jsonb_each(counts) kind,
                   jsonb_to_record('{"read":0,"unchanged":0,"updated":0,"created":0,"deleted":0,"missing":0,"failed":0,"onlyHere":0}' || kind.value)
                       as c(read bigint, unchanged bigint, updated bigint, created bigint, deleted bigint, missing bigint, failed bigint, "onlyHere" bigint)) end as comparison
        """;

    private const string From = """
        from crm_sync_jobs,
             lateral (select coalesce(sum((value ->> 'read')::bigint), 0) as done,
                             extract(epoch from coalesce(finished_at, updated_at) - started_at) as seconds
                        from jsonb_each(counts)) so_far
        """;

    private const string List = $"""
        select jsonb_build_object('jobs', coalesce(jsonb_agg(to_jsonb(job) order by job.created_at desc, job.id desc), '[]'))::text
          from (select {Columns}, {Comparison} {From} where tenant_id = $1 order by created_at desc, id desc limit $2) job
        """;

    private const string One = $"""
        select to_jsonb(job)::text from (select {Columns}, {Comparison} {From} where tenant_id = $1 and id = $2) job
        """;

    private readonly TenantDatabase _database;

    internal JobViews(TenantDatabase database) => _database = database;

    /// <summary>The newest jobs, the latest first.</summary>
    public async Task<string> ListAsync(TenantId tenant, CancellationToken ct) =>
        (await _database.QueryAsync(tenant, Sql.Command(List, Sql.Value(tenant.Value), Sql.Value((long)PageSize)), row => row.GetString(0), ct))[0];

    /// <returns>Null where the tenant has none of that id.</returns>
    public async Task<string?> FindAsync(TenantId tenant, Guid id, CancellationToken ct) =>
        (await _database.QueryAsync(tenant, Sql.Command(One, Sql.Value(tenant.Value), Sql.Value(id)), row => row.GetString(0), ct)).SingleOrDefault();
}
