-- As before, in plpgsql. Every table of a statement asks once (each policy is an initplan of its own), and PostgreSQL plans the body of a function in
-- sql that cannot be inlined anew each time: a tenth of a millisecond and more, twenty times in a report. Of one in plpgsql it does so once a session.
create or replace function public.crm_app_tenant() returns uuid
    language plpgsql stable parallel safe set search_path = ''
as $$
declare
    setting constant text := current_setting('app.tenant_id', true);
begin
    return case when setting ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' then setting::uuid end;
end
$$;
