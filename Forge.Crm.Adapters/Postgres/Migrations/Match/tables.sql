-- The match plan's tables: the functions write them, people of the tenant read what was found (its keys are for finding only), erasure
-- takes a person out. A hosted project may have handed the new tables to its API roles: start from nothing.
revoke all on public.crm_match_items, public.crm_match_keys from public, anon, authenticated, service_role, crm_app, crm_relay;

alter table public.crm_match_items enable row level security, force row level security;
alter table public.crm_match_keys enable row level security, force row level security;

drop policy if exists crm_app on public.crm_match_items;
create policy crm_app on public.crm_match_items to crm_app
    using (tenant_id = (select public.crm_app_tenant())) with check (tenant_id = (select public.crm_app_tenant()));
drop policy if exists crm_app on public.crm_match_keys;
create policy crm_app on public.crm_match_keys to crm_app
    using (tenant_id = (select public.crm_app_tenant())) with check (tenant_id = (select public.crm_app_tenant()));
drop policy if exists crm_eraser on public.crm_match_items;
create policy crm_eraser on public.crm_match_items to crm_eraser
    using (tenant_id = (select public.crm_app_tenant())) with check (tenant_id = (select public.crm_app_tenant()));
drop policy if exists crm_eraser on public.crm_match_keys;
create policy crm_eraser on public.crm_match_keys to crm_eraser
    using (tenant_id = (select public.crm_app_tenant())) with check (tenant_id = (select public.crm_app_tenant()));
drop policy if exists authenticated_select on public.crm_match_items;
create policy authenticated_select on public.crm_match_items for select to authenticated
    using (tenant_id = (select public.crm_jwt_tenant()));

grant select, insert, update, delete on public.crm_match_items, public.crm_match_keys to crm_app;
grant select, update, delete on public.crm_match_items to crm_eraser;
grant select, delete on public.crm_match_keys to crm_eraser;
grant select (tenant_id, platform, kind, id, side, remote_kind, external_id, label, class, matched_by, candidates, twins, decision, decided_with,
    decided_by, decided_at) on public.crm_match_items to authenticated;

grant select (match_state, match_plan, deal_match) on public.crm_sync_configs to authenticated;
grant select (match_state) on public.crm_sync_configs to crm_relay;
