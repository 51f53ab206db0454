using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Forge.Crm.Domain.Records;
using Npgsql;
using NpgsqlTypes;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>The table of one kind of hub record: its statements, made once from the kind's fields.</summary>
internal sealed class RecordTable
{
    private static readonly ImmutableArray<string> Names = ["crm_contacts", "crm_companies", "crm_deals", "crm_activities", "crm_tasks"];

    // A tenant's shapes go when its mapping changes; their tables go with them.
    private static readonly ConditionalWeakTable<RecordShape, RecordTable> Made = [];

    private const string EmptyJson = "{}";

    private readonly RecordShape _shape;
    private readonly ImmutableArray<FieldColumn> _columns;
    private readonly string _lock;
    private readonly string _unlinked;
    private readonly string _insert;
    private readonly string _update;

    private RecordTable(RecordShape shape)
    {
        _shape = shape;
        var fields = shape.Fields.Take(shape.StandardCount).ToArray();
        _columns = [.. fields.Select(field => FieldColumns.Of(field.Type))];
        var table = NameOf(shape.Kind);
        var names = string.Join(", ", fields.Select(field => field.Name));
        var values = string.Join(", ", fields.Select((field, i) => string.Format(null, _columns[i].Set, $"s.{field.Name}")));
        var arrays = string.Join(", ", Enumerable.Range(2, fields.Length + 6).Select(i => $"${i}"));
        var rows = $"unnest({arrays}) as s(id, {names}, custom_fields, field_stamps, version, deleted_at, merged_into_id)";
        Columns = $"r.id, r.version, r.deleted_at, r.merged_into_id, r.custom_fields::text, r.field_stamps::text, {names}";
        _lock = $"""
            select {Columns}
              from {table} r
             where r.tenant_id = $1 and r.id = any(array(
                   select l.record_id from unnest($2, $3) as k(kind, id)
                    cross join lateral (select l.record_id from crm_record_links l
                           where l.tenant_id = $1 and l.platform = $4 and l.remote_kind = k.kind and l.external_id = k.id limit 1) l
                    union
                   select i.record_id from unnest($5) as k(key)
                    cross join lateral (select i.record_id from crm_identities i
                           where i.tenant_id = $1 and i.kind = $6 and i.key = k.key limit 1) i
                    union
                   select id from unnest($7) as k(id)))
             order by r.id
               for no key update of r
            """;
        _unlinked = $"""
            select {Columns}
              from {table} r
             where r.tenant_id = $1 and r.id > $3 and r.deleted_at is null and r.merged_into_id is null and r.archived_at is null
               and not exists (select from (select l.platform, l.state from crm_record_links l where l.tenant_id = $1 and l.record_id = r.id offset 0) l
                                where l.platform = $2 and l.state in ('live', 'creating'))
             order by r.id
             limit $4
            """;
        _insert = $"""
            insert into {table} (tenant_id, id, {names}, custom_fields, field_stamps, deleted_at, merged_into_id)
            select $1, s.id, {values}, s.custom_fields, s.field_stamps, s.deleted_at, s.merged_into_id from {rows}
            """;
        var sets = string.Join(", ", fields.Select((field, i) => $"{field.Name} = {string.Format(null, _columns[i].Set, $"s.{field.Name}")}"));
        _update = $"""
            update {table} r
               set {sets}, {CustomOf(shape)}
                   deleted_at = s.deleted_at, merged_into_id = s.merged_into_id
              from {rows}
             where r.tenant_id = $1 and r.id = s.id and r.version = s.version and r.id = any($2)
            """;
    }

    // A custom value is written where its stamp moved (see crm_field_stamp): else what a person wrote in another form of JSON would pass for edited. Stamps of keys that
    // are not mapped (yet, or any more) stay, with the values.
    private static string CustomOf(RecordShape shape)
    {
        var own = shape.Fields.Skip(shape.StandardCount).Select(field => field.Name).ToList();
        var kept = $"""
            field_stamps = case when r.custom_fields = '{EmptyJson}' then s.field_stamps else s.field_stamps || (
                select coalesce(jsonb_object_agg(k.key, k.value), '{EmptyJson}') from jsonb_each(r.field_stamps) k
                 where k.key like '{Field.CustomPrefix}%' and k.key <> all(array[{string.Join(", ", own.Select(name => $"'{name}'"))}]::text[])) end,
            """;
        return own.Count == 0 ? kept : $"""
            custom_fields = r.custom_fields || (
                select coalesce(jsonb_object_agg(k.key, k.value), '{EmptyJson}')
                  from jsonb_each(s.custom_fields) k cross join lateral (select '{Field.CustomPrefix}' || k.key as name) f
                 where s.field_stamps ->> f.name is distinct from case when r.field_stamps ? f.name then r.field_stamps ->> f.name else r.field_stamps ->> '*' end),
            {kept}
            """;
    }

    public static RecordTable Of(RecordShape shape) => Made.GetValue(shape, made => new(made));

    /// <summary>What <see cref="Read"/> reads, of a table that a query calls r.</summary>
    public string Columns { get; }

    public static string NameOf(RecordKind kind) => Names[(int)kind];

    /// <summary>Reads and locks, in the order of their ids, the records that links, match keys or ids lead to.</summary>
    public NpgsqlBatchCommand Lock(
        TenantId tenant, Platform platform, IReadOnlyCollection<RemoteRef> refs, IReadOnlyCollection<string> keys, IReadOnlyCollection<Guid> ids) =>
        Sql.Command(
            _lock, Sql.Value(tenant.Value), Sql.Array(refs.Select(r => r.Kind.ToName())), Sql.Array(refs.Select(r => r.Id)),
            Sql.Text(platform.ToName()), Sql.Array(keys), Sql.Text(_shape.Kind.ToName()), Sql.Array(ids));

    /// <summary>The next live records by id that have no live link to the platform; what is put away is created nowhere, and waits to be joined.</summary>
    public NpgsqlBatchCommand Unlinked(TenantId tenant, Platform platform, Guid after, int max) =>
        Sql.Command(_unlinked, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Value(after), Sql.Value((long)max));

    public HubRecord Read(NpgsqlDataReader row)
    {
        const int first = 6;
        var values = new string?[_shape.Count];
        for (var i = 0; i < _columns.Length; i++)
            values[i] = row.IsDBNull(first + i) ? null : _columns[i].Read(row, first + i);
        FieldJson.Custom(_shape, row.GetString(4), values);
        return new(
            row.GetGuid(0), _shape.Kind, [.. values], FieldJson.Stamps(_shape, row.GetString(5)), row.GetInt64(1),
            row.IsDBNull(2) ? null : row.GetFieldValue<DateTimeOffset>(2), row.IsDBNull(3) ? null : row.GetGuid(3));
    }

    public NpgsqlBatchCommand Insert(TenantId tenant, Platform platform, IReadOnlyCollection<HubRecord> records) => Command(_insert, tenant, platform, records);

    /// <summary>Affects a row for each record whose version is still the one that was read.</summary>
    public NpgsqlBatchCommand Update(TenantId tenant, Platform platform, IReadOnlyCollection<HubRecord> records) => Command(_update, tenant, platform, records);

    private NpgsqlBatchCommand Command(string sql, TenantId tenant, Platform platform, IReadOnlyCollection<HubRecord> records)
    {
        var command = Sql.Command(sql, Sql.Value(tenant.Value), Sql.Array(records.Select(r => r.Id)));
        for (var i = 0; i < _columns.Length; i++)
        {
            var field = i;
            command.Parameters.Add(_columns[i].Array(records.Select(r => r.Values[field])));
        }

        command.Parameters.Add(Sql.Jsons(records.Select(r => FieldJson.Custom(_shape, r.Values))));
        command.Parameters.Add(Sql.Jsons(records.Select(r =>
            FieldJson.Stamps(_shape, r.Stamps, r.DeletedAt is { } at ? new Stamp(at, platform) : null))));
        command.Parameters.Add(Sql.Array(records.Select(r => r.Version)));
        command.Parameters.Add(Sql.Times(records.Select(r => r.DeletedAt)));
        command.Parameters.Add(new() { Value = records.Select(r => r.MergedIntoId).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        return command;
    }
}
