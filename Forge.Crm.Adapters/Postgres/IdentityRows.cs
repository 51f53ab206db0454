using Forge.Crm.Domain.Records;
using Npgsql;
using KeyClaim = System.Collections.Generic.KeyValuePair<(Forge.Crm.Domain.Records.RecordKind Kind, string Key), Forge.Crm.Domain.Planning.Claim>;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>Rows of <c>crm_identities</c>: match keys that got a holder. Both commands must affect a row for each claim.</summary>
internal static class IdentityRows
{
    private const string New = """
        insert into crm_identities (tenant_id, kind, key, record_id)
        select $1, s.kind, s.key, s.record_id from unnest($2, $3, $4) as s(kind, key, record_id)
            on conflict do nothing
        """;

    // The holder that was loaded, and no other: one who took the key in between keeps it, and the batch is planned anew.
    private const string Taken = """
        update crm_identities i set record_id = s.record_id
          from unnest($2, $3, $4, $5) as s(kind, key, record_id, holder)
         where i.tenant_id = $1 and i.kind = s.kind and i.key = s.key and i.record_id = s.holder
           and i.kind = any($2) and i.key = any($3) -- or a table without statistics may be read whole
        """;

    /// <summary>Keys that nobody held.</summary>
    public static NpgsqlBatchCommand Insert(TenantId tenant, IReadOnlyList<KeyClaim> claims) => Command(New, tenant, claims);

    /// <summary>Keys whose holder is gone or no longer carries them.</summary>
    public static NpgsqlBatchCommand TakeOver(TenantId tenant, IReadOnlyList<KeyClaim> claims)
    {
        var command = Command(Taken, tenant, claims);
        command.Parameters.Add(Sql.Array(claims.Select(c => c.Value.From!.Value)));
        return command;
    }

    private static NpgsqlBatchCommand Command(string sql, TenantId tenant, IReadOnlyList<KeyClaim> claims) => Sql.Command(
        sql, Sql.Value(tenant.Value),
        Sql.Array(claims.Select(c => c.Key.Kind.ToName())), Sql.Array(claims.Select(c => c.Key.Key)), Sql.Array(claims.Select(c => c.Value.RecordId)));
}
