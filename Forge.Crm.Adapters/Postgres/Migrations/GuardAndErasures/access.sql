-- Two tables of the functions alone: what was deleted lately, and the certificates of erasures. Rules as in the first migration.
do $$
declare
    added text;
begin
    foreach added in array array['crm_deletions', 'crm_erasures'] loop
        execute format('alter table public.%I enable row level security, force row level security', added);
        execute format('revoke all on public.%I from public, anon, authenticated, service_role, crm_app, crm_relay', added);
        execute format('drop policy if exists crm_app on public.%I', added);
        execute format('create policy crm_app on public.%I to crm_app
            using (tenant_id = (select public.crm_app_tenant())) with check (tenant_id = (select public.crm_app_tenant()))', added);
        execute format('grant select, insert, update on public.%I to crm_app', added);
    end loop;
end
$$;
grant delete on public.crm_deletions to crm_app;
