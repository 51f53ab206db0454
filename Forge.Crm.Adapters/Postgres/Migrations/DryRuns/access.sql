-- The plans of dry runs: the functions write and show them, erasure takes a person out. Rules as in the first migration.
revoke all on public.crm_sync_plans from public, anon, authenticated, service_role, crm_app, crm_relay;
alter table public.crm_sync_plans enable row level security, force row level security;
drop policy if exists crm_app on public.crm_sync_plans;
create policy crm_app on public.crm_sync_plans to crm_app
    using (tenant_id = (select public.crm_app_tenant())) with check (tenant_id = (select public.crm_app_tenant()));
drop policy if exists crm_eraser on public.crm_sync_plans;
create policy crm_eraser on public.crm_sync_plans to crm_eraser
    using (tenant_id = (select public.crm_app_tenant())) with check (tenant_id = (select public.crm_app_tenant()));
grant select, insert, update, delete on public.crm_sync_plans to crm_app;
grant select, delete on public.crm_sync_plans to crm_eraser;

grant select (is_dry_run) on public.crm_sync_jobs to crm_relay;
