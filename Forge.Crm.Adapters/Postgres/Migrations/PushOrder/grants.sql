-- The relay goes from lane to lane by the index of what is pending, which this is a part of.
grant select (is_bulk) on public.crm_outbox to crm_relay;
