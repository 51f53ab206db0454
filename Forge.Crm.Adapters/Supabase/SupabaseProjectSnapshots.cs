using System.Text.Json;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>Makes <see cref="RemoteSnapshot"/>s of rows; a record's properties are the table's mapped columns.</summary>
internal static class SupabaseProjectSnapshots
{
    public static RemoteSnapshot Of(SupabaseProjectTable table, JsonElement row, DateTimeOffset readAt)
    {
        var reference = new RemoteRef(table.Kind, IdOf(table, row));
        var updatedAt = ChangedAt(table, row);
        return new(
            reference, Properties(table, row), SupabaseProjectValues.TimeOf(row, table.CreatedAt) ?? updatedAt, updatedAt,
            SupabaseProjectValues.TimeOf(row, table.DeletedAt), readAt, [],
            [.. table.Links.Select(link => new RemoteAssociations(reference, link.Key, To(row, link.Value)))])
        {
            SyncId = Guid.TryParse(SupabaseProjectValues.TextOf(row, table.SyncId), out var syncId) ? syncId : null,
            IsAnonymous = table.SyncId is null,
        };
    }

    public static string IdOf(SupabaseProjectTable table, JsonElement row) =>
        SupabaseProjectValues.TextOf(row, table.Id) is { Length: > 0 } id ? id : throw SupabaseProjectCaller.Unreadable($"{table.Id} in {table.Name}");

    /// <summary>A row from before its column was added has no such time: any edit is later.</summary>
    public static DateTimeOffset ChangedAt(SupabaseProjectTable table, JsonElement row) =>
        SupabaseProjectValues.TimeOf(row, table.UpdatedAt)
        ?? (row.TryGetProperty(table.UpdatedAt, out var value) && value.ValueKind == JsonValueKind.Null
            ? DateTimeOffset.UnixEpoch
            : throw SupabaseProjectCaller.Unreadable($"{table.UpdatedAt} in {table.Name}"));

    public static Dictionary<string, string?> Properties(SupabaseProjectTable table, JsonElement row) =>
        table.Fields.Select(field => field.Name).Append(table.Id).ToDictionary(column => column, column => SupabaseProjectValues.TextOf(row, column));

    private static System.Collections.Immutable.ImmutableArray<RemoteAssociation> To(JsonElement row, string column) =>
        SupabaseProjectValues.TextOf(row, column) is { Length: > 0 } id ? [new(id, IsPrimary: true)] : [];
}
