-- Whose webhook is this? Asked before any tenant is known, by platform and account (path key null) or by platform and path key.
-- Only active connections of active tenants. It is the one question across tenants that the functions may ask.
create or replace function public.crm_route(p_platform text, p_account text, p_path_key text)
    returns table (tenant_id uuid, connection_id uuid, account_id text, webhook_secret_ref text, lanes integer, enabled boolean)
    language sql stable security definer set search_path = ''
as $$
    select connection.tenant_id, connection.id, connection.account_id, connection.webhook_secret_ref,
           coalesce(config.lanes, 1), coalesce(config.enabled, false)
    from public.crm_connections connection
    join public.crm_tenants tenant on tenant.tenant_id = connection.tenant_id and tenant.state = 'active'
    left join public.crm_sync_configs config on config.tenant_id = connection.tenant_id and config.platform = connection.platform
    where connection.state = 'active'
      and ((p_path_key is null and connection.platform = p_platform and connection.account_id = p_account)
        or (p_path_key is not null and connection.path_key = p_path_key and connection.platform = p_platform))
$$;

alter function public.crm_route(text, text, text) owner to crm_router;
