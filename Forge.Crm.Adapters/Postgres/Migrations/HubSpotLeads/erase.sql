-- Erasure of a person's data: the record, those merged into it, and every copy of their values. What stays says that something was there:
-- ids, times, and links with the state 'erased', so that a late event cannot raise the record again.
-- Returns false when there is no such record. Only for the tenant of the transaction. Owner and rights are those of the first migration.
create or replace function public.crm_erase_record(p_tenant uuid, p_kind text, p_record uuid) returns boolean
    language plpgsql security definer set search_path = ''
as $$
declare
    record_table text := case p_kind
        when 'contact' then 'crm_contacts' when 'company' then 'crm_companies' when 'deal' then 'crm_deals'
        when 'activity' then 'crm_activities' when 'task' then 'crm_tasks' end;
    erased_at timestamptz := clock_timestamp();
    stamp text := public.crm_stamp(erased_at, 'supabase');
    blanks text;
    records uuid[];
    platforms constant text[] := array['supabase', 'hubspot', 'pipedrive', 'supabase_project'];
    apps constant text[] := array['bidflow', 'folio', 'hephaitos'];
    items uuid[];
    item_keys text[];
begin
    if p_tenant is distinct from public.crm_app_tenant() then
        raise exception 'only a record of the tenant at work can be erased' using errcode = 'insufficient_privilege';
    end if;
    if record_table is null then
        raise exception 'no such kind of record' using errcode = 'invalid_parameter_value';
    end if;

    execute format($find$
        with recursive family as (
            select id from public.%1$I where tenant_id = $1 and id = $2
            union
            select child.id from public.%1$I child join family on child.merged_into_id = family.id where child.tenant_id = $1)
        select array_agg(id) from family $find$, record_table) into records using p_tenant, p_record;
    if records is null then
        return false;
    end if;

    -- The new stamp of everything keeps change capture from writing the old values down once more.
    select string_agg(format('%I = null', attname), ', ') into blanks
    from pg_catalog.pg_attribute
    where attrelid = format('public.%I', record_table)::regclass and attnum > 0 and not attisdropped
      and attname <> all (public.crm_bookkeeping());
    execute format($blank$
        update public.%I set %s, custom_fields = '{}', field_stamps = jsonb_build_object('*', $3, 'deleted', $3),
            deleted_at = coalesce(deleted_at, $4)
        where tenant_id = $1 and id = any ($2) $blank$, record_table, blanks) using p_tenant, records, stamp, erased_at;

    update public.crm_webhook_events event
        set raw = '', reason = 'erased', next_attempt_at = null, finished_at = coalesce(event.finished_at, erased_at),
            status = case event.status when 'pending' then 'ignored' else event.status end
        from public.crm_record_links link
        where link.tenant_id = p_tenant and link.record_id = any (records)
          and event.tenant_id = p_tenant and event.platform = link.platform and event.external_id = link.external_id
          and coalesce(event.remote_kind, link.remote_kind) = link.remote_kind;
    -- Deliveries that could not be read name no record: those in which an address of the person stands. They may hold any bytes, so they are looked at as such.
    update public.crm_webhook_events event
        set raw = '', reason = 'erased', next_attempt_at = null, finished_at = coalesce(event.finished_at, erased_at),
            status = case event.status when 'pending' then 'ignored' else event.status end
        where event.tenant_id = p_tenant and event.platform = any (platforms) and event.external_id is null and event.raw <> ''
          and exists (select from public.crm_identities identity
                       where identity.tenant_id = p_tenant and identity.record_id = any (records) and starts_with(identity.key, 'email:')
                         and lower(encode(event.raw, 'escape')) ~ ('(^|[^a-z0-9._%+-])' || regexp_replace(substr(identity.key, 7), '[^a-z0-9@]', '\\\&', 'g') || '(?![a-z0-9_-]|\.[a-z0-9])'));
    -- What our own apps sent: events that led to the person (a rule found, made or changed the record), and those that name an address of theirs, though
    -- they failed, or wait, or nothing came of them: where the contract puts the address, and as a text anywhere in an event of another version.
    update public.crm_webhook_events event
        set raw = '', external_id = null, reason = 'erased', next_attempt_at = null, finished_at = coalesce(event.finished_at, erased_at),
            status = case event.status when 'pending' then 'ignored' else event.status end
        where event.tenant_id = p_tenant and event.platform = any (apps)
          and case when event.raw = '' then false else
              event.id in (select heard.journal_id from (select run.event_id, run.records as seen from public.crm_rule_runs run where run.tenant_id = p_tenant) run
                             join public.crm_rule_events heard on heard.tenant_id = p_tenant and heard.id = run.event_id
                            where run.seen && records and heard.journal_id is not null)
              or exists (select from public.crm_identities identity
                          where identity.tenant_id = p_tenant and identity.record_id = any (records) and starts_with(identity.key, 'email:')
                            and (lower(convert_from(event.raw, 'UTF8')::json #>> '{data,contact,email}') = substr(identity.key, 7)
                                 or strpos(lower(convert_from(event.raw, 'UTF8')), '"' || substr(identity.key, 7) || '"') > 0)) end;
    update public.crm_record_links
        set state = 'erased', state_at = erased_at, seen = '{}', seen_stamps = '{}', hub_stamps = '{}', sent = null, pushed = null
        where tenant_id = p_tenant and record_id = any (records);
    update public.crm_conflict_records
        set base_value = null, hub_value = null, remote_value = null, resolution = null,
            state = case state when 'open' then 'superseded' else state end, resolved_at = coalesce(resolved_at, erased_at)
        where tenant_id = p_tenant and record_id = any (records);
    update public.crm_audit_log
        set old_value = case when old_value is not null then '[erased]' end, new_value = case when new_value is not null then '[erased]' end
        where tenant_id = p_tenant and record_id = any (records) and (old_value is not null or new_value is not null);

    -- What somebody was told, or is to be told, of the person, and what was to be mailed to them.
    delete from public.crm_notices notice where notice.tenant_id = p_tenant and notice.record_id = any (records) and notice.kind = p_kind;
    delete from public.crm_notices notice using public.crm_identities identity
        where identity.tenant_id = p_tenant and identity.record_id = any (records)
          and notice.tenant_id = p_tenant and notice.target = 'address' and identity.key = 'email:' || lower(notice.address);
    -- Leads at HubSpot: one that was not sent is not made any more; what is there, or may be, is known by its id, or by a hash of its name, until it is gone.
    delete from public.crm_hubspot_leads lead
        where lead.tenant_id = p_tenant and lead.contact_id = any (records) and lead.lead_id is null and lead.sent_to is null;
    update public.crm_hubspot_leads lead
        set status = 'erased', reason = null, name = case when lead.lead_id is null then encode(sha256(convert_to(lead.name, 'UTF8')), 'hex') else '' end
        where lead.tenant_id = p_tenant and lead.contact_id = any (records) and lead.status <> 'erased';
    delete from public.crm_identities where tenant_id = p_tenant and record_id = any (records);
    delete from public.crm_outbox where tenant_id = p_tenant and kind = p_kind and record_id = any (records);

    -- The match plan: the person's items go. Of others that carry one of the same keys, the keys and what they were recognised by go.
    select records || coalesce(array_agg(encode(substring(sha256(convert_to(link.remote_kind || ':' || link.external_id, 'UTF8')) for 16), 'hex')::uuid), '{}')
        into items from public.crm_record_links link where link.tenant_id = p_tenant and link.record_id = any (records);
    select coalesce(array_agg(distinct key), '{}') into item_keys
        from public.crm_match_items item cross join unnest(item.keys) as key
        where item.tenant_id = p_tenant and item.platform = any (platforms) and item.kind = p_kind and item.id = any (items);
    delete from public.crm_match_items item
        where item.tenant_id = p_tenant and item.platform = any (platforms) and item.kind = p_kind and item.id = any (items);
    update public.crm_match_items item
        set label = null, keys = array(select key from unnest(item.keys) as key where key <> all (item_keys))
        from public.crm_match_keys key
        where key.tenant_id = p_tenant and key.platform = any (platforms) and key.kind = p_kind and key.key = any (item_keys)
          and item.tenant_id = p_tenant and item.platform = key.platform and item.kind = key.kind and item.id = key.item_id;
    delete from public.crm_match_keys key
        where key.tenant_id = p_tenant and key.platform = any (platforms) and key.kind = p_kind and key.key = any (item_keys);

    -- What dry runs would have done to the record, or to what the platforms call it.
    delete from public.crm_sync_plans plan where plan.tenant_id = p_tenant and plan.record_id = any (records);
    delete from public.crm_sync_plans plan using public.crm_record_links link
        where link.tenant_id = p_tenant and link.record_id = any (records)
          and plan.tenant_id = p_tenant and plan.remote_kind = link.remote_kind and plan.external_id = link.external_id;

    insert into public.crm_audit_log (tenant_id, kind, record_id, action, source, changed_at, cause, actor)
    select p_tenant, p_kind, erased, 'erase', 'supabase', erased_at, 'person', public.crm_actor() from unnest(records) as erased;
    return true;
end
$$;
