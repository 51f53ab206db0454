-- Who may do what. Row-level security says which rows; this says which verbs and columns. Nobody may truncate: it asks no policy.

-- Start from nothing. A hosted project may have default privileges that hand every new table and function to its API roles.
do $$
declare
    target record;
begin
    for target in
        select format('table public.%I', relname) as object from pg_catalog.pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm') and relname like 'crm\_%'
        union all
        select format('sequence public.%I', relname) from pg_catalog.pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'S' and relname like 'crm\_%'
        union all
        select format('function %s', oid::regprocedure) from pg_catalog.pg_proc
        where pronamespace = 'public'::regnamespace and proname like 'crm\_%'
    loop
        execute format('revoke all on %s from public, anon, authenticated, service_role, crm_app, crm_relay', target.object);
    end loop;
end
$$;

grant usage on schema public to crm_app, crm_relay, authenticated;

-- The functions.
do $$
declare
    target record;
begin
    for target in
        select relname as name from pg_catalog.pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname like 'crm\_%' and relname <> 'crm_audit_log'
    loop
        execute format('grant select, insert, update on public.%I to crm_app', target.name);
    end loop;
    -- Bulk writes go through temporary tables.
    if not has_database_privilege('crm_app', current_database(), 'temporary') then
        execute format('grant temporary on database %I to crm_app', current_database());
    end if;
end
$$;
grant select, insert on public.crm_audit_log to crm_app;
grant delete on
    public.crm_outbox, public.crm_identities, public.crm_leases, public.crm_webhook_events, public.crm_rate_budgets,
    public.crm_pipeline_snapshots, public.crm_activity_summaries, public.crm_revenue_forecasts,
    public.crm_automation_rules, public.crm_connections
    to crm_app;

-- The relay: where work waits, never what it is.
grant select (tenant_id, state, time_zone) on public.crm_tenants to crm_relay;
grant select (tenant_id, platform, kinds, interval_minutes, enabled, state, lanes, reconciled_at, direction)
    on public.crm_sync_configs to crm_relay;
grant select (tenant_id, id, platform, lane, status, received_at, next_attempt_at) on public.crm_webhook_events to crm_relay;
grant select (tenant_id, platform, lane, status, queued_at, next_attempt_at) on public.crm_outbox to crm_relay;
grant select (tenant_id, id, platform, state, step, updated_at) on public.crm_sync_jobs to crm_relay;
grant select, insert, update, delete on public.crm_leases to crm_relay;

-- The owners of the definer functions.
grant select (tenant_id, id, platform, account_id, path_key, state, webhook_secret_ref) on public.crm_connections to crm_router;
grant select (tenant_id, state) on public.crm_tenants to crm_router;
grant select (tenant_id, platform, lanes, enabled) on public.crm_sync_configs to crm_router;

grant insert on public.crm_audit_log to crm_capture;
grant select, insert, update on public.crm_outbox to crm_capture;
grant select (tenant_id, platform, direction, enabled, kinds, lanes) on public.crm_sync_configs to crm_capture;
grant select (tenant_id, id) on
    public.crm_contacts, public.crm_companies, public.crm_deals, public.crm_activities, public.crm_tasks to crm_capture;
grant select (tenant_id, from_kind, from_id, to_kind, to_id) on public.crm_associations to crm_capture;

grant select, update on
    public.crm_contacts, public.crm_companies, public.crm_deals, public.crm_activities, public.crm_tasks,
    public.crm_record_links, public.crm_conflict_records to crm_eraser;
grant select, insert, update (old_value, new_value) on public.crm_audit_log to crm_eraser;
grant select, delete on public.crm_identities, public.crm_outbox to crm_eraser;
grant select (tenant_id, id, platform, remote_kind, external_id, status, finished_at),
    update (raw, reason, status, finished_at, next_attempt_at) on public.crm_webhook_events to crm_eraser;

-- People. Fields of records are theirs to write; stamps, versions and times are not.
do $$
declare
    record_table text;
    fields text;
begin
    foreach record_table in array array['crm_contacts', 'crm_companies', 'crm_deals', 'crm_activities', 'crm_tasks'] loop
        select string_agg(quote_ident(attname), ', ') into fields
        from pg_catalog.pg_attribute
        where attrelid = format('public.%I', record_table)::regclass and attnum > 0 and not attisdropped
          and attname <> all (public.crm_bookkeeping());
        execute format('grant select, insert (tenant_id, id, custom_fields, %1$s), update (custom_fields, deleted_at, %1$s), delete
            on public.%2$I to authenticated', fields, record_table);
    end loop;
end
$$;
grant select,
    insert (tenant_id, from_kind, from_id, to_kind, to_id, is_primary), update (is_primary, deleted_at), delete
    on public.crm_associations to authenticated;
grant select on
    public.crm_owners, public.crm_stages, public.crm_audit_log, public.crm_conflict_records, public.crm_pipeline_snapshots,
    public.crm_activity_summaries, public.crm_revenue_forecasts, public.crm_automation_rules, public.crm_sync_jobs
    to authenticated;
do $$
declare
    target record;
    shown text;
begin
    for target in select * from (values ('crm_webhook_events', 'raw'), ('crm_sync_configs', 'secret_ref')) as partly (name, hidden) loop
        select string_agg(quote_ident(attname), ', ') into shown
        from pg_catalog.pg_attribute
        where attrelid = format('public.%I', target.name)::regclass and attnum > 0 and not attisdropped and attname <> target.hidden;
        execute format('grant select (%s) on public.%I to authenticated', shown, target.name);
    end loop;
end
$$;

-- Functions. Policies and column defaults run with the rights of the caller.
grant execute on function public.crm_app_tenant(), public.crm_jwt_tenant(), public.crm_jwt_claims() to crm_app, authenticated;
grant execute on function public.crm_jwt_writes() to authenticated;
grant execute on function public.crm_lane(uuid, integer), public.crm_erase_record(uuid, text, uuid) to crm_app;
grant execute on function public.crm_route(text, text, text) to crm_app, crm_relay;
grant execute on function
    public.crm_jwt_claims(), public.crm_actor(), public.crm_stamp(timestamptz, text), public.crm_field_stamp(jsonb, text),
    public.crm_time_after(text), public.crm_bookkeeping(), public.crm_custom_named(jsonb, jsonb), public.crm_lane(uuid, integer),
    public.crm_shown(jsonb, text[], text[])
    to crm_capture;
grant execute on function
    public.crm_app_tenant(), public.crm_jwt_claims(), public.crm_actor(), public.crm_stamp(timestamptz, text), public.crm_bookkeeping()
    to crm_eraser;

-- The migrating role gives back what it took in roles.sql.
do $$
declare
    owner_role text;
begin
    foreach owner_role in array array['crm_router', 'crm_capture', 'crm_eraser'] loop
        execute format('revoke create on schema public from %I', owner_role);
        if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
            execute format('revoke %I from current_user', owner_role);
        end if;
    end loop;
end
$$;
