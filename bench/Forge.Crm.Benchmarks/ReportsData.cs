using System.Globalization;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Stack;

namespace Forge.Crm.Benchmarks;

/// <summary>
/// Deals, activities and a year's history of them, made in SQL past the triggers: of each deal its creation, a move to another stage and a change of its
/// amount; of each activity its creation, a contact, and of every second one a deal. Times are spread over the year before <see cref="Today"/>.
/// </summary>
internal static class ReportsData
{
    public static readonly DateOnly Today = new(2026, 11, 25);

    private const string Silent = "set session_replication_role = replica; set synchronous_commit = off;";

    private const string Lookups = """
        insert into crm_tenants (tenant_id, name, time_zone) values ('{0}', 'Benchmark', '{1}');
        insert into crm_stages (tenant_id, platform, pipeline_external_id, external_id, pipeline_id, stage_id, pipeline, label, position, probability, status)
        select '{0}', 'hubspot', 'p', 's' || s, md5('{0}p')::uuid, md5('{0}s' || s)::uuid, 'Sales', 'Stage ' || s, s, s / 10.0,
               case s when 10 then 'won' when 0 then 'lost' else 'open' end from generate_series(0, 10) s;
        insert into crm_owners (tenant_id, platform, external_id, owner_id, name)
        select '{0}', 'hubspot', o::text, md5('{0}o' || o)::uuid, 'Owner ' || o from generate_series(1, 25) o;
        """;

    private const string Deals = """
        insert into crm_deals (tenant_id, id, name, amount, currency, pipeline_id, stage_id, status, probability, close_date, owner_id, field_stamps, created_at)
        select '{0}', md5('{0}d' || i)::uuid, 'Deal ' || i, case when i % 50 <> 0 then round((random() * 100000)::numeric, 2) end, (array['USD', 'EUR', 'KRW', null])[1 + i % 4],
               md5('{0}p')::uuid, md5('{0}s' || i % 11)::uuid, case i % 11 when 10 then 'won' when 0 then 'lost' else 'open' end, case when i % 5 = 0 then (i % 100) / 100.0 end,
               case when i % 40 <> 0 then date '2026-06-01' + (random() * 500)::int end, md5('{0}o' || 1 + i % 25)::uuid,
               '{{"*": "2026-05-01T00:00:00.000000Z hubspot~", "stage_id": "2026-06-01T00:00:00.000000Z hubspot"}}', timestamptz '2025-12-01' + random() * interval '180 days'
          from generate_series(1, {2}) i;
        insert into crm_audit_log (tenant_id, kind, record_id, action, new_value, source, changed_at, cause, at)
        select tenant_id, 'deal', id, 'create', jsonb_build_object('name', name, 'amount', amount::text, 'stage_id', stage_id::text, 'status', status)::text, 'hubspot',
               created_at, 'job', created_at from crm_deals where tenant_id = '{0}' order by created_at;
        insert into crm_audit_log (tenant_id, kind, record_id, action, field, old_value, new_value, source, changed_at, cause, at)
        select tenant_id, 'deal', id, 'set', field, old, new, 'hubspot', at, 'event', at
          from crm_deals, lateral (values ('stage_id', md5('{0}s1')::uuid::text, stage_id::text, created_at + random() * (timestamptz '2026-11-24 12:00Z' - created_at)),
                                          ('amount', '1000', trim_scale(amount)::text, created_at + random() * (timestamptz '2026-11-24 12:00Z' - created_at))) s(field, old, new, at)
         where tenant_id = '{0}' order by at;
        """;

    private const string Activities = """
        insert into crm_activities (tenant_id, id, type, subject, direction, outcome, occurred_at, owner_id, field_stamps, created_at)
        select '{0}', md5('{0}a' || i)::uuid, (array['call', 'email', 'meeting', 'note'])[1 + i % 4], 'About ' || i, 'outbound', 'completed', at, md5('{0}o' || 1 + i % 25)::uuid,
               '{{"*": "2026-05-01T00:00:00.000000Z hubspot~"}}', at
          from (select i, timestamptz '2025-11-26' + i * (interval '364 days' / {3}) as at from generate_series(1, {3}) i) a;
        insert into crm_audit_log (tenant_id, kind, record_id, action, new_value, source, changed_at, cause, at)
        select tenant_id, 'activity', id, 'create', jsonb_build_object('type', type, 'subject', subject, 'occurred_at', occurred_at::text)::text, 'hubspot', created_at, 'event', created_at
          from crm_activities where tenant_id = '{0}' order by created_at;
        insert into crm_associations (tenant_id, from_kind, from_id, to_kind, to_id, stamp)
        select '{0}', 'activity', md5('{0}a' || i)::uuid, kind, md5('{0}' || left(kind, 1) || 1 + i % {2})::uuid, '2026-05-01T00:00:00.000000Z hubspot'
          from generate_series(1, {3}) i, unnest(case when i % 2 = 0 then array['contact', 'deal'] else array['contact'] end) kind;
        """;

    private static readonly string[] Zones = ["Asia/Seoul", "America/New_York", "UTC", "Europe/Berlin"];

    /// <returns>The tenants.</returns>
    public static async Task<List<TenantId>> FillAsync(LocalHub hub, int tenants, int deals, int activities, CancellationToken ct)
    {
        var filled = new List<TenantId>();
        for (var i = 0; i < tenants; i++)
        {
            var tenant = new TenantId(Guid.CreateVersion7());
            foreach (var part in new[] { Lookups, Deals, Activities })
                await BenchTenant.ExecuteAsync(hub, Silent + string.Format(CultureInfo.InvariantCulture, part, tenant, Zones[i % Zones.Length], deals / tenants, activities / tenants), ct);
            filled.Add(tenant);
        }

        await BenchTenant.ExecuteAsync(hub, "vacuum analyze", ct);
        return filled;
    }
}
