-- Change capture of links between two records: as that of records (capture.sql), with a column for the stamp.

-- before insert or update on crm_associations: the same for a link between two records, whose one value is that it is there (and whether
-- it is the primary one) and whose stamp is a column. Both ends are looked at: a platform may keep the link on either.
create or replace function public.crm_capture_association() returns trigger
    language plpgsql security definer set search_path = ''
as $$
declare
    edited_at timestamptz;
    there boolean := new.deleted_at is null;
begin
    if tg_op = 'INSERT' then
        if new.stamp is not null then
            return new;
        end if;
        edited_at := clock_timestamp();
        new.stamp := public.crm_stamp(edited_at, 'supabase');
        if exists (
            select from public.crm_associations
            where tenant_id = new.tenant_id and from_kind = new.from_kind and from_id = new.from_id
              and to_kind = new.to_kind and to_id = new.to_id)
        then
            return new;
        end if;
    else
        if (new.tenant_id, new.from_kind, new.from_id, new.to_kind, new.to_id)
           is distinct from (old.tenant_id, old.from_kind, old.from_id, old.to_kind, old.to_id) then
            raise exception 'the two ends of an association never change' using errcode = 'integrity_constraint_violation';
        end if;
        if new.stamp is distinct from old.stamp or (there = (old.deleted_at is null) and new.is_primary = old.is_primary) then
            return new;
        end if;
        edited_at := public.crm_time_after(old.stamp);
        new.stamp := public.crm_stamp(edited_at, 'supabase');
    end if;

    perform public.crm_note(
        new.tenant_id, new.from_kind, new.from_id, new.to_kind, case when there then 'associate' else 'dissociate' end,
        case when not there then new.to_id::text end, case when there then new.to_id::text end, edited_at, 'edit');
    perform public.crm_enqueue(new.tenant_id, new.from_kind, new.from_id);
    perform public.crm_enqueue(new.tenant_id, new.to_kind, new.to_id);
    return new;
end
$$;

-- before delete on crm_associations: a tombstone, or the other side would add the link again.
create or replace function public.crm_soft_dissociate() returns trigger
    language plpgsql set search_path = ''
as $$
begin
    update public.crm_associations set deleted_at = clock_timestamp()
    where tenant_id = old.tenant_id and from_kind = old.from_kind and from_id = old.from_id
      and to_kind = old.to_kind and to_id = old.to_id and deleted_at is null;
    return null;
end
$$;

alter function public.crm_capture_association() owner to crm_capture;
