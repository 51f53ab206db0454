-- As in the first migration, and: where the functions say that they act for somebody, a person is the cause.
-- After insert, update or delete on a table of settings: history of administration. Arguments: the kind; the columns that are state
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
        clock_timestamp(),
        case when public.crm_jwt_claims() ? 'sub' or current_setting('app.actor', true) <> '' then 'person' else 'system' end);
    return null;
end
$$;
