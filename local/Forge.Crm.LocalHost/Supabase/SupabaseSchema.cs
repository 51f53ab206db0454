using Npgsql;

namespace Forge.Crm.LocalHost.Supabase;

/// <summary>A column as the catalogue has it.</summary>
/// <param name="Default">The expression of its default, or of its next number; null where there is none.</param>
internal sealed record SupabaseColumn(string Table, string Name, string Type, bool IsKey, bool IsRequired, string? Default, bool IsWritable);

/// <summary>Reads the project's catalogue, at every request: tests change their tables as they go.</summary>
internal static class SupabaseSchema
{
    private const string Columns = """
        select class.relname, attribute.attname, format_type(attribute.atttypid, null),
               exists (select from pg_index where indrelid = class.oid and indisprimary and attribute.attnum = any (indkey)),
               attribute.attnotnull,
               case when attribute.attidentity <> '' then format('nextval(%L)', pg_get_serial_sequence(format('%I.%I', $1, class.relname), attribute.attname))
                    when attribute.attgenerated = '' then pg_get_expr(adbin, adrelid) end,
               pg_relation_is_updatable(class.oid, false) & 4 = 4
          from pg_class class
          join pg_attribute attribute on attribute.attrelid = class.oid and attnum > 0 and not attisdropped
          left join pg_attrdef on adrelid = class.oid and adnum = attribute.attnum
         where class.relnamespace = $1::text::regnamespace and class.relkind in ('r', 'p', 'v')
         order by class.relname, attribute.attnum
        """;

    public static async Task<List<SupabaseColumn>> ReadAsync(NpgsqlConnection connection, string schema, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Columns, connection) { Parameters = { new() { Value = schema } } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        var columns = new List<SupabaseColumn>();
        while (await reader.ReadAsync(ct))
        {
            columns.Add(new(
                reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3), reader.GetBoolean(4),
                reader.IsDBNull(5) ? null : reader.GetString(5), reader.GetBoolean(6)));
        }

        return columns;
    }
}
