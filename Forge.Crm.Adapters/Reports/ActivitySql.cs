using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Reports;

/// <summary>
/// The statement of the activity summary: <c>$2</c> the Monday, <c>$3</c> the instant that it is taken of, <c>$4</c> and <c>$5</c> the instants at which
/// that week begins and ends.
/// </summary>
internal static class ActivitySql
{
    private const string InWeek = "(r.occurred_at >= $4 and r.occurred_at < $5)";

    private const string Figures = "calls, emails, meetings, tasks_done, contacts_engaged, deals_touched";

    private static readonly RecordPast Activities = new(
        RecordKind.Activity, "crm_activities", ("type", "text"), ("occurred_at", "timestamptz"), ("owner_id", "uuid"));

    private static readonly RecordPast Tasks = new(
        RecordKind.Task, "crm_tasks", ("status", "text"), ("completed_at", "timestamptz"), ("owner_id", "uuid"));

    // Associations as of the instant. People who change which one is the primary one note an association anew: so what was before is asked.
    private static readonly string Linked = $"""
        {Activities.Changes("$3")},
        {Activities.Was("activity_was", "$3")},
        activity as materialized ({Activities.At("activity_was", "$3", InWeek)}),
        relinked as materialized (
            (select distinct on (record_id, field, to_id) record_id, field, to_id, action
               from (select record_id, field, coalesce(old_value, new_value) as to_id, action, id from crm_audit_log
                      where tenant_id = $1 and kind = 'activity' and at >= $3 and action in ('associate', 'dissociate') and field in ('contact', 'deal')) h
              order by record_id, field, to_id, id)
             union all select null, null, null, null from {RecordPast.Unforeseen}),
        linked as (
            select a.owner_id, a.type, l.to_kind, l.to_id
              from activity a
             cross join lateral (select l.from_id, l.to_kind, l.to_id, l.deleted_at from crm_associations l
                                  where l.tenant_id = $1 and l.from_kind = 'activity' and l.from_id = a.id and l.to_kind in ('contact', 'deal') offset 0) l
              left join relinked n on n.record_id = l.from_id and n.field = l.to_kind and n.to_id = l.to_id::text
             where case n.action when 'dissociate' then true
                                 when 'associate' then coalesce((
                                     select h.action = 'associate' from crm_audit_log h
                                      where h.tenant_id = $1 and h.record_id = l.from_id and h.at < $3 and h.action in ('associate', 'dissociate')
                                        and h.field = l.to_kind and coalesce(h.old_value, h.new_value) = l.to_id::text
                                      order by h.id desc limit 1), false)
                                 else l.deleted_at is null end)
        """;

    // Two records that were one person by then are one.
    private static readonly string Engaged = $"""
        engaged as (
            select l.owner_id, count(distinct coalesce(m.into_id, l.to_id)) filter (where l.to_kind = 'contact' and l.type <> 'note') as contacts,
                   count(distinct coalesce(m.into_id, l.to_id)) filter (where l.to_kind = 'deal') as deals
              from linked l
              left join ({Merged("contact", "crm_contacts")} union all {Merged("deal", "crm_deals")}) m on m.kind = l.to_kind and m.id = l.to_id
             group by 1)
        """;

    // Where a platform does not say when a task was done, the history knows when its status changed.
    private static readonly string Done = $"""
        {Tasks.Changes("$3")},
        {Tasks.Was("task_was", "$3")},
        completed as materialized (
            (select distinct on (record_id) record_id, changed_at
              from crm_audit_log
             where tenant_id = $1 and kind = 'task' and at >= $4 - interval '1 day' and at < $3
               and case when action = 'set' and field = 'status' then new_value
                        when action = 'create' and new_value <> '[erased]' then new_value::jsonb ->> 'status' end = 'completed'
             order by record_id, id desc)
             union all select null, null from {RecordPast.Unforeseen}),
        asked as (
            select record_id from task_was
             union select record_id from completed
             union select id from crm_tasks where tenant_id = $1 and completed_at >= $4 and completed_at < $5),
        done as (
            select t.owner_id, count(*) as tasks
              from ({Tasks.Those("asked", "task_was", "$3")}) t
              left join completed c on c.record_id = t.id
             where case when t.completed_at is not null then t.completed_at >= $4 and t.completed_at < $5
                        else t.status = 'completed' and c.changed_at >= $4 and c.changed_at < $5 end
             group by 1)
        """;

    // The week's row is there from its beginning: for everybody who may own something.
    private static readonly string Fresh = $"""
        fresh as materialized (
            select coalesce(owner_id, {DealSql.None}) as owner_id, sum(calls) as calls, sum(emails) as emails, sum(meetings) as meetings, sum(tasks_done) as tasks_done,
                   sum(contacts_engaged) as contacts_engaged, sum(deals_touched) as deals_touched
              from (select owner_id, count(*) filter (where type = 'call') as calls, count(*) filter (where type = 'email') as emails,
                           count(*) filter (where type = 'meeting') as meetings, 0 as tasks_done, 0 as contacts_engaged, 0 as deals_touched
                      from activity group by 1
                     union all select owner_id, 0, 0, 0, tasks, 0, 0 from done
                     union all select owner_id, 0, 0, 0, 0, contacts, deals from engaged
                     union all select distinct owner_id, 0, 0, 0, 0, 0, 0 from owner_then where active) part
             group by 1)
        """;

    public static readonly string Take = $"""
        with {Linked},
        {Engaged},
        {Done},
        {LookupPast.Owners.At("$3")},
        {Fresh},
        gone as (
            delete from crm_activity_summaries a where a.tenant_id = $1 and a.period_start = $2 and a.owner_id not in (select owner_id from fresh))
        insert into crm_activity_summaries as a (tenant_id, period_start, owner_id, {Figures})
        select $1, $2, owner_id, {Figures} from fresh
            on conflict (tenant_id, period_start, owner_id) do update
           set {Each("{0} = excluded.{0}")}
         where ({Each("a.{0}")}) is distinct from ({Each("excluded.{0}")})
        """;

    private static string Merged(string kind, string table) => $"""
        select '{kind}' as kind, r.id, r.merged_into_id as into_id from {table} r
         where r.tenant_id = $1 and r.merged_into_id is not null
           and coalesce((select true from crm_audit_log h
                          where h.tenant_id = $1 and h.record_id = r.id and h.action = 'merge' and h.new_value <> r.id::text and h.at < $3 limit 1), false)
        """;

    private static string Each(string form) => string.Join(", ", Figures.Split(", ").Select(figure => string.Format(null, form, figure)));
}
