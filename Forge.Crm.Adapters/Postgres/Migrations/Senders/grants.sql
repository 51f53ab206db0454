-- Fields of records are people's to write; see the first migration.
grant insert (from_email, from_name), update (from_email, from_name) on public.crm_activities to authenticated;
