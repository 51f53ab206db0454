using System.Collections.Immutable;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;
using Npgsql;

namespace Forge.Crm.Adapters.Rules;

/// <summary>
/// What rules do, as statements. They write like a person who edits by SQL: change capture stamps the values, writes the history (with the rule as its
/// cause) and queues the pushes, so there is no second way for a change into the hub.
/// </summary>
internal static class RuleWrites
{
    // Waits for whoever claims the same key at this moment, and holds it. What they made is seen by the next statement only: that one decides.
    private const string Claim = """
        insert into crm_identities as i (tenant_id, kind, key, record_id) values ($1, $2, $3, $4)
            on conflict (tenant_id, kind, key) do update set record_id = i.record_id
        """;

    // A holder that is gone has no claim any more.
    private static string Hold(RecordKind kind) => $"""
        update crm_identities i set record_id = $4
         where i.tenant_id = $1 and i.kind = $2 and i.key = $3
           and (i.record_id = $4 or not exists (select from {RecordTable.NameOf(kind)} held where held.tenant_id = $1 and held.id = i.record_id and held.deleted_at is null))
        """;

    private const string Associate = """
        insert into crm_associations as a (tenant_id, from_kind, from_id, to_kind, to_id, is_primary)
        select $1, $2, $3, $4, $5, not exists (
               select from crm_associations other
                where other.tenant_id = $1 and other.from_kind = $2 and other.from_id = $3 and other.to_kind = $4 and other.is_primary and other.deleted_at is null)
            on conflict (tenant_id, from_kind, from_id, to_kind, to_id) do update set deleted_at = null where a.deleted_at is not null
        """;

    public static IEnumerable<NpgsqlBatchCommand> Commands(TenantId tenant, RuleEffect effect, Func<RecordKind, RecordShape> shapeOf) => effect switch
    {
        RuleEffect.Create create =>
        [
            Insert(tenant, create, shapeOf(create.Kind)),
            .. create.Keys.SelectMany(key => new[] { Of(Claim, tenant, create, key), Sql.RequireRow(Of(Hold(create.Kind), tenant, create, key)) }),
            .. create.Links.Select(other => RuleLinks.Of((create.Kind, create.Id), other)).OfType<AssociationKey>().Select(key => Sql.Command(
                Associate, Sql.Value(tenant.Value), Sql.Text(key.FromKind.ToName()), Sql.Value(key.FromId), Sql.Text(key.ToKind.ToName()), Sql.Value(key.ToId))),
        ],
        RuleEffect.Set set => [Update(tenant, set, shapeOf(set.Kind))],
        _ => [],
    };

    private static NpgsqlBatchCommand Of(string sql, TenantId tenant, RuleEffect.Create create, string key) =>
        Sql.Command(sql, Sql.Value(tenant.Value), Sql.Text(create.Kind.ToName()), Sql.Text(key), Sql.Value(create.Id));

    private static NpgsqlBatchCommand Insert(TenantId tenant, RuleEffect.Create create, RecordShape shape)
    {
        var columns = Columns(shape, create.Values.Keys);
        var command = Sql.Command(
            $"""
            insert into {RecordTable.NameOf(create.Kind)} (tenant_id, id, custom_fields{Names(columns, field => field.Name)})
            select $1, $2, $3{Names(columns, field => string.Format(null, FieldColumns.Of(field.Type).Set, $"s.{field.Name}"))} from {Values(columns, 4)}
            """,
            Sql.Value(tenant.Value), Sql.Value(create.Id), Sql.Json(Custom(shape, field => create.Values.GetValueOrDefault(field))));
        return With(command, columns, field => create.Values.GetValueOrDefault(field));
    }

    private static NpgsqlBatchCommand Update(TenantId tenant, RuleEffect.Set set, RecordShape shape)
    {
        var columns = Columns(shape, set.Values.Keys);
        string[] cleared = [.. shape.Fields.Where(field => field.IsCustom && set.Values.TryGetValue(field.Name, out var value) && value is null).Select(field => field.Key)];
        var command = Sql.Command(
            $"""
            update {RecordTable.NameOf(set.Kind)} r
               set custom_fields = (r.custom_fields || $3) - $4::text[]{Names(columns, field => $"{field.Name} = {string.Format(null, FieldColumns.Of(field.Type).Set, $"s.{field.Name}")}")}
              from {Values(columns, 5)}
             where r.tenant_id = $1 and r.id = $2 and r.deleted_at is null
            """,
            Sql.Value(tenant.Value), Sql.Value(set.Id), Sql.Json(Custom(shape, field => set.Values.GetValueOrDefault(field))), Sql.Value(cleared));
        return With(command, columns, field => set.Values.GetValueOrDefault(field));
    }

    private static ImmutableArray<Field> Columns(RecordShape shape, IEnumerable<string> fields) =>
        [.. fields.Select(shape.IndexOf).Where(i => i >= 0 && i < shape.StandardCount).Order().Select(i => shape.Fields[i])];

    private static string Names(ImmutableArray<Field> columns, Func<Field, string> text) => string.Concat(columns.Select(field => $", {text(field)}"));

    // A row even where only custom fields are written.
    private static string Values(ImmutableArray<Field> columns, int first) => columns.IsEmpty
        ? "(select 1) as s"
        : $"unnest({string.Join(", ", columns.Select((_, i) => $"${first + i}"))}) as s({string.Join(", ", columns.Select(field => field.Name))})";

    private static NpgsqlBatchCommand With(NpgsqlBatchCommand command, ImmutableArray<Field> columns, Func<string, string?> valueOf)
    {
        foreach (var field in columns)
            command.Parameters.Add(FieldColumns.Of(field.Type).Array([valueOf(field.Name)]));
        return command;
    }

    // Only what is given: the others stay as they are.
    private static string Custom(RecordShape shape, Func<string, string?> valueOf)
    {
        var given = new RecordShape(shape.Kind, shape.Fields.Where(field => field.IsCustom && valueOf(field.Name) is not null));
        return FieldJson.Custom(given, [.. given.Fields.Select(field => valueOf(field.Name))]);
    }
}
