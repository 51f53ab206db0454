-- As in the first migration, and: what the functions write for a rule has the rule as its cause. They say so for the transaction
-- (app.rule, '<rule>:<event>'); of anybody else it is an edit, whatever is set.
create or replace function public.crm_rule_at_work() returns text
    language sql stable set search_path = ''
as $$
    select case when session_user = 'crm_app' then nullif(current_setting('app.rule', true), '') end
$$;

create or replace function public.crm_note(
    tenant uuid, record_kind text, record uuid, field text, action text, old_value text, new_value text, changed_at timestamptz, cause text)
    returns void language plpgsql set search_path = ''
as $$
declare
    rule text := case when cause = 'edit' then public.crm_rule_at_work() end;
begin
    insert into public.crm_audit_log (tenant_id, kind, record_id, field, action, old_value, new_value, source, changed_at, cause, cause_id, actor)
    values (tenant, record_kind, record, field, action, old_value, new_value, 'supabase', changed_at, case when rule is null then cause else 'rule' end, rule, public.crm_actor());
end
$$;

create or replace function public.crm_capture_edit(record_kind text, old_row jsonb, new_row jsonb) returns jsonb
    language plpgsql set search_path = ''
as $$
declare
    tenant uuid := new_row ->> 'tenant_id';
    record uuid := new_row ->> 'id';
    stamps_were jsonb := old_row -> 'field_stamps';
    stamps jsonb := new_row -> 'field_stamps';
    was jsonb := old_row - public.crm_bookkeeping();
    becomes jsonb := new_row - public.crm_bookkeeping();
    deleted boolean := new_row ->> 'deleted_at' is not null;
    rule text := public.crm_rule_at_work();
    edited_at timestamptz;
    made jsonb;
begin
    if new_row -> 'custom_fields' <> old_row -> 'custom_fields' then
        -- Both name every key of either: one that is only here was added or removed.
        was := was || public.crm_custom_named(old_row -> 'custom_fields', new_row -> 'custom_fields');
        becomes := becomes || public.crm_custom_named(new_row -> 'custom_fields', old_row -> 'custom_fields');
    end if;

    with edit as materialized (
        select value.field, public.crm_time_after(public.crm_field_stamp(stamps_were, value.field)) as edited_at
        from jsonb_each(becomes) as value (field, content)
        where value.content is distinct from was -> value.field
          and public.crm_field_stamp(stamps_were, value.field) is not distinct from public.crm_field_stamp(stamps, value.field)
    ), noted as (
        insert into public.crm_audit_log (tenant_id, kind, record_id, field, action, old_value, new_value, source, changed_at, cause, cause_id, actor)
        select tenant, record_kind, record, edit.field, 'set', was ->> edit.field, becomes ->> edit.field, 'supabase', edit.edited_at,
               case when rule is null then 'edit' else 'rule' end, rule, (select public.crm_actor())
        from edit
    )
    select jsonb_object_agg(edit.field, public.crm_stamp(edit.edited_at, 'supabase')) into made from edit;

    if deleted <> (old_row ->> 'deleted_at' is not null)
       and stamps ->> 'deleted' is not distinct from stamps_were ->> 'deleted' then
        edited_at := public.crm_time_after(public.crm_field_stamp(stamps_were, 'deleted'));
        made := coalesce(made, '{}') || jsonb_build_object('deleted', public.crm_stamp(edited_at, 'supabase'));
        perform public.crm_note(
            tenant, record_kind, record, null, case when deleted then 'delete' else 'restore' end, null, null, edited_at, 'edit');
    end if;

    if made is not null then
        perform public.crm_enqueue(tenant, record_kind, record);
    end if;
    return stamps || coalesce(made, '{}');
end
$$;
