-- As in the first migration.
create or replace trigger note_settings after insert or update or delete on public.crm_sync_configs
    for each row execute function public.crm_note_settings('sync_config', '{created_at,updated_at,cursors,reconciled_at}', '{secret_ref}');
