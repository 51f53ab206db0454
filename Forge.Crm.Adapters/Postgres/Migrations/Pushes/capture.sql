-- As in the first migration, and: the row says when the record was last touched, and whoever listens hears which lane has something new, "tenant:platform:lane" and nothing else, at the commit of
-- the edit. PostgreSQL lets commits with a notification through one at a time, so it is here, where people edit, and not in the outbox, which
-- the sync writes to by the thousand and rings for itself. A transaction tells of each lane once; where nobody listens it costs next to nothing.
create or replace function public.crm_enqueue(tenant uuid, record_kind text, record uuid) returns void
    language plpgsql set search_path = ''
as $$
declare
    queued record;
begin
    for queued in
        insert into public.crm_outbox as waiting (tenant_id, platform, kind, record_id, lane, cause)
        select tenant, config.platform, record_kind, record, public.crm_lane(record, config.lanes), 'edit'
        from public.crm_sync_configs config
        where config.tenant_id = tenant and config.enabled and config.direction in ('two_way', 'write') and record_kind = any (config.kinds)
        on conflict (tenant_id, platform, kind, record_id) do update
            set version = waiting.version + 1,
                touched_at = excluded.touched_at,
                cause = excluded.cause,
                cause_id = null,
                queued_at = case waiting.status when 'pending' then waiting.queued_at else excluded.queued_at end,
                attempts = case waiting.status when 'pending' then waiting.attempts else 0 end,
                status = 'pending',
                reason = null,
                next_attempt_at = null
        returning platform, lane
    loop
        perform pg_notify('crm_outbox', tenant || ':' || queued.platform || ':' || queued.lane);
    end loop;
end
$$;
