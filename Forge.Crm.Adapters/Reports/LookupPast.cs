namespace Forge.Crm.Adapters.Reports;

/// <summary>
/// The rows of <c>crm_stages</c> or <c>crm_owners</c> as they were at an instant, as SQL: of a row that was changed since, the first of those
/// changes has the whole of it (<c>crm_note_lookup</c>).
/// </summary>
internal sealed class LookupPast(string kind, string table, params string[] keys)
{
    public static readonly LookupPast Stages = new("stage", "crm_stages", "platform", "pipeline_external_id", "external_id");
    public static readonly LookupPast Owners = new("owner", "crm_owners", "platform", "external_id");

    /// <summary>Two expressions: <c>{kind}_past</c>, and <c>{kind}_then</c> with the table's columns.</summary>
    public string At(string at) => $"""
        {kind}_past as materialized (
            select distinct on (h.key) h.key, h.was
              from (select h.id, h.old_value::jsonb as was,
                           (select array[{Each("k.was ->> '{0}'")}] from (select coalesce(h.old_value, h.new_value)::jsonb as was) k) as key
                      from crm_audit_log h
                     where h.tenant_id = $1 and h.kind = '{kind}' and h.at >= {at}) h
             order by h.key, h.id),
        {kind}_then as materialized (
            select r.* from {table} r where r.tenant_id = $1 and not exists (select from {kind}_past p where p.key = array[{Each("r.{0}")}])
             union all
            select (jsonb_populate_record(null::{table}, p.was)).* from {kind}_past p where p.was is not null)
        """;

    private string Each(string form) => string.Join(", ", keys.Select(key => string.Format(null, form, key)));
}
