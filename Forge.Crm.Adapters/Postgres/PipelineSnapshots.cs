using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// The daily report: each stage's deals and what they are worth, at the beginning of each tenant's own day. A row a currency: amounts of two
/// currencies are never added.
/// </summary>
internal sealed partial class PipelineSnapshots(
    TenantDatabase database, RelayQueries relay, TimeProvider clock, ILogger<PipelineSnapshots> logger)
{
    // A deal counts in its stage while the two agree on how it stands: Pipedrive leaves a lost deal in the stage where it was lost, and
    // there it is not worth anything any more. A stage that two platforms share has a row of each; the live one with the newest name counts.
    private const string Take = """
        with stage as (
            select distinct on (stage_id) stage_id, pipeline_id, pipeline, label, probability, status
              from crm_stages where tenant_id = $1
             order by stage_id, archived, updated_at desc),
             deal as (
            select coalesce(s.pipeline_id, '00000000-0000-0000-0000-000000000000') as pipeline_id,
                   coalesce(s.stage_id, '00000000-0000-0000-0000-000000000000') as stage_id,
                   coalesce(s.pipeline, '') as pipeline, coalesce(s.label, '') as stage,
                   coalesce(d.currency, t.default_currency) as currency, coalesce(d.amount, 0) as amount,
                   case coalesce(s.status, d.status, 'open') when 'won' then 1 when 'lost' then 0
                        else coalesce(d.probability, s.probability, 0) end as probability
              from crm_deals d
              join crm_tenants t on t.tenant_id = d.tenant_id
              left join stage s on s.stage_id = d.stage_id
             where d.tenant_id = $1 and d.deleted_at is null and d.merged_into_id is null and d.archived_at is null
               and coalesce(d.status, s.status, 'open') = coalesce(s.status, 'open'))
        insert into crm_pipeline_snapshots
               (tenant_id, snapshot_date, pipeline_id, stage_id, currency, pipeline, stage, deal_count, total_value, weighted_value)
        select $1, $2, pipeline_id, stage_id, currency, min(pipeline), min(stage), count(*), sum(amount), round(sum(amount * probability), 4)
          from deal
         where not exists (select from crm_pipeline_snapshots taken where taken.tenant_id = $1 and taken.snapshot_date = $2)
         group by pipeline_id, stage_id, currency
            on conflict do nothing
        """;

    /// <summary>
    /// Takes the snapshots that are due: of every tenant whose day has begun and that has none of it yet. What one tenant's snapshot fails
    /// of does not keep the others from theirs; it is tried again at the next run.
    /// </summary>
    /// <returns>Rows written.</returns>
    public async Task<int> TakeDueAsync(CancellationToken ct)
    {
        var rows = 0;
        foreach (var (tenant, zone) in await relay.TenantsAsync(ct))
        {
            try
            {
                rows += await TakeAsync(tenant, LocalDate(zone), ct);
            }
            catch (PostgresException e)
            {
                NotTaken(logger, e, tenant);
            }
        }
        return rows;
    }

    private Task<int> TakeAsync(TenantId tenant, DateOnly date, CancellationToken ct) =>
        database.ExecuteAsync(tenant, [Sql.Command(Take, Sql.Value(tenant.Value), Sql.Value(date))], ct);

    /// <summary>The date at the tenant. A zone that this machine does not know counts as UTC: a report of the wrong midnight beats none.</summary>
    private DateOnly LocalDate(string zone) => DateOnly.FromDateTime(
        TimeZoneInfo.ConvertTime(clock.GetUtcNow(), TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var known) ? known : TimeZoneInfo.Utc).DateTime);

    [LoggerMessage(LogLevel.Error, "The pipeline snapshot of tenant {Tenant} was not taken.")]
    private static partial void NotTaken(ILogger logger, Exception e, TenantId tenant);
}
