-- The roles, made once a server (roles belong to the server, so another database may have made them already).
-- No passwords here: an operator sets those of the two that log in, with: alter role crm_app password '...'
--
--   crm_app        the functions; sees the one tenant that its transaction names
--   crm_relay      looks for waiting work across tenants; sees where it waits, never what it is
--   crm_router     owns the lookup from an account of a platform to its tenant
--   crm_capture    owns the triggers that write history and outbox
--   crm_eraser     owns the one function that may redact history
--   authenticated, anon, service_role   are there on Supabase, and stand-ins elsewhere
do $$
declare
    wanted record;
begin
    for wanted in
        select * from (values
            ('crm_app', 'login'), ('crm_relay', 'login'),
            ('crm_router', 'nologin'), ('crm_capture', 'nologin'), ('crm_eraser', 'nologin'),
            ('authenticated', 'nologin'), ('anon', 'nologin'), ('service_role', 'nologin')
        ) as role (name, login)
    loop
        if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
            begin
                execute format('create role %I %s', wanted.name, wanted.login);
            exception when duplicate_object or unique_violation then
                null; -- somebody migrating another database of this server was faster
            end;
        end if;
    end loop;
end
$$;

-- A role of ours that gets round row-level security would make every policy below a decoration.
do $$
declare
    loose text;
begin
    select string_agg(rolname, ', ') into loose
    from pg_catalog.pg_roles
    where rolname in ('crm_app', 'crm_relay', 'crm_router', 'crm_capture', 'crm_eraser')
      and (rolsuper or rolbypassrls or rolcreaterole or rolreplication);
    if loose is not null then
        raise exception 'these roles must have no special attributes, least of all bypassrls: %', loose;
    end if;
end
$$;

-- Functions are handed to their owners below. Only a member of the new owner may do that, and the new owner must be allowed
-- to create in the schema. A superuser needs neither; the owner of a hosted database (Supabase's postgres) needs both, for
-- as long as this migration runs: grants.sql takes them back.
do $$
declare
    owner_role text;
begin
    foreach owner_role in array array['crm_router', 'crm_capture', 'crm_eraser'] loop
        if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
            execute format('grant %I to current_user', owner_role);
        end if;
        execute format('grant usage, create on schema public to %I', owner_role);
    end loop;
end
$$;
