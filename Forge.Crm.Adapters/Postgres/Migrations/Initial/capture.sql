-- Change capture. A value that changed while its stamp did not was changed by a person (SQL, PostgREST, the console): sync always
-- writes both. So no test of roles and no flag is needed, and nobody can switch it off. Capture stamps the value, writes history, and
-- tells every platform to look at the record, all in the transaction of the edit.
--
-- Times that become text do so in UTC, whatever the session's zone.
--
-- What fires on an update is made from each table's columns, in captured.sql.
--
-- The functions belong to crm_capture, which may insert history and outbox rows and read what it must for that, and nothing else:
-- nobody else can write a history row in a person's name. Nobody may call them; they run as triggers only.

-- One row of history. (In PL/pgSQL, as the next one, because that keeps the plan; a function in SQL is planned again at every call.)
create or replace function public.crm_note(
    tenant uuid, record_kind text, record uuid, field text, action text, old_value text, new_value text, changed_at timestamptz, cause text)
    returns void language plpgsql set search_path = ''
as $$
begin
    insert into public.crm_audit_log (tenant_id, kind, record_id, field, action, old_value, new_value, source, changed_at, cause, actor)
    values (tenant, record_kind, record, field, action, old_value, new_value, 'supabase', changed_at, cause, public.crm_actor());
end
$$;

-- Tells every platform that the tenant writes to to look at the record. A row that is still waiting keeps its place in the queue; its
-- version goes up, so that a push under way, which read the older version, cannot take it for done.
create or replace function public.crm_enqueue(tenant uuid, record_kind text, record uuid) returns void
    language plpgsql set search_path = ''
as $$
begin
    insert into public.crm_outbox as waiting (tenant_id, platform, kind, record_id, lane, cause)
    select tenant, config.platform, record_kind, record, public.crm_lane(record, config.lanes), 'edit'
    from public.crm_sync_configs config
    where config.tenant_id = tenant and config.enabled and config.direction in ('two_way', 'write') and record_kind = any (config.kinds)
    on conflict (tenant_id, platform, kind, record_id) do update
        set version = waiting.version + 1,
            cause = excluded.cause,
            cause_id = null,
            queued_at = case waiting.status when 'pending' then waiting.queued_at else excluded.queued_at end,
            attempts = case waiting.status when 'pending' then waiting.attempts else 0 end,
            status = 'pending',
            reason = null,
            next_attempt_at = null;
end
$$;

-- What a person changed in a record, given the row before and after: stamps it, writes it down, queues it. Returns the new stamps.
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
        insert into public.crm_audit_log (tenant_id, kind, record_id, field, action, old_value, new_value, source, changed_at, cause, actor)
        select tenant, record_kind, record, edit.field, 'set', was ->> edit.field, becomes ->> edit.field, 'supabase', edit.edited_at, 'edit',
               (select public.crm_actor())
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

-- before insert on a record table; the argument is the kind. Sync inserts bring stamps and pass untouched.
create or replace function public.crm_capture_insert() returns trigger
    language plpgsql security definer set search_path = '' set timezone = 'UTC'
as $$
declare
    edited_at timestamptz := clock_timestamp();
    taken boolean;
begin
    if new.field_stamps <> '{}' then
        return new;
    end if;
    new.field_stamps := jsonb_build_object('*', public.crm_stamp(edited_at, 'supabase'));
    -- "insert ... on conflict" fires this also for a row that is there; that one is no creation.
    execute format('select exists (select from %I.%I where tenant_id = $1 and id = $2)', tg_table_schema, tg_table_name)
        into taken using new.tenant_id, new.id;
    if not taken then
        perform public.crm_note(
            new.tenant_id, tg_argv[0], new.id, null, 'create', null,
            (jsonb_strip_nulls(to_jsonb(new) - public.crm_bookkeeping()) || public.crm_custom_named(new.custom_fields, '{}'))::text,
            edited_at, 'edit');
        perform public.crm_enqueue(new.tenant_id, tg_argv[0], new.id);
    end if;
    return new;
end
$$;

-- before delete on a record table. Deleting marks the row, with the rights of whoever deletes; the update above captures it.
-- The statement then reports 0 rows: to be told, set deleted_at instead.
create or replace function public.crm_soft_delete() returns trigger
    language plpgsql set search_path = ''
as $$
begin
    execute format(
        'update %I.%I set deleted_at = clock_timestamp() where tenant_id = $1 and id = $2 and deleted_at is null',
        tg_table_schema, tg_table_name) using old.tenant_id, old.id;
    return null;
end
$$;

-- The owner of each. Who may call them: nobody (a trigger needs no right of its caller).
do $$
declare
    owned text;
begin
    foreach owned in array array[
        'crm_note(uuid, text, uuid, text, text, text, text, timestamptz, text)', 'crm_enqueue(uuid, text, uuid)',
        'crm_capture_edit(text, jsonb, jsonb)', 'crm_capture_insert()', 'crm_capture_update_contact()', 'crm_capture_update_company()',
        'crm_capture_update_deal()', 'crm_capture_update_activity()', 'crm_capture_update_task()']
    loop
        execute format('alter function public.%s owner to crm_capture', owned);
    end loop;
end
$$;
