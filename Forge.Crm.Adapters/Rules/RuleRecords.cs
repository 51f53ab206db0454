using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;
using Npgsql;

namespace Forge.Crm.Adapters.Rules;

/// <summary>
/// Reads records for rules and locks them until the rules' actions are committed: who looks whether a contact has an open deal holds the contact, so that
/// two events at once do not both find none.
/// </summary>
internal static class RuleRecords
{
    // Of those that belong to a record; the newest count.
    private const int MostCandidates = 50;

    /// <summary>The events with their records, one read a kind.</summary>
    public static async Task<List<HeardEvent>> WithRecordsAsync(
        TenantTransaction transaction, TenantId tenant, RuleFacts facts, List<HeardEvent> events, CancellationToken ct)
    {
        var records = new Dictionary<Guid, RuleRecord>();
        var reads = events.Where(heard => heard.Event is { RecordId: not null, Kind: not null })
            .GroupBy(heard => heard.Event.Kind!.Value, heard => heard.Event.RecordId!.Value)
            .Select(kind =>
            {
                var table = RecordTable.Of(facts.ShapeOf(kind.Key));
                return (
                    Sql.Command(
                        $"select {table.Columns} from {RecordTable.NameOf(kind.Key)} r where r.tenant_id = $1 and r.id = any($2) order by r.id for no key update of r",
                        Sql.Value(tenant.Value), Sql.Array(kind.Distinct())),
                    (Action<NpgsqlDataReader>)(row => Add(records, facts, table.Read(row))));
            }).ToList();
        if (reads.Count > 0)
            await transaction.ReadAsync(reads, ct);
        return [.. events.Select(heard => heard.Event.RecordId is { } id && records.TryGetValue(id, out var record) ? heard with { Record = record } : heard)];
    }

    /// <summary>The live records of a kind that are associated with a record, the newest first.</summary>
    public static Task<List<RuleRecord>> OfAsync(TenantTransaction transaction, TenantId tenant, RuleFacts facts, RuleRecord of, RecordKind kind, CancellationToken ct) =>
        ReadAsync(
            transaction, facts, kind,
            """
            join (select a.to_id as id from crm_associations a
                   where a.tenant_id = $1 and a.from_kind = $2 and a.from_id = $3 and a.to_kind = $4 and a.deleted_at is null
                  union
                  select a.from_id from crm_associations a
                   where a.tenant_id = $1 and a.to_kind = $2 and a.to_id = $3 and a.from_kind = $4 and a.deleted_at is null) found on found.id = r.id
            """,
            [Sql.Value(tenant.Value), Sql.Text(of.Kind.ToName()), Sql.Value(of.Id), Sql.Text(kind.ToName())], ct);

    /// <summary>The live record that holds a match key, or into which its holder was merged.</summary>
    public static Task<List<RuleRecord>> ByKeyAsync(TenantTransaction transaction, TenantId tenant, RuleFacts facts, RecordKind kind, string key, CancellationToken ct) =>
        ReadAsync(
            transaction, facts, kind,
            $"join (select coalesce(held.merged_into_id, held.id) as id from crm_identities i join {RecordTable.NameOf(kind)} held on held.tenant_id = $1 and held.id = i.record_id where i.tenant_id = $1 and i.kind = $2 and i.key = $3) found on found.id = r.id",
            [Sql.Value(tenant.Value), Sql.Text(kind.ToName()), Sql.Text(key)], ct);

    private static async Task<List<RuleRecord>> ReadAsync(
        TenantTransaction transaction, RuleFacts facts, RecordKind kind, string join, NpgsqlParameter[] parameters, CancellationToken ct)
    {
        var table = RecordTable.Of(facts.ShapeOf(kind));
        var found = new List<RuleRecord>();
        var command = Sql.Command(
            $"select {table.Columns} from {RecordTable.NameOf(kind)} r {join} where r.tenant_id = $1 and r.deleted_at is null and r.merged_into_id is null order by r.created_at desc, r.id limit {MostCandidates} for no key update of r",
            parameters);
        await transaction.ReadAsync([(command, row => found.Add(Of(facts, table.Read(row))))], ct);
        return found;
    }

    private static void Add(Dictionary<Guid, RuleRecord> records, RuleFacts facts, HubRecord hub) => records[hub.Id] = Of(facts, hub);

    private static RuleRecord Of(RuleFacts facts, HubRecord hub) => new(facts.ShapeOf(hub.Kind), hub.Id, hub.Values);
}
