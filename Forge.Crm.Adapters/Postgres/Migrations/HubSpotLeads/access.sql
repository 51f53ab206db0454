-- Leads that rules make at HubSpot: the functions write, send and show them, the relay sees for whom one is due, erasure takes a person out. Rules as in
-- the first migration.
revoke all on public.crm_hubspot_leads from public, anon, authenticated, service_role, crm_app, crm_relay;
alter table public.crm_hubspot_leads enable row level security, force row level security;
drop policy if exists crm_app on public.crm_hubspot_leads;
create policy crm_app on public.crm_hubspot_leads to crm_app
    using (tenant_id = (select public.crm_app_tenant())) with check (tenant_id = (select public.crm_app_tenant()));
drop policy if exists crm_eraser on public.crm_hubspot_leads;
create policy crm_eraser on public.crm_hubspot_leads to crm_eraser
    using (tenant_id = (select public.crm_app_tenant())) with check (tenant_id = (select public.crm_app_tenant()));
drop policy if exists crm_relay on public.crm_hubspot_leads;
create policy crm_relay on public.crm_hubspot_leads for select to crm_relay using (true);
grant select, insert, update, delete on public.crm_hubspot_leads to crm_app;
grant select, update (status, name, reason), delete on public.crm_hubspot_leads to crm_eraser;
grant select (tenant_id, status, due_at) on public.crm_hubspot_leads to crm_relay;
