using System.Text.Json;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>Rows of <c>crm_conflict_records</c>: read as the database's JSON, written a batch at a time.</summary>
internal static class ConflictRows
{
    private const string Rows = """
        unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            as s(id, kind, record_id, field, platform, base_value, hub_value, hub_stamp, remote_value, remote_stamp, reason)
        """;

    private const string Open = $"""
        insert into crm_conflict_records
               (tenant_id, id, kind, record_id, field, platform, base_value, hub_value, hub_stamp, remote_value, remote_stamp, reason)
        select $1, s.* from {Rows}
            on conflict (tenant_id, record_id, field, platform) where state = 'open' do update
           set base_value = excluded.base_value, hub_value = excluded.hub_value, hub_stamp = excluded.hub_stamp,
               remote_value = excluded.remote_value, remote_stamp = excluded.remote_stamp, reason = excluded.reason
        """;

    // One that a person resolved in the same transaction is open no more.
    private const string Close = $"""
        update crm_conflict_records c
           set hub_value = s.hub_value, hub_stamp = s.hub_stamp, remote_value = s.remote_value, remote_stamp = s.remote_stamp,
               state = 'superseded', resolved_at = clock_timestamp()
          from {Rows}
         where c.tenant_id = $1 and c.record_id = s.record_id and c.field = s.field and c.platform = s.platform and c.state = 'open'
           and c.record_id = any($4) -- or a table without statistics may be read whole
        """;

    private const string Settle = """
        update crm_conflict_records set state = 'resolved', resolution = $3, resolved_by = $4, resolved_at = clock_timestamp()
         where tenant_id = $1 and id = $2 and state = 'open'
        """;

    public static IEnumerable<NpgsqlBatchCommand> Commands(TenantId tenant, IEnumerable<ConflictChange> changes, Func<Guid> newId) =>
        from part in changes.GroupBy(change => change.IsOpen)
        let conflicts = part.Select(change => change.Conflict).OrderBy(c => c.RecordId).ThenBy(c => c.Field, StringComparer.Ordinal).ThenBy(c => c.Platform).ToList()
        select Command(part.Key ? Open : Close, tenant, conflicts, newId);

    /// <summary>Ends a conflict as a person decided. It must still be open.</summary>
    public static NpgsqlBatchCommand Resolve(TenantId tenant, Guid id, ReviewPick pick, string person) => Sql.RequireRow(
        Sql.Command(Settle, Sql.Value(tenant.Value), Sql.Value(id), Sql.Text(pick.ToName()), Sql.Text(person)));

    public static FieldConflict Read(JsonElement row)
    {
        string? Text(string column) => row.GetProperty(column).GetString();
        return new(
            Names.Parse<RecordKind>(Text("kind")!), row.GetProperty("record_id").GetGuid(), Text("field")!, Names.Parse<Platform>(Text("platform")!),
            Text("base_value"), new(Text("hub_value"), Stamp.Parse(Text("hub_stamp"))), new(Text("remote_value"), Stamp.Parse(Text("remote_stamp"))),
            Names.Parse<ConflictReason>(Text("reason")!));
    }

    private static NpgsqlBatchCommand Command(string sql, TenantId tenant, IReadOnlyList<FieldConflict> rows, Func<Guid> newId) => Sql.Command(
        sql, Sql.Value(tenant.Value), Sql.Array(rows.Select(_ => newId())),
        Sql.Array(rows.Select(c => c.Kind.ToName())), Sql.Array(rows.Select(c => c.RecordId)), Sql.Array(rows.Select(c => c.Field)),
        Sql.Array(rows.Select(c => c.Platform.ToName())), Sql.Array(rows.Select(c => c.Base)),
        Sql.Array(rows.Select(c => c.Hub.Value)), Sql.Array(rows.Select(c => c.Hub.Stamp.ToString())),
        Sql.Array(rows.Select(c => c.Remote.Value)), Sql.Array(rows.Select(c => c.Remote.Stamp.ToString())),
        Sql.Array(rows.Select(c => c.Reason.ToName())));
}
