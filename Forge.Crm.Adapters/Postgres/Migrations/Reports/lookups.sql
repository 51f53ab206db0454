-- History of stages and owners, for reports as of an instant that has passed: a stage's probability then, who could own something then.

-- after insert, update or delete on crm_stages or crm_owners: the whole row before and after, for any change. Arguments: the kind; the column with the
-- hub's id; the columns that nobody needs there. Owner as of the others that write history: crm_capture.
create or replace function public.crm_note_lookup() returns trigger
    language plpgsql security definer set search_path = '' set timezone = 'UTC'
as $$
declare
    was jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) - tg_argv[2]::text[] end;
    becomes jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) - tg_argv[2]::text[] end;
    named jsonb := coalesce(becomes, was);
begin
    perform public.crm_note(
        (named ->> 'tenant_id')::uuid, tg_argv[0], (named ->> tg_argv[1])::uuid, named ->> 'platform', 'configure', was::text, becomes::text,
        clock_timestamp(), 'system');
    return null;
end
$$;

create or replace trigger note_lookup after insert or update or delete on public.crm_stages
    for each row execute function public.crm_note_lookup('stage', 'stage_id', '{}');
create or replace trigger note_lookup after insert or update or delete on public.crm_owners
    for each row execute function public.crm_note_lookup('owner', 'owner_id', '{email,name}');

-- Only a member of the new owner may hand it over, and the new owner must be allowed to create in the schema: as in the first migration.
do $$
declare
    is_super boolean := (select rolsuper from pg_catalog.pg_roles where rolname = current_user);
begin
    if not is_super then
        grant crm_capture to current_user;
    end if;
    grant create on schema public to crm_capture;
    alter function public.crm_note_lookup() owner to crm_capture;
    revoke create on schema public from crm_capture;
    revoke all on function public.crm_note_lookup() from public, anon, authenticated, service_role, crm_app, crm_relay;
    if not is_super then
        revoke crm_capture from current_user;
    end if;
end
$$;
