using System.Text.Json;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>Makes a <see cref="ChangeEvent"/> of what a database webhook told.</summary>
internal static class SupabaseProjectEventReader
{
    private static readonly Dictionary<string, ChangeType> Types = new()
    {
        ["INSERT"] = ChangeType.Created,
        ["UPDATE"] = ChangeType.Changed,
        ["DELETE"] = ChangeType.Deleted,
    };

    /// <returns>What it lacks; null where nothing.</returns>
    public static string? Flaw(JsonElement root) =>
        root.ValueKind != JsonValueKind.Object ? "is no object"
        : TypeOf(root) is not { } type ? "has no type that there is"
        : Text(root, "table") is null ? "has no table"
        : Row(root, type).ValueKind != JsonValueKind.Object ? "has no row"
        : null;

    /// <returns>No event, and why, for something that we do not sync or wrote ourselves.</returns>
    public static (ChangeEvent? Event, string? Reason) Read(JsonElement root, DateTimeOffset receivedAt, SupabaseProjectMapping mapping)
    {
        var (type, row, old) = (TypeOf(root)!.Value, Row(root, TypeOf(root)!.Value), Member(root, "old_record"));
        var isOfSchema = mapping.Schema is null || Text(root, "schema") == mapping.Schema;
        var tables = mapping.Tables.Where(table => isOfSchema && table.Name == Text(root, "table")).ToList();
        var table = tables.Find(candidate => IsOf(candidate, row));
        if (table is null && tables.Find(candidate => IsOf(candidate, old)) is { } former)
            return (new(ChangeType.Deleted, new(former.Kind, IdOf(former, old)!), receivedAt), null); // no longer of the kind that it was
        if (table is null || IdOf(table, row) is not { } id)
            return (null, "not mapped");
        if (type != ChangeType.Deleted && SupabaseProjectOrigin.IsOurs(Column(row, table.Origin), Column(old, table.Origin)))
            return (null, "our own write");
        return (EventOf(type, table, id, row, old, receivedAt), null);
    }

    private static ChangeEvent EventOf(ChangeType type, SupabaseProjectTable table, string id, JsonElement row, JsonElement old, DateTimeOffset receivedAt)
    {
        var reference = new RemoteRef(table.Kind, id);
        if (type == ChangeType.Deleted)
            return new(type, reference, receivedAt); // nothing says when
        var at = SupabaseProjectValues.TimeOf(row, table.UpdatedAt);
        var (deletedAt, wasDeletedAt) = (SupabaseProjectValues.TimeOf(row, table.DeletedAt), SupabaseProjectValues.TimeOf(old, table.DeletedAt));
        if (deletedAt is not null)
            return new(ChangeType.Deleted, reference, wasDeletedAt is null && at is not null ? at.Value : deletedAt.Value, Version: at);
        if (wasDeletedAt is not null)
            return new(ChangeType.Restored, reference, at ?? receivedAt, Version: at);
        var told = type == ChangeType.Created
            ? table.Fields.ToDictionary(field => field.Name, field => Column(row, field.Name))
            : table.Fields.Where(field => (Column(row, field.Name) ?? "") != (Column(old, field.Name) ?? "")).ToDictionary(field => field.Name, field => Column(row, field.Name));
        // Without the row of before nothing says which values are new.
        var isKnown = type == ChangeType.Created || old.ValueKind == JsonValueKind.Object;
        return new(type, reference, at ?? receivedAt, Changes: isKnown ? told : null, Version: at);
    }

    private static bool IsOf(SupabaseProjectTable table, JsonElement row) =>
        row.ValueKind == JsonValueKind.Object && (table.Where is not { } where || Column(row, where.Column) == where.Value);

    private static string? IdOf(SupabaseProjectTable table, JsonElement row) => Column(row, table.Id) is { Length: > 0 } id ? id : null;

    private static string? Column(JsonElement row, string? column) => SupabaseProjectValues.TextOf(row, column);

    private static JsonElement Row(JsonElement root, ChangeType type) => Member(root, type == ChangeType.Deleted ? "old_record" : "record");

    private static ChangeType? TypeOf(JsonElement root) => Text(root, "type") is { } word && Types.TryGetValue(word, out var type) ? type : null;

    private static string? Text(JsonElement root, string name) =>
        Member(root, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static JsonElement Member(JsonElement root, string name) => root.TryGetProperty(name, out var member) ? member : default;
}
