using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.PostgreSql;

namespace Forge.Crm.Tests.Simulation;

/// <param name="State">As stored.</param>
internal sealed record StoredLink(RemoteRef Ref, Guid RecordId, string State);

/// <summary>What stands in a tenant's tables, for those who hold promises against it.</summary>
internal class StoredHub(HubDatabase database, TenantId tenant)
{
    public HubDatabase Database => database;

    protected string OfTenant { get; } = $"tenant_id = '{tenant}'";

    public async Task<Dictionary<Guid, HubRecord>> RecordsAsync(RecordKind kind)
    {
        var ids = (await database.RowsAsync($"select id from {RecordTable.NameOf(kind)} where {OfTenant}")).Select(Guid.Parse).ToList();
        await using var transaction = await database.Tenant.BeginAsync(tenant, CancellationToken.None);
        var set = await new BatchLoad(tenant, Platform.HubSpot, StandardFields.Of, each => RecordTable.Of(StandardFields.Of(each)), [])
            .ReadAsync(transaction, kind, ids, null, CancellationToken.None);
        return ids.ToDictionary(id => id, id => set!.Record(id)!);
    }

    public async Task<List<StoredLink>> LinksAsync(Platform platform) =>
    [
        .. (await RowsAsync("remote_kind, external_id, record_id, state", $"crm_record_links where {OfTenant} and platform = '{platform.ToName()}'"))
            .Select(row => new StoredLink(new(Names.Parse<RemoteKind>(row[0]), row[1]), Guid.Parse(row[2]), row[3])),
    ];

    /// <summary>The companies of each contact.</summary>
    public async Task<ILookup<Guid, (Guid Company, bool IsPrimary)>> AssociationsAsync() =>
        (await RowsAsync("from_id, to_id, is_primary", $"crm_associations where {OfTenant} and deleted_at is null and from_kind = 'contact' and to_kind = 'company'"))
            .ToLookup(row => Guid.Parse(row[0]), row => (Guid.Parse(row[1]), bool.Parse(row[2])));

    /// <summary>Open conflicts by record and field.</summary>
    public async Task<HashSet<(Guid, string)>> ConflictsAsync() =>
        [.. (await RowsAsync("record_id, field", $"crm_conflict_records where {OfTenant} and state = 'open'")).Select(row => (Guid.Parse(row[0]), row[1]))];

    /// <summary>Pushes that are listed for a person, with the reasons.</summary>
    public async Task<ILookup<(Platform, Guid), string>> FailedAsync() =>
        (await RowsAsync("platform, record_id, reason", $"crm_outbox where {OfTenant} and status = 'failed'"))
            .ToLookup(row => (Names.Parse<Platform>(row[0]), Guid.Parse(row[1])), row => row[2]);

    public async Task<ILookup<Guid, HistoryEntry>> HistoryAsync()
    {
        await using var command = database.Owner.CreateCommand(
            $"select record_id, kind, action, field, old_value, new_value, source, changed_at from crm_audit_log where {OfTenant} and record_id is not null and kind in ('contact', 'company', 'deal', 'activity') order by id");
        await using var row = await command.ExecuteReaderAsync();
        var entries = new List<HistoryEntry>();
        while (await row.ReadAsync())
        {
            string? Text(int i) => row.IsDBNull(i) ? null : row.GetString(i);
            entries.Add(new(
                Names.Parse<RecordKind>(Text(1)!), row.GetGuid(0), Names.Parse<HistoryAction>(Text(2)!), Text(3), Text(4), Text(5), Names.Parse<Platform>(Text(6)!),
                row.GetFieldValue<DateTimeOffset>(7), new(CauseKind.System, null)));
        }

        return entries.ToLookup(entry => entry.RecordId);
    }

    /// <summary>Everything that an edit may have left a trace in: the history, the values of these records, and the conflicts.</summary>
    public async Task<string> ToldAsync(IEnumerable<HubRecord> records) =>
        string.Join('\n', (await HistoryAsync()).SelectMany(entries => entries).SelectMany(entry => new[] { entry.OldValue, entry.NewValue })
            .Concat(records.SelectMany(record => record.Values)).OfType<string>())
        + string.Join('\n', await database.RowsAsync($"select remote_value, base_value from crm_conflict_records where {OfTenant}"));

    private async Task<IEnumerable<string[]>> RowsAsync(string columns, string from) =>
        (await database.RowsAsync($"select {columns} from {from}")).Select(row => row.Split('|'));
}
