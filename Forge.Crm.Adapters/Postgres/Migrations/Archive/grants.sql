-- Putting a record away, and bringing it back, is people's to do; see the first migration.
do $$
declare
    record_table text;
begin
    foreach record_table in array array['crm_contacts', 'crm_companies', 'crm_deals', 'crm_activities', 'crm_tasks'] loop
        execute format('grant insert (archived_at), update (archived_at) on public.%I to authenticated', record_table);
    end loop;
end
$$;
