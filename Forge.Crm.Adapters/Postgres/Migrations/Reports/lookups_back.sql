-- The function belongs to crm_capture: only a member may drop it. History stays as it was written.
drop trigger if exists note_lookup on public.crm_stages;
drop trigger if exists note_lookup on public.crm_owners;
do $$
begin
    if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
        grant crm_capture to current_user;
    end if;
    drop function if exists public.crm_note_lookup();
    if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
        revoke crm_capture from current_user;
    end if;
end
$$;
