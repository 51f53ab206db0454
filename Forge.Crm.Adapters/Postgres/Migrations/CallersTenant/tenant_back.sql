create or replace function public.crm_app_tenant() returns uuid
    language sql stable parallel safe set search_path = ''
as $$
    select case when setting.value ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' then setting.value::uuid end
    from (select current_setting('app.tenant_id', true) as value) as setting
$$;
