-- The queue tables swing between empty and long, and a plan that was cached for an empty table would scan a long one:
-- the functions that look into them are told to use the indexes.
create function local_bus.pin_plans(p_function regprocedure) returns void language plpgsql as $$
begin
    execute format('alter function %s set enable_seqscan = off', p_function);
    execute format('alter function %s set enable_bitmapscan = off', p_function);
end $$;

select local_bus.pin_plans(oid::regprocedure) from pg_proc
 where pronamespace = 'local_bus'::regnamespace
   and proname in ('receive', 'receive_in_session', 'accept_sessions', 'complete', 'abandon', 'dead_letter', 'renew_message');
