-- Stamps: '2026-11-22T17:38:18.123456Z hubspot', when and where a value was made; always 27 characters of time.
-- The functions that are asked of every changed field have no search path of their own: only so do they become part of the query that
-- calls them. They name nothing that a search path could bend, and their callers have one.

create or replace function public.crm_stamp(at timestamptz, platform text) returns text
    language sql stable parallel safe
as $$
    select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || ' ' || platform
$$;

-- The stamp of a field: its own entry, even a null one, else that of '*', which stands for every field not listed.
create or replace function public.crm_field_stamp(stamps jsonb, field text) returns text
    language sql immutable parallel safe
as $$
    select case when stamps ? field then stamps ->> field else stamps ->> '*' end
$$;

-- A time for an edit made now, and later than the stamp that it replaces even if this clock is behind.
create or replace function public.crm_time_after(stamp text) returns timestamptz
    language sql volatile
as $$
    select greatest(clock_timestamp(), left(stamp, 27)::timestamptz + interval '1 microsecond')
$$;

-- The columns of a record table that are not fields of the record.
create or replace function public.crm_bookkeeping() returns text[]
    language sql immutable parallel safe set search_path = ''
as $$
    select array['tenant_id', 'id', 'custom_fields', 'field_stamps', 'version', 'created_at', 'updated_at', 'deleted_at', 'merged_into_id']
$$;

-- Custom fields as history and stamps name them: custom.<key>. A key that only the others have is null here.
create or replace function public.crm_custom_named(custom jsonb, others jsonb) returns jsonb
    language sql immutable parallel safe set search_path = ''
as $$
    select coalesce(jsonb_object_agg('custom.' || key, coalesce(custom -> key, 'null')), '{}')
    from jsonb_object_keys(others || custom) as key
$$;

-- The lane of a record's pushes: the number in the last seven hex digits of its id, over the number of lanes.
create or replace function public.crm_lane(record_id uuid, lanes integer) returns integer
    language sql immutable parallel safe
as $$
    select ('x' || right(record_id::text, 7))::bit(28)::integer % lanes
$$;
