using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>Which conflicts to list; null is all.</summary>
/// <param name="State"><c>open</c>, <c>resolved</c> or <c>superseded</c>; see <see cref="ConflictViews.IsState"/>.</param>
public sealed record ConflictFilter(string? State, RecordKind? Kind, Guid? RecordId);

/// <summary>Fields that wait, or waited, for a person: JSON as the database makes it, with base, both values, their times and their sources.</summary>
public sealed class ConflictViews
{
    public const int PageSize = 100;

    private const string Columns = """
        id, kind, record_id, field, platform, reason, base_value, hub_value, hub_stamp, remote_value, remote_stamp,
        state, resolution, resolved_by, opened_at, updated_at, resolved_at
        """;

    private const string List = $$"""
        select jsonb_build_object(
                   'conflicts', coalesce(jsonb_agg(to_jsonb(conflict) order by conflict.id), '[]'),
                   'after', case when count(*) = $6 then (array_agg(conflict.id order by conflict.id desc))[1] end)::text
          from (select {{Columns}} from crm_conflict_records
                 where tenant_id = $1 and id > $2 and {0}
                   and ($4::text is null or kind = $4) and ($5::uuid is null or record_id = $5)
                 order by id limit $6) conflict
        """;

    // "Open" has an index of its own, which only a constant in the query's text can use.
    private static readonly string OpenList = List.Replace("{0}", "$3::text is not null and state = 'open'", StringComparison.Ordinal);
    private static readonly string AnyList = List.Replace("{0}", "($3::text is null or state = $3)", StringComparison.Ordinal);

    private const string One = $"""
        select to_jsonb(conflict)::text from (select {Columns} from crm_conflict_records where tenant_id = $1 and id = $2) conflict
        """;

    private const string SelectOpen = """
        select kind, record_id, field, platform, state = 'open' from crm_conflict_records where tenant_id = $1 and id = $2
        """;

    private readonly TenantDatabase _database;

    internal ConflictViews(TenantDatabase database) => _database = database;

    public static bool IsState(string name) => name is "open" or "resolved" or "superseded";

    /// <summary>A page, the oldest first.</summary>
    /// <param name="after">The id that the page before ended with; null for the first.</param>
    public async Task<string> ListAsync(TenantId tenant, ConflictFilter filter, Guid? after, CancellationToken ct)
    {
        var command = Sql.Command(
            filter.State == "open" ? OpenList : AnyList, Sql.Value(tenant.Value), Sql.Value(after ?? Guid.Empty),
            Sql.Text(filter.State), Sql.Text(filter.Kind?.ToName()), Sql.Id(filter.RecordId), Sql.Value((long)PageSize));
        return (await _database.QueryAsync(tenant, command, row => row.GetString(0), ct))[0];
    }

    /// <returns>Null where the tenant has none of that id.</returns>
    public async Task<string?> FindAsync(TenantId tenant, Guid id, CancellationToken ct) =>
        (await _database.QueryAsync(tenant, Sql.Command(One, Sql.Value(tenant.Value), Sql.Value(id)), row => row.GetString(0), ct)).SingleOrDefault();

    /// <summary>What a conflict is about, and whether it is open; null where there is none of that id.</summary>
    internal async Task<(OpenConflict Conflict, bool IsOpen)?> AboutAsync(TenantId tenant, Guid id, CancellationToken ct) =>
        (await _database.QueryAsync(
            tenant, Sql.Command(SelectOpen, Sql.Value(tenant.Value), Sql.Value(id)),
            row => ((OpenConflict, bool)?)(
                new(id, Names.Parse<RecordKind>(row.GetString(0)), new(row.GetGuid(1), row.GetString(2), Names.Parse<Platform>(row.GetString(3)))),
                row.GetBoolean(4)),
            ct)).SingleOrDefault();
}
