using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>Holds a mapping against the project that it is for.</summary>
internal static class SupabaseProjectCheck
{
    private const string TimeType = "timestamp with time zone";
    private static readonly string[] Unfit = ["json", "jsonb", "bytea"];
    private static readonly string[] Texts = ["text", "character varying", "character"];

    /// <param name="isWritten">Whether the tenant wants the project written to.</param>
    /// <exception cref="FormatException">The mapping does not fit; the message names the place and the remedy.</exception>
    public static void Check(SupabaseProjectMapping mapping, SupabaseProjectDescription project, bool isWritten)
    {
        foreach (var table in mapping.Tables)
            Check($"mapping.\"{table.Kind.ToName()}\"", table, project, isWritten);
        if (mapping.Owners is { } owners)
        {
            var shown = TableOf("mapping.owners", owners.Table, project);
            foreach (var (member, column) in new[] { ("id", owners.Id), ("email", owners.Email), ("name", owners.Name) })
                ColumnOf($"mapping.owners.{member}", column, owners.Table, shown);
        }
    }

    private static void Check(string place, SupabaseProjectTable table, SupabaseProjectDescription project, bool isWritten)
    {
        var shown = TableOf(place, table.Name, project);
        if (isWritten && !shown.IsWritable)
            throw new FormatException($"{place}: '{table.Name}' can only be read; map the table behind the view, or set the direction to read.");
        Key($"{place}.id", table, shown);
        Typed($"{place}.updated_at", table.UpdatedAt, table, shown, TimeType);
        Typed($"{place}.created_at", table.CreatedAt, table, shown, TimeType);
        Typed($"{place}.deleted_at", table.DeletedAt, table, shown, TimeType);
        Typed($"{place}.origin", table.Origin, table, shown, Texts);
        Typed($"{place}.forge_sync_id", table.SyncId, table, shown, ["uuid", .. Texts]);
        ColumnOf($"{place}.where", table.Where?.Column, table.Name, shown);
        foreach (var (kind, column) in table.Links)
            ColumnOf($"{place}.links.\"{kind.ToName()}\"", column, table.Name, shown);
        foreach (var field in table.Fields)
            Field($"{place}.fields.\"{field.Field}\"", field, table, shown);
    }

    private static void Key(string place, SupabaseProjectTable table, DescribedTable shown)
    {
        ColumnOf(place, table.Id, table.Name, shown);
        string[] keys = [.. shown.Columns.Where(column => column.Value.IsKey).Select(column => column.Key)];
        if (keys is not [var only] || only != table.Id)
            throw new FormatException($"{place}: '{table.Id}' is not alone the primary key of '{table.Name}'{(keys.Length == 0 ? "" : $", which is {string.Join(", ", keys)}")}; name it, or add one.");
    }

    private static void Field(string place, SupabaseProjectColumn field, SupabaseProjectTable table, DescribedTable shown)
    {
        var type = ColumnOf(place, field.Name, table.Name, shown)!.Type;
        if (Unfit.Contains(type))
            throw new FormatException($"{place}: '{field.Name}' is of type {type}, which no field can hold; make a column of its own for the value.");
        if (type.EndsWith("[]", StringComparison.Ordinal) != field.IsArray)
            throw new FormatException($"{place}: '{field.Name}' is of type {type}; write \"{field.Name}{(field.IsArray ? "" : "[]")}\".");
    }

    private static void Typed(string place, string? column, SupabaseProjectTable table, DescribedTable shown, params string[] types)
    {
        if (ColumnOf(place, column, table.Name, shown) is { } found && !types.Contains(found.Type))
            throw new FormatException($"{place}: '{column}' is of type {found.Type}; it must be {string.Join(" or ", types)}.");
    }

    private static DescribedTable TableOf(string place, string table, SupabaseProjectDescription project) => project.Of(table)
        ?? throw new FormatException($"{place}: the project shows no table '{table}' to this key; there are: {string.Join(", ", project.Tables)}");

    private static DescribedColumn? ColumnOf(string place, string? column, string table, DescribedTable shown) =>
        column is null ? null
        : shown.Columns.TryGetValue(column, out var found) ? found
        : throw new FormatException($"{place}: '{table}' has no column '{column}'; there are: {string.Join(", ", shown.Columns.Keys)}");
}
