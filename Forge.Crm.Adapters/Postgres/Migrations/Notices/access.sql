-- What goes out as mail and webhooks: the functions write, send and show it, the relay sees for whom something is due, erasure takes a person
-- out. Rules as in the first migration.
revoke all on public.crm_notices from public, anon, authenticated, service_role, crm_app, crm_relay;
alter table public.crm_notices enable row level security, force row level security;
drop policy if exists crm_app on public.crm_notices;
create policy crm_app on public.crm_notices to crm_app
    using (tenant_id = (select public.crm_app_tenant())) with check (tenant_id = (select public.crm_app_tenant()));
drop policy if exists crm_eraser on public.crm_notices;
create policy crm_eraser on public.crm_notices to crm_eraser
    using (tenant_id = (select public.crm_app_tenant())) with check (tenant_id = (select public.crm_app_tenant()));
drop policy if exists crm_relay on public.crm_notices;
create policy crm_relay on public.crm_notices for select to crm_relay using (true);
grant select, insert, update, delete on public.crm_notices to crm_app;
grant select, delete on public.crm_notices to crm_eraser;
grant select (tenant_id, status, due_at, created_at) on public.crm_notices to crm_relay;
