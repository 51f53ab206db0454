-- History of settings, the times of changes, and what keeps history as it was written.

-- after insert, update or delete on a table of settings: history of administration. Arguments: the kind; the columns that are state
-- of the sync rather than settings; the columns whose values are not to be shown.
create or replace function public.crm_note_settings() returns trigger
    language plpgsql security definer set search_path = ''
as $$
declare
    was jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) - tg_argv[1]::text[] else '{}' end;
    becomes jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) - tg_argv[1]::text[] else '{}' end;
    named jsonb := was || becomes;
    changed text[];
begin
    select coalesce(array_agg(key), '{}') into changed
    from jsonb_object_keys(named) as key where was -> key is distinct from becomes -> key;
    if changed = '{}' then
        return null;
    end if;
    perform public.crm_note(
        (named ->> 'tenant_id')::uuid, tg_argv[0], (named ->> 'id')::uuid, named ->> 'platform', 'configure',
        public.crm_shown(was, changed, tg_argv[2]::text[]), public.crm_shown(becomes, changed, tg_argv[2]::text[]),
        clock_timestamp(), case when public.crm_jwt_claims() ? 'sub' then 'person' else 'system' end);
    return null;
end
$$;

-- The named settings as json text, values that are not to be shown masked; null when there are none.
create or replace function public.crm_shown(settings jsonb, names text[], hidden text[]) returns text
    language sql immutable parallel safe set search_path = ''
as $$
    select jsonb_object_agg(key, case when key = any (hidden) and value <> 'null' then '"(hidden)"' else value end)::text
    from jsonb_each(settings)
    where key = any (names)
$$;

-- before update, wherever there is an updated_at
create or replace function public.crm_touch() returns trigger
    language plpgsql set search_path = ''
as $$
begin
    new.updated_at := clock_timestamp();
    return new;
end
$$;

-- before update, delete or truncate on crm_audit_log. The rights of the caller apply here, so the one exception is a statement that
-- runs inside a function owned by crm_eraser, which nobody can log in as, and which may only blank the two values.
create or replace function public.crm_append_only() returns trigger
    language plpgsql set search_path = ''
as $$
begin
    if tg_op = 'UPDATE' and current_user = 'crm_eraser' then
        if to_jsonb(new) - '{old_value,new_value}'::text[] = to_jsonb(old) - '{old_value,new_value}'::text[] then
            return new;
        end if;
    end if;
    raise exception 'the audit log is append-only: % refused', lower(tg_op) using errcode = 'insufficient_privilege';
end
$$;

alter function public.crm_note_settings() owner to crm_capture;
