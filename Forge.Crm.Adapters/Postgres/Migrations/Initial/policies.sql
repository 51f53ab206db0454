-- Row-level security: enabled, and forced on the owner too; a policy for each role, never one that two kinds of caller share (one that took
-- either the transaction's tenant or the token's would show one tenant to the other's token). The (select ...) makes it one look-up
-- a statement instead of one a row.
do $$
declare
    target record;
begin
    -- Every table, for the functions: the tenant of the transaction.
    for target in
        select relname as name from pg_catalog.pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname like 'crm\_%'
    loop
        execute format('alter table public.%I enable row level security, force row level security', target.name);
        execute format('drop policy if exists crm_app on public.%I', target.name);
        execute format('create policy crm_app on public.%I to crm_app
            using (tenant_id = (select public.crm_app_tenant())) with check (tenant_id = (select public.crm_app_tenant()))', target.name);
    end loop;

    -- People read their tenant's, by the token.
    foreach target.name in array array[
        'crm_contacts', 'crm_companies', 'crm_deals', 'crm_activities', 'crm_tasks', 'crm_associations', 'crm_owners', 'crm_stages',
        'crm_audit_log', 'crm_conflict_records', 'crm_pipeline_snapshots', 'crm_activity_summaries', 'crm_revenue_forecasts', 'crm_automation_rules',
        'crm_sync_jobs', 'crm_sync_configs', 'crm_webhook_events']
    loop
        execute format('drop policy if exists authenticated_select on public.%I', target.name);
        execute format('create policy authenticated_select on public.%I for select to authenticated
            using (tenant_id = (select public.crm_jwt_tenant()))', target.name);
    end loop;

    -- People write records and their associations, if their role lets them.
    foreach target.name in array array['crm_contacts', 'crm_companies', 'crm_deals', 'crm_activities', 'crm_tasks', 'crm_associations']
    loop
        execute format('drop policy if exists authenticated_insert on public.%I', target.name);
        execute format('create policy authenticated_insert on public.%I for insert to authenticated
            with check (tenant_id = (select public.crm_jwt_tenant()) and (select public.crm_jwt_writes()))', target.name);
        execute format('drop policy if exists authenticated_update on public.%I', target.name);
        execute format('create policy authenticated_update on public.%I for update to authenticated
            using (tenant_id = (select public.crm_jwt_tenant()) and (select public.crm_jwt_writes()))
            with check (tenant_id = (select public.crm_jwt_tenant()) and (select public.crm_jwt_writes()))', target.name);
        execute format('drop policy if exists authenticated_delete on public.%I', target.name);
        execute format('create policy authenticated_delete on public.%I for delete to authenticated
            using (tenant_id = (select public.crm_jwt_tenant()) and (select public.crm_jwt_writes()))', target.name);
    end loop;

    -- The relay looks for waiting work of all tenants. Columns are limited by its grants.
    foreach target.name in array array['crm_tenants', 'crm_sync_configs', 'crm_webhook_events', 'crm_outbox', 'crm_sync_jobs']
    loop
        execute format('drop policy if exists crm_relay on public.%I', target.name);
        execute format('create policy crm_relay on public.%I for select to crm_relay using (true)', target.name);
    end loop;

    -- The lookup of the intake reads what its one function needs.
    foreach target.name in array array['crm_connections', 'crm_tenants', 'crm_sync_configs']
    loop
        execute format('drop policy if exists crm_router on public.%I', target.name);
        execute format('create policy crm_router on public.%I for select to crm_router using (true)', target.name);
    end loop;

    -- Capture takes the tenant from the row that was changed (an edit in SQL may name none), and asks whether that row is there.
    foreach target.name in array array[
        'crm_contacts', 'crm_companies', 'crm_deals', 'crm_activities', 'crm_tasks', 'crm_associations', 'crm_sync_configs']
    loop
        execute format('drop policy if exists crm_capture on public.%I', target.name);
        execute format('create policy crm_capture on public.%I for select to crm_capture using (true)', target.name);
    end loop;

    -- Erasure works for the tenant of the transaction, like the functions that call it.
    foreach target.name in array array[
        'crm_contacts', 'crm_companies', 'crm_deals', 'crm_activities', 'crm_tasks', 'crm_audit_log', 'crm_record_links', 'crm_identities',
        'crm_outbox', 'crm_webhook_events', 'crm_conflict_records']
    loop
        execute format('drop policy if exists crm_eraser on public.%I', target.name);
        execute format('create policy crm_eraser on public.%I to crm_eraser
            using (tenant_id = (select public.crm_app_tenant())) with check (tenant_id = (select public.crm_app_tenant()))', target.name);
    end loop;
end
$$;

drop policy if exists crm_capture on public.crm_audit_log;
create policy crm_capture on public.crm_audit_log for insert to crm_capture with check (true);
drop policy if exists crm_capture on public.crm_outbox;
create policy crm_capture on public.crm_outbox to crm_capture using (true) with check (true);

-- Leases of the whole system belong to the nil tenant.
drop policy if exists crm_relay on public.crm_leases;
create policy crm_relay on public.crm_leases to crm_relay
    using (tenant_id = '00000000-0000-0000-0000-000000000000') with check (tenant_id = '00000000-0000-0000-0000-000000000000');
