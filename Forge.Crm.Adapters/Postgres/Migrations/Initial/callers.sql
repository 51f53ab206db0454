-- Who is asking. Unset, empty or malformed means null, and null means no rows: never an error, never all rows.
-- (After a transaction that set it locally, a setting reads '', not null.)

-- The tenant of a transaction of the functions: select set_config('app.tenant_id', $1, true)
create or replace function public.crm_app_tenant() returns uuid
    language sql stable parallel safe set search_path = ''
as $$
    select case when setting.value ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' then setting.value::uuid end
    from (select current_setting('app.tenant_id', true) as value) as setting
$$;

-- The claims of the caller's JSON web token, as PostgREST hands them on; '{}' when there are none that can be read.
-- Not parallel safe: catching an error takes a subtransaction, which a parallel query may not start.
create or replace function public.crm_jwt_claims() returns jsonb
    language plpgsql stable set search_path = ''
as $$
declare
    claims jsonb;
begin
    claims := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
    return case when jsonb_typeof(claims) = 'object' then claims else '{}' end;
exception when data_exception or syntax_error or untranslatable_character or statement_too_complex then
    return '{}';
end
$$;

create or replace function public.crm_jwt_tenant() returns uuid
    language sql stable set search_path = ''
as $$
    select case when claim.value ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' then claim.value::uuid end
    from (select public.crm_jwt_claims() #>> '{app_metadata,tenant_id}' as value) as claim
$$;

-- Whether the person may change records. A viewer, or anyone whose role we do not know, may not.
create or replace function public.crm_jwt_writes() returns boolean
    language sql stable set search_path = ''
as $$
    select coalesce(public.crm_jwt_claims() #>> '{app_metadata,crm_role}' in ('admin', 'member'), false)
$$;

-- Who history names: the person of the token, else whom the functions say they act for, else the login.
create or replace function public.crm_actor() returns text
    language sql stable set search_path = ''
as $$
    select coalesce(
        nullif(public.crm_jwt_claims() ->> 'sub', ''),
        nullif(current_setting('app.actor', true), ''),
        session_user::text)
$$;
