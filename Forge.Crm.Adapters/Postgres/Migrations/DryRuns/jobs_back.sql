-- Beside a job under way there is no place for a dry run any more, nor for a job that changed nothing among those that did.
alter table public.crm_sync_jobs no force row level security;
delete from public.crm_sync_jobs where is_dry_run;
alter table public.crm_sync_jobs force row level security;
