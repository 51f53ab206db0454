using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.PostgreSql;
using Forge.Crm.Tests.Simulation;

namespace Forge.Crm.Tests.EndToEnd.RandomPrograms;

/// <summary>People in the hub itself, by SQL.</summary>
internal sealed class HubSite(HubDatabase database, TenantId tenant) : ISite
{
    private string OfTenant => $"tenant_id = '{tenant}'";

    public async Task<IReadOnlyList<string>> LiveAsync(RecordKind kind) => await IdsAsync(kind, "deleted_at is null");

    public async Task<IReadOnlyList<string>> DeletedAsync(RecordKind kind) => await IdsAsync(kind, "deleted_at is not null");

    public Task CreateAsync(RecordKind kind, int number) => database.ExecuteAsync(kind switch
    {
        RecordKind.Contact => $"""
            insert into crm_contacts (tenant_id, id, email, first_name) select '{tenant}', '{Guid.CreateVersion7()}', 'p{number}@example.com', 'Person {number}'
             where not exists (select from crm_contacts where {OfTenant} and email = 'p{number}@example.com' and deleted_at is null)
            """,
        RecordKind.Company => $"insert into crm_companies (tenant_id, id, name) values ('{tenant}', '{Guid.CreateVersion7()}', 'Company {number}')",
        _ => $"insert into crm_activities (tenant_id, id, type, subject, occurred_at) values ('{tenant}', '{Guid.CreateVersion7()}', 'call', 'Call {number}', '2026-10-01 08:00Z')",
    });

    public Task EditAsync(string id, LiveField field, string value) => ChangeAsync(field.Kind, id, $"{field.Field.Name} = nullif('{value}', ''){(field.Field.Name == "annual_revenue" ? "::numeric" : "")}", "deleted_at is null");

    public Task DeleteAsync(RecordKind kind, string id) => database.ExecuteAsync($"delete from {RecordTable.NameOf(kind)} where {OfTenant} and id = '{id}'");

    public Task RestoreAsync(RecordKind kind, string id) => ChangeAsync(kind, id, "deleted_at = null", "deleted_at is not null");

    public Task MergeAsync(RecordKind kind, string survivor, string loser) => throw new NotSupportedException("Nobody merges by SQL.");

    public Task AssociateAsync(string contact, string company, bool isAdded) => database.ExecuteAsync(isAdded
        ? $"""
            insert into crm_associations (tenant_id, from_kind, from_id, to_kind, to_id) values ('{tenant}', 'contact', '{contact}', 'company', '{company}')
                on conflict (tenant_id, from_kind, from_id, to_kind, to_id) do update set deleted_at = null
            """
        : $"delete from crm_associations where {OfTenant} and from_id = '{contact}' and to_id = '{company}'");

    private async Task<IReadOnlyList<string>> IdsAsync(RecordKind kind, string which) =>
        await database.RowsAsync($"select id from {RecordTable.NameOf(kind)} where {OfTenant} and merged_into_id is null and {which} order by id");

    private Task ChangeAsync(RecordKind kind, string id, string set, string where) =>
        database.ExecuteAsync($"update {RecordTable.NameOf(kind)} set {set} where {OfTenant} and id = '{id}' and merged_into_id is null and {where}");
}
