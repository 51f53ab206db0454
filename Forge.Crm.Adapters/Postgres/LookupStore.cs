using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// <c>crm_owners</c> and <c>crm_stages</c>: the platforms' owners and deal stages and the hub's ids for them. A row once written keeps its hub
/// ids for good: what the platform lists no more becomes inactive or archived, so that no record's reference is ever lost.
/// </summary>
internal sealed class LookupStore(TenantDatabase database)
{
    private const string SelectOwners = """
        select external_id, owner_id, email, name, active, platform = $2 from crm_owners
         where tenant_id = $1 order by platform = $2 desc, active desc, platform, external_id
        """;

    private const string SelectStages = """
        select pipeline_external_id, external_id, pipeline_id, stage_id, pipeline, label, position, probability, status, archived
          from crm_stages where tenant_id = $1 and platform = $2 order by archived, pipeline_external_id = '', pipeline_external_id, position, external_id
        """;

    // Two workers that learn of one person on two platforms at once would give that person two ids.
    private const string Lock = "select pg_advisory_xact_lock(hashtextextended('crm lookups ' || $1::text, 0))";

    private const string UpsertOwners = """
        insert into crm_owners as o (tenant_id, platform, external_id, owner_id, email, name, active)
        select $1, $2, s.external_id, s.owner_id, s.email, s.name, s.active
          from unnest($3, $4, $5, $6, $7) as s(external_id, owner_id, email, name, active)
            on conflict (tenant_id, platform, external_id) do update
           set email = excluded.email, name = excluded.name, active = excluded.active
        """;

    private const string UpsertStages = """
        insert into crm_stages as t
               (tenant_id, platform, pipeline_external_id, external_id, pipeline_id, stage_id, pipeline, label, position, probability, status, archived)
        select $1, $2, s.pipeline_external_id, s.external_id, s.pipeline_id, s.stage_id, s.pipeline, s.label, s.position, s.probability, s.status, s.archived
          from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            as s(pipeline_external_id, external_id, pipeline_id, stage_id, pipeline, label, position, probability, status, archived)
            on conflict (tenant_id, platform, pipeline_external_id, external_id) do update
           set pipeline = excluded.pipeline, label = excluded.label, position = excluded.position, probability = excluded.probability,
               status = excluded.status, archived = excluded.archived
        """;

    /// <summary>What is known of a platform's owners and stages, without asking it.</summary>
    public async Task<Lookups> LoadAsync(TenantId tenant, Platform platform, TenantLocale locale, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenant, ct);
        var rows = await ReadAsync(transaction, tenant, platform, isLocked: false, ct);
        return new(locale, rows.Owners.Where(row => row.IsOwn).Select(row => row.Owner), rows.Stages);
    }

    /// <summary>
    /// Asks the platform for its owners and stages and writes what differs. What a mapping asked <paramref name="known"/> for in vain and the
    /// platform does not list either gets a placeholder row, inactive or archived, so that the reference is kept.
    /// </summary>
    /// <param name="isDryRun">Nothing is written: what is new is in the answer alone, which is what a dry run knows the next time.</param>
    /// <exception cref="CrmCallException">The platform did not answer; nothing was written.</exception>
    public async Task<Lookups> RefreshAsync(TenantId tenant, Platform platform, Lookups known, ICrmAccount account, CancellationToken ct, bool isDryRun = false)
    {
        var owners = await account.ReadOwnersAsync(ct);
        var stages = await account.ReadStagesAsync(ct);
        await using var transaction = await database.BeginAsync(tenant, ct);
        var rows = await ReadAsync(transaction, tenant, platform, isLocked: !isDryRun, ct);
        var own = isDryRun ? known.Owners : [.. rows.Owners.Where(row => row.IsOwn).Select(row => row.Owner)];
        var merge = new LookupMerge(known);
        var newOwners = merge.Owners(own, [.. rows.Owners.Select(row => row.Owner)], owners);
        var newStages = merge.Stages(isDryRun ? known.Stages : rows.Stages, stages);
        if (isDryRun)
            return new(known.Locale, newOwners, newStages);
        await transaction.ExecuteAsync(
            [.. OwnerCommands(tenant, platform, [.. newOwners.Except(own)]), .. StageCommands(tenant, platform, [.. newStages.Except(rows.Stages)])], ct);
        await transaction.CommitAsync(ct);
        return new(known.Locale, newOwners, newStages);
    }

    private static async Task<(List<(Owner Owner, bool IsOwn)> Owners, List<Stage> Stages)> ReadAsync(
        TenantTransaction transaction, TenantId tenant, Platform platform, bool isLocked, CancellationToken ct)
    {
        var (owners, stages) = (new List<(Owner, bool)>(), new List<Stage>());
        List<(NpgsqlBatchCommand, Action<NpgsqlDataReader>)> reads =
        [
            (Sql.Command(SelectOwners, Sql.Value(tenant.Value), Sql.Text(platform.ToName())), row => owners.Add((ReadOwner(row), row.GetBoolean(5)))),
            (Sql.Command(SelectStages, Sql.Value(tenant.Value), Sql.Text(platform.ToName())), row => stages.Add(ReadStage(row))),
        ];
        if (isLocked)
            reads.Insert(0, (Sql.Command(Lock, Sql.Text(tenant.ToString())), _ => { }));
        await transaction.ReadAsync(reads, ct);
        return (owners, stages);
    }

    private static Owner ReadOwner(NpgsqlDataReader row) =>
        new(row.GetString(0), row.GetGuid(1), TextOrNull(row, 2), TextOrNull(row, 3), row.GetBoolean(4));

    /// <param name="first">The column of the pipeline's external id; the others follow it.</param>
    internal static Stage ReadStage(NpgsqlDataReader row, int first = 0) => new(
        row.GetString(first), row.GetString(first + 1), row.GetGuid(first + 2), row.GetGuid(first + 3), row.GetString(first + 4), row.GetString(first + 5),
        row.GetInt32(first + 6), row.IsDBNull(first + 7) ? null : row.GetDecimal(first + 7), row.GetString(first + 8), row.GetBoolean(first + 9));

    private static string? TextOrNull(NpgsqlDataReader row, int i) => row.IsDBNull(i) ? null : row.GetString(i);

    private static IEnumerable<NpgsqlBatchCommand> OwnerCommands(TenantId tenant, Platform platform, IReadOnlyList<Owner> rows) => rows.Count == 0 ? [] :
    [
        Sql.Command(
            UpsertOwners, Sql.Value(tenant.Value), Sql.Text(platform.ToName()),
            Sql.Array(rows.Select(o => o.ExternalId)), Sql.Array(rows.Select(o => o.OwnerId)), Sql.Array(rows.Select(o => o.Email)),
            Sql.Array(rows.Select(o => o.Name)), Sql.Array(rows.Select(o => o.IsActive))),
    ];

    private static IEnumerable<NpgsqlBatchCommand> StageCommands(TenantId tenant, Platform platform, IReadOnlyList<Stage> rows) => rows.Count == 0 ? [] :
    [
        Sql.Command(
            UpsertStages, Sql.Value(tenant.Value), Sql.Text(platform.ToName()),
            Sql.Array(rows.Select(s => s.PipelineExternalId)), Sql.Array(rows.Select(s => s.ExternalId)),
            Sql.Array(rows.Select(s => s.PipelineId)), Sql.Array(rows.Select(s => s.StageId)),
            Sql.Array(rows.Select(s => s.Pipeline)), Sql.Array(rows.Select(s => s.Label)), Sql.Array(rows.Select(s => s.Position)),
            Sql.Array(rows.Select(s => s.Probability)), Sql.Array(rows.Select(s => s.Status)), Sql.Array(rows.Select(s => s.IsArchived))),
    ];
}
