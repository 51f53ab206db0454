using System.Collections.Immutable;
using System.Text.Json;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary><c>crm_sync_plans</c>: what dry runs found, a row a record and action. A record of the platform is planned once a job.</summary>
internal sealed class PlanStore(TenantDatabase database)
{
    /// <summary>So many records of a platform, kind and action are kept with their fields; the others are counted and named.</summary>
    public const int Detailed = 1_000;

    private const string Known = """
        select p.remote_kind, p.external_id
          from unnest($3, $4) as k(kind, id)
         cross join lateral (select p.remote_kind, p.external_id from crm_sync_plans p
                where p.tenant_id = $1 and p.remote_kind = k.kind and p.external_id = k.id and p.job_id = $2 and p.platform = 'supabase' limit 1) p
        """;

    private const string Insert = """
        with s as (
             select * from unnest($4, $5, $6, $7, $8, $9, $10) as s(platform, kind, action, record_id, remote_kind, external_id, fields)),
             held as (
             select s.platform, s.kind, s.action, held.n
               from (select distinct platform, kind, action from s) s
              cross join lateral (select count(*) as n from (
                    select from crm_sync_plans p
                     where p.tenant_id = $1 and p.job_id = $2 and p.platform = s.platform and p.kind = s.kind and p.action = s.action and p.fields is not null
                     limit $3) p) held)
        insert into crm_sync_plans (tenant_id, job_id, platform, kind, action, record_id, remote_kind, external_id, fields)
        select $1, $2, s.platform, s.kind, s.action, s.record_id, s.remote_kind, s.external_id,
               case when row_number() over (partition by s.platform, s.kind, s.action order by s.record_id) + held.n <= $3 then s.fields end
          from s join held using (platform, kind, action)
            on conflict (tenant_id, job_id, platform, kind, action, record_id) do update
           set remote_kind = excluded.remote_kind, external_id = excluded.external_id, fields = coalesce(excluded.fields, crm_sync_plans.fields)
        """;

    // A record that a later page looks at again: what was found then is nearer to how it will be.
    private const string Supersede = """
        delete from crm_sync_plans p using unnest($3, $4, $5, $6) as s(platform, kind, action, record_id)
         where p.tenant_id = $1 and p.job_id = $2 and p.platform = s.platform and p.kind = s.kind and p.record_id = s.record_id and p.action <> s.action
           and p.platform <> 'supabase'
        """;

    // What earlier pages would have joined or created is linked by now: for this page's associations, and for whoever has its match keys.
    private const string Links = """
        insert into crm_record_links (tenant_id, platform, remote_kind, external_id, record_id, state_at)
        select $1, $3, p.remote_kind, p.external_id, p.record_id, clock_timestamp()
          from (select p.* from unnest($4, $5) as k(kind, id)
                 cross join lateral (select * from crm_sync_plans p
                        where p.tenant_id = $1 and p.remote_kind = k.kind and p.external_id = k.id and p.job_id = $2 limit 10) p
                 union
                select p.* from unnest($6, $7) as k(kind, key)
                  join crm_identities i on i.tenant_id = $1 and i.kind = k.kind and i.key = k.key
                 cross join lateral (select * from crm_sync_plans p where p.tenant_id = $1 and p.record_id = i.record_id and p.job_id = $2 limit 10) p) p
         where p.platform = 'supabase' and p.action in ('create', 'link')
            on conflict do nothing
        """;

    private const string Queued = """
        select o.platform, o.kind, o.record_id from crm_outbox o
         where o.tenant_id = $1 and o.platform = any($2) and o.kind = any($3) and o.record_id = any($4) and o.status = 'pending' and o.cause <> 'erase'
        """;

    private const string Waiting = """
        select o.platform, o.kind, o.record_id from crm_outbox o
         where o.tenant_id = $1 and o.platform = any($3) and o.kind = any($4) and o.status = 'pending' and o.cause <> 'erase'
           and (o.platform, o.kind, o.record_id) > ($5, $6, $7)
           and not exists (select from crm_sync_plans p
                            where p.tenant_id = $1 and p.job_id = $2 and p.platform = o.platform and p.kind = o.kind and p.record_id = o.record_id)
         order by o.platform, o.kind, o.record_id
         limit $8
        """;

    private const string ForgetOthers = """
        delete from crm_sync_plans p using crm_sync_jobs j
         where p.tenant_id = $1 and j.tenant_id = $1 and j.id = p.job_id and j.platform = $3 and j.id <> $2
        """;

    private static readonly string[] Kinds = [.. Enum.GetValues<RecordKind>().Select(kind => kind.ToName())];

    /// <summary>Which of these records of the platform the job has planned already.</summary>
    public async Task<HashSet<RemoteRef>> KnownAsync(DryRun run, IReadOnlyCollection<RemoteRef> refs, CancellationToken ct) => refs.Count == 0 ? [] :
    [
        .. await database.QueryAsync(
            run.Tenant,
            Sql.Command(Known, Sql.Value(run.Tenant.Value), Sql.Value(run.Job), Sql.Array(refs.Select(r => r.Kind.ToName())), Sql.Array(refs.Select(r => r.Id))),
            row => new RemoteRef(Names.Parse<RemoteKind>(row.GetString(0)), row.GetString(1)), ct),
    ];

    /// <summary>The next queued pushes, by platform, kind and id, that no page has looked at.</summary>
    /// <param name="after">The last of the page before.</param>
    public Task<List<PushDue>> WaitingAsync(DryRun run, IEnumerable<RecordKind> kinds, PushDue? after, int max, CancellationToken ct) => database.QueryAsync(
        run.Tenant,
        Sql.Command(
            Waiting, Sql.Value(run.Tenant.Value), Sql.Value(run.Job), Sql.Array(run.Targets.Select(target => target.Platform.ToName())),
            Sql.Array(kinds.Select(kind => kind.ToName())), Sql.Text(after?.Platform.ToName() ?? ""), Sql.Text(after?.Kind.ToName() ?? ""),
            Sql.Value(after?.RecordId ?? Guid.Empty), Sql.Value(max)),
        ReadDue, ct);

    /// <summary>Belongs into the rehearsal, before its records are loaded.</summary>
    public static NpgsqlBatchCommand LinksCommand(DryRun run, Platform platform, IReadOnlyCollection<RemoteChange> changes)
    {
        var own = changes.Select(change => change.Ref).ToHashSet();
        RemoteRef[] others =
        [
            .. changes.SelectMany(change => change.Associations.IsDefault ? [] : change.Associations)
                .SelectMany(shown => shown.To.Select(to => new RemoteRef(shown.ToKind, to.ToId))).Where(to => !own.Contains(to)).Distinct(),
        ];
        var keys = changes
            .SelectMany(change => change.Record is { Keys.IsDefault: false } record ? record.Keys.Select(key => (Kind: change.Ref.Kind.ToRecordKind().ToName(), Key: key)) : [])
            .Distinct().ToList();
        return Sql.Command(
            Links, Sql.Value(run.Tenant.Value), Sql.Value(run.Job), Sql.Text(platform.ToName()),
            Sql.Array(others.Select(r => r.Kind.ToName())), Sql.Array(others.Select(r => r.Id)),
            Sql.Array(keys.Select(key => key.Kind)), Sql.Array(keys.Select(key => key.Key)));
    }

    /// <summary>What is queued for the platforms about these records, the rehearsal's own included.</summary>
    public static NpgsqlBatchCommand QueuedCommand(DryRun run, IEnumerable<Guid> records) => Sql.Command(
        Queued, Sql.Value(run.Tenant.Value), Sql.Array(run.Targets.Select(target => target.Platform.ToName())), Sql.Array(Kinds), Sql.Array(records.Distinct()));

    public static PushDue ReadDue(NpgsqlDataReader row) =>
        new(Names.Parse<Platform>(row.GetString(0)), Names.Parse<RecordKind>(row.GetString(1)), row.GetGuid(2));

    public static IEnumerable<NpgsqlBatchCommand> NoteCommands(DryRun run, IEnumerable<PlannedChange> changes)
    {
        // One command writes no row twice.
        PlannedChange[] rows = [.. changes.DistinctBy(change => (change.Platform, change.Kind, change.Action, change.RecordId))];
        PlannedChange[] pushes = [.. rows.Where(row => row.Platform != Platform.Supabase)];
        return rows.Length == 0 ? [] :
        [
            Sql.Command(
                Supersede, Sql.Value(run.Tenant.Value), Sql.Value(run.Job), Sql.Array(pushes.Select(row => row.Platform.ToName())),
                Sql.Array(pushes.Select(row => row.Kind.ToName())), Sql.Array(pushes.Select(row => row.Action.ToName())), Sql.Array(pushes.Select(row => row.RecordId))),
            Sql.Command(
                Insert, Sql.Value(run.Tenant.Value), Sql.Value(run.Job), Sql.Value(Detailed),
                Sql.Array(rows.Select(row => row.Platform.ToName())), Sql.Array(rows.Select(row => row.Kind.ToName())),
                Sql.Array(rows.Select(row => row.Action.ToName())), Sql.Array(rows.Select(row => row.RecordId)),
                Sql.Array(rows.Select(row => row.Remote?.Kind.ToName())), Sql.Array(rows.Select(row => row.Remote?.Id)),
                Sql.Jsons(rows.Select(row => Json(row.Fields)))),
        ];
    }

    /// <summary>The plans of the platform's earlier dry runs end with a new one.</summary>
    public static NpgsqlBatchCommand ForgetOthersCommand(TenantId tenant, Guid job, Platform platform) =>
        Sql.Command(ForgetOthers, Sql.Value(tenant.Value), Sql.Value(job), Sql.Text(platform.ToName()));

    private static string Json(ImmutableArray<FieldDifference> fields) => JsonSerializer.Serialize(fields, JsonSerializerOptions.Web);
}
