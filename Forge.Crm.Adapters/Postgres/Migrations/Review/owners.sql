-- Only a member of a function's owner may replace it; see roles.sql of the first migration. owners_back.sql takes this back.
do $$
declare
    owner_role text;
begin
    foreach owner_role in array array['crm_capture', 'crm_eraser'] loop
        if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
            execute format('grant %I to current_user', owner_role);
        end if;
    end loop;
end
$$;
