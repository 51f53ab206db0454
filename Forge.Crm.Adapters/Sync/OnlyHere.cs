using System.Collections.Immutable;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Sync;

/// <param name="Records">Those that the platform lacks, among the page's.</param>
internal sealed record OnlyHerePage(RecordKind Kind, IReadOnlyList<Guid> Records, StepPage Page);

/// <summary>
/// The other side of a sweep: live records of the hub that the platform lacks although nothing keeps them from it, because a push was lost, the direction
/// was changed, or somebody switched the capture off. Walked by id, some thousands a step, so that a step's cost is the same however few there are.
/// </summary>
internal sealed class OnlyHere(TenantDatabase database)
{
    private const int PageSize = 5_000;

    private const string Last = "select r.id from {0} r where r.tenant_id = $1 and r.id > $2 order by r.id offset $3 limit 1";

    // What waits in the outbox, or is listed or held there, is known already; so is what an earlier page of a dry run ($7) would have made of a record.
    private const string Lacking = """
        select r.id
          from {0} r
         where r.tenant_id = $1 and r.id > $4 and r.id <= $5 and r.deleted_at is null and r.merged_into_id is null and r.archived_at is null
           and not exists (select from (select l.platform, l.state from crm_record_links l where l.tenant_id = $1 and l.record_id = r.id offset 0) l
                            where l.platform = $2 and l.state = any($6))
           and not exists (select from crm_outbox o where o.tenant_id = $1 and o.platform = $2 and o.kind = $3 and o.record_id = r.id)
           and not exists (select from (select p.job_id from crm_sync_plans p where p.tenant_id = $1 and p.record_id = r.id offset 0) p where p.job_id = $7)
         order by r.id
        """;

    private const string Queue = """
        insert into crm_outbox (tenant_id, platform, kind, record_id, lane, cause, cause_id)
        select $1, $2, $3, s.id, crm_lane(s.id, c.lanes), 'job', $5
          from unnest($4) as s(id)
          join crm_sync_configs c on c.tenant_id = $1 and c.platform = $2
         order by s.id
            on conflict do nothing
        """;

    // Of the states of a link those in which the record is there, comes to be there, or is kept out of there by the match plan.
    private static readonly ImmutableArray<LinkState> Kept = [LinkState.Live, LinkState.Creating, LinkState.Held, LinkState.Excluded];

    private static readonly Guid End = new("ffffffff-ffff-ffff-ffff-ffffffffffff");

    public async Task<OnlyHerePage> ReadAsync(SyncJob job, PlatformSession session, CancellationToken ct)
    {
        var (cursor, kind) = (job.Cursor, job.Cursor.Kind!.Value.ToRecordKind());
        if (!session.Policy.Pushes(job.Platform, kind))
            return new(kind, [], new([], 0, cursor, IsPhaseDone: true));
        var after = cursor.After is { } id ? Guid.Parse(id) : Guid.Empty;
        var table = RecordTable.NameOf(kind);
        var last = (await database.QueryAsync(
            job.Tenant, Sql.Command(Last.Replace("{0}", table, StringComparison.Ordinal), Sql.Value(job.Tenant.Value), Sql.Value(after), Sql.Value(PageSize - 1L)), row => (Guid?)row.GetGuid(0), ct)).SingleOrDefault();
        // Where deletions end the link alone, what was deleted there stays deleted there.
        var kept = session.Policy.OnDelete == DeletePolicy.Ignore ? Kept.Add(LinkState.Deleted) : Kept;
        var lacking = await database.QueryAsync(
            job.Tenant,
            Sql.Command(
                Lacking.Replace("{0}", table, StringComparison.Ordinal), Sql.Value(job.Tenant.Value), Sql.Text(job.Platform.ToName()), Sql.Text(kind.ToName()), Sql.Value(after),
                Sql.Value(last ?? End), Sql.Array(kept.Select(state => state.ToName())), Sql.Value(session.DryRun is null ? Guid.Empty : job.Id)),
            row => row.GetGuid(0), ct);
        return new(kind, lacking, new([], 0, cursor with { After = (last ?? after).ToString() }, last is null) { OnlyHere = lacking.Count });
    }

    /// <summary>They wait for their push from now on.</summary>
    public static IEnumerable<NpgsqlBatchCommand> QueueCommands(SyncJob job, OnlyHerePage page) => page.Records.Count == 0 ? [] :
    [
        Sql.Command(
            Queue, Sql.Value(job.Tenant.Value), Sql.Text(job.Platform.ToName()), Sql.Text(page.Kind.ToName()), Sql.Array(page.Records), Sql.Text(job.Id.ToString())),
    ];
}
