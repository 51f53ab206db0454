-- The local bus: Service Bus queues in PostgreSQL. These files are run in the order of their names, as a whole, under an advisory lock, whenever its text changed.
-- Times are the database's own (clock_timestamp()), so clients with skewed clocks cannot disagree about a lock.
-- Only send() commits durably: a lock or a settle lost in a crash of the server costs one more delivery, never a message.

create schema if not exists local_bus;

create table if not exists local_bus.queues (
    id integer generated always as identity primary key,
    name text collate "C" not null unique,
    requires_session boolean not null,
    lock_duration interval not null,
    -- Null for a dead-letter sub-queue: nothing leaves that one by itself.
    max_delivery_count integer,
    default_time_to_live interval,
    dead_letter_queue_id integer references local_bus.queues
);

create sequence if not exists local_bus.sequence_number;

-- One index serves everything: the order of a session, the hop to the next session, and the settle by number. (With a second one that also gives the
-- order of the numbers, the planner sooner or later walks that one, past the messages of all the other sessions.)
-- Without a foreign key: queues are never deleted, and it would cost each send a lookup.
create table if not exists local_bus.messages (
    queue_id integer not null,
    -- The session id in a queue that requires sessions, '' in others.
    lane text collate "C" not null,
    sequence_number bigint not null default nextval('local_bus.sequence_number'),
    session_id text,
    message_id text,
    subject text,
    content_type text,
    correlation_id text,
    properties json,
    body bytea not null,
    enqueued_at timestamptz not null default clock_timestamp(),
    time_to_live interval,
    expires_at timestamptz,
    delivery_count integer not null default 0,
    lock_token uuid,
    locked_until timestamptz,
    -- The hold of the session under which it was delivered: that holder does not get it again.
    session_token uuid,
    dead_letter_reason text,
    dead_letter_description text,
    primary key (queue_id, lane, sequence_number)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- What is not in its queue yet.
create table if not exists local_bus.scheduled (
    like local_bus.messages including defaults,
    due_at timestamptz not null,
    primary key (queue_id, due_at, sequence_number)
);

-- A row for each session that somebody holds (or held and died).
create table if not exists local_bus.session_locks (
    queue_id integer not null,
    session_id text collate "C" not null,
    token uuid not null,
    locked_until timestamptz not null,
    primary key (queue_id, session_id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- Result types may change between versions of this file, which "create or replace" does not allow.
do $$
declare
    f record;
begin
    for f in select p.oid::regprocedure as signature from pg_proc p where p.pronamespace = 'local_bus'::regnamespace loop
        execute format('drop function %s', f.signature);
    end loop;
end $$;
