-- The tables that reports have beside those of the first migration: the functions write them, people of the tenant read them; how far the reports
-- are is the functions' own matter. Rules as in the first migration.
do $$
declare
    added text;
begin
    foreach added in array array[
        'crm_pipeline_owner_snapshots', 'crm_revenue_forecast_history', 'crm_revenue_forecast_gaps', 'crm_report_runs'] loop
        execute format('alter table public.%I enable row level security, force row level security', added);
        execute format('revoke all on public.%I from public, anon, authenticated, service_role, crm_app, crm_relay', added);
        execute format('drop policy if exists crm_app on public.%I', added);
        execute format('create policy crm_app on public.%I to crm_app
            using (tenant_id = (select public.crm_app_tenant())) with check (tenant_id = (select public.crm_app_tenant()))', added);
        execute format('grant select, insert, update, delete on public.%I to crm_app', added);
        continue when added = 'crm_report_runs';
        execute format('drop policy if exists authenticated_select on public.%I', added);
        execute format('create policy authenticated_select on public.%I for select to authenticated
            using (tenant_id = (select public.crm_jwt_tenant()))', added);
        execute format('grant select on public.%I to authenticated', added);
    end loop;
end
$$;

create or replace trigger touch before update on public.crm_report_runs for each row execute function public.crm_touch();
