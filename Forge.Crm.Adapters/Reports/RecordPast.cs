using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Reports;

/// <summary>
/// The records of a kind as they were at an instant, as SQL. A record is what it is now, with, in each field that was changed since, the old value
/// of the first of those changes; one that was created since is not there, and deletions, restorations and merges since are undone. So an instant
/// that has just passed costs little more than the present, and the same instant asked for later gives the same rows.
/// <c>$1</c> is the tenant. Times of changes are those at which the hub wrote them down. To be run by <see cref="ReportStatements"/>.
/// </summary>
/// <param name="table">Its rows are <c>r</c> in what is made here.</param>
/// <param name="fields">The columns that a report asks for, by their type in PostgreSQL.</param>
internal sealed class RecordPast(RecordKind kind, string table, params (string Name, string Type)[] fields)
{
    /// <summary>
    /// No row, of which the planner thinks as of a thousand. What was written since a table was last analysed it takes for a row or two, and compares
    /// every one of them with every deal.
    /// </summary>
    public const string Unforeseen = "generate_series(1, (select 0))";

    private readonly string _kind = kind.ToName();
    private readonly ImmutableArray<string> _names = [.. fields.Select(field => field.Name)];

    /// <summary>The changes since an instant: <c>{kind}_change</c>.</summary>
    public string Changes(string since) => $"""
        {_kind}_change as materialized (
            select record_id, id, at, case when action = 'set' then field when action in ('delete', 'restore') then 'deleted' else action end as slot,
                   case when action = 'set' then old_value else action end as was
              from crm_audit_log
             where tenant_id = $1 and kind = '{_kind}' and at >= {since}
               and (action in ('create', 'delete', 'restore', 'erase') or (action = 'merge' and new_value <> record_id::text)
                    or (action = 'set' and field in ({string.Join(", ", _names.Select(name => $"'{name}'"))}))))
        """;

    /// <summary>Of each record that was changed since an instant, what the first change of each thing replaced, as JSON: <c>name(record_id, was)</c>.</summary>
    public string Was(string name, string at) => $"""
        {name} as materialized (
            select record_id, jsonb_object_agg(slot, was) as was
              from (select distinct on (record_id, slot) record_id, slot, was from {_kind}_change where at >= {at} order by record_id, slot, id) first
             group by record_id
             union all select null, null from {Unforeseen})
        """;

    /// <summary>All records that were there at the instant.</summary>
    /// <param name="was">Made by <see cref="Was"/> for the same instant.</param>
    /// <param name="condition">On the columns; of the present row in the first branch, so that an index can answer it.</param>
    public string At(string was, string at, string condition = "true") => $"""
        {Unchanged(was, at, condition)}
         union all
        {Changed(was, at, condition)}
        """;

    /// <summary>
    /// Sums over all records that were there at the instant, a select of each of the two branches: of the many that did not change the planner
    /// knows how many values a column has, and makes groups without sorting rows. What comes of both is to be added up.
    /// </summary>
    /// <param name="sums">Of a table of such records.</param>
    public string Each(Func<string, string> sums, string was, string at, string condition = "true") => $"""
        {sums(Unchanged(was, at, condition))}
         union all
        {sums(Changed(was, at, condition))}
        """;

    private string Unchanged(string was, string at, string condition) => $"""
        select r.id, {string.Join(", ", _names.Select(name => $"r.{name}"))}, r.created_at
          from {table} r
         where r.tenant_id = $1 and r.created_at < {at} and r.deleted_at is null and r.merged_into_id is null and {condition}
           and not exists (select from {was} w where w.record_id = r.id)
        """;

    private string Changed(string was, string at, string condition) => $"select * from ({Those(was, was, at)}) r where {condition}";

    /// <summary>Those of the records in <paramref name="ids"/> that were there at the instant.</summary>
    public string Those(string ids, string was, string at) => $"""
        select r.id, {string.Join(", ", fields.Select(field => Then(field.Name, field.Type)))}, r.created_at
          from {ids} i
         cross join lateral (select * from {table} r where r.tenant_id = $1 and r.id = i.record_id offset 0) r
          left join {was} w on w.record_id = i.record_id
         where r.created_at < {at} and {WasThere(at)}
        """;

    // The engine writes canonical texts (10), change capture what PostgreSQL shows (10.0000): a cast reads both. An erased value is none.
    private static string Then(string name, string type) =>
        $"case when w.was ? '{name}' then nullif(w.was ->> '{name}', '[erased]')::{type} else r.{name} end as {name}";

    // A merge does not say what it found. Another platform tells of the same merge again; so what was before it is asked of the history.
    // One condition, for the planner takes several to be rarer than they are.
    private static string WasThere(string at) => $"""
        case when w.was ?| array['create', 'erase'] then false
             when w.was ? 'merge' then coalesce((
                 select h.action in ('create', 'restore') from crm_audit_log h
                  where h.tenant_id = $1 and h.record_id = r.id and h.at < {at}
                    and (h.action in ('create', 'delete', 'restore') or (h.action = 'merge' and h.new_value <> h.record_id::text))
                  order by h.id desc limit 1), true)
             when r.merged_into_id is not null then false
             when w.was ? 'deleted' then w.was ->> 'deleted' = 'delete'
             else r.deleted_at is null end
        """;
}
