-- The migrating role gives back what it took in owners.sql.
do $$
declare
    owner_role text;
begin
    foreach owner_role in array array['crm_capture', 'crm_eraser'] loop
        if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
            execute format('revoke %I from current_user', owner_role);
        end if;
    end loop;
end
$$;
