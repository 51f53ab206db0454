-- The local bus: Service Bus queues in PostgreSQL. Run as a whole, under an advisory lock, whenever its text changed.
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

-- The queue tables swing between empty and long, and a plan that was cached for an empty table would scan a long one:
-- every function below is told to use the indexes.
create function local_bus.pin_plans(p_function regprocedure) returns void language plpgsql as $$
begin
    execute format('alter function %s set enable_seqscan = off', p_function);
    execute format('alter function %s set enable_bitmapscan = off', p_function);
end $$;

create function local_bus.declare_queue(
    p_name text, p_requires_session boolean, p_lock_duration interval, p_max_delivery_count integer, p_time_to_live interval)
returns integer language plpgsql as $$
declare
    v_id integer;
    v_dead integer;
begin
    insert into local_bus.queues as q (name, requires_session, lock_duration)
    values (p_name || '/$deadletterqueue', false, p_lock_duration)
    on conflict (name) do update set lock_duration = excluded.lock_duration
    returning q.id into v_dead;

    insert into local_bus.queues as q
        (name, requires_session, lock_duration, max_delivery_count, default_time_to_live, dead_letter_queue_id)
    values (p_name, p_requires_session, p_lock_duration, p_max_delivery_count, p_time_to_live, v_dead)
    on conflict (name) do update
       set requires_session = excluded.requires_session, lock_duration = excluded.lock_duration,
           max_delivery_count = excluded.max_delivery_count, default_time_to_live = excluded.default_time_to_live
    returning q.id into v_id;
    return v_id;
end $$;

create function local_bus.queue_for_sending(p_queue text, p_session_ids text[]) returns local_bus.queues language plpgsql as $$
declare
    q local_bus.queues;
begin
    select * into q from local_bus.queues where name = p_queue;
    if not found then
        raise exception 'The queue does not exist' using errcode = 'LB404';
    end if;
    if q.requires_session and array_position(p_session_ids, null) is not null then
        raise exception 'The queue requires sessions and the message has no session id' using errcode = 'LB400';
    end if;
    return q;
end $$;

create function local_bus.send(
    p_queue text, p_message_ids text[], p_session_ids text[], p_subjects text[], p_content_types text[], p_correlation_ids text[],
    p_properties text[], p_bodies bytea[], p_times_to_live interval[])
returns setof bigint language plpgsql as $$
declare
    q local_bus.queues;
begin
    q := local_bus.queue_for_sending(p_queue, p_session_ids);
    return query
    insert into local_bus.messages
        (queue_id, lane, session_id, message_id, subject, content_type, correlation_id, properties, body, time_to_live, expires_at)
    select q.id, case when q.requires_session then m.session_id else '' end,
           m.session_id, m.message_id, m.subject, m.content_type, m.correlation_id, m.properties::json, m.body,
           least(m.ttl, q.default_time_to_live), clock_timestamp() + least(m.ttl, q.default_time_to_live)
      from unnest(p_message_ids, p_session_ids, p_subjects, p_content_types, p_correlation_ids, p_properties, p_bodies, p_times_to_live)
           with ordinality as m (message_id, session_id, subject, content_type, correlation_id, properties, body, ttl, place)
     order by m.place
    returning sequence_number;
end $$;

create function local_bus.schedule(
    p_queue text, p_message_ids text[], p_session_ids text[], p_subjects text[], p_content_types text[], p_correlation_ids text[],
    p_properties text[], p_bodies bytea[], p_times_to_live interval[], p_due timestamptz[])
returns setof bigint language plpgsql as $$
declare
    q local_bus.queues;
begin
    q := local_bus.queue_for_sending(p_queue, p_session_ids);
    return query
    insert into local_bus.scheduled
        (queue_id, lane, session_id, message_id, subject, content_type, correlation_id, properties, body, time_to_live, due_at)
    select q.id, case when q.requires_session then m.session_id else '' end,
           m.session_id, m.message_id, m.subject, m.content_type, m.correlation_id, m.properties::json, m.body,
           least(m.ttl, q.default_time_to_live), coalesce(m.due, clock_timestamp())
      from unnest(p_message_ids, p_session_ids, p_subjects, p_content_types, p_correlation_ids, p_properties, p_bodies, p_times_to_live, p_due)
           with ordinality as m (message_id, session_id, subject, content_type, correlation_id, properties, body, ttl, due, place)
     order by m.place
    returning sequence_number;
end $$;

create function local_bus.ring(p_queues text[]) returns void language plpgsql as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    perform pg_notify('local_bus', name) from unnest(p_queues) name;
end $$;

-- A scheduled message joins the queue at its time, behind what is there: with a new sequence number, as in Service Bus.
create function local_bus.enqueue_due(p_queue_id integer) returns void language sql as $$
    with due as (
        delete from local_bus.scheduled where queue_id = p_queue_id and due_at <= clock_timestamp() returning *)
    insert into local_bus.messages
        (queue_id, lane, session_id, message_id, subject, content_type, correlation_id, properties, body, time_to_live, expires_at)
    select queue_id, lane, session_id, message_id, subject, content_type, correlation_id, properties, body, time_to_live,
           clock_timestamp() + time_to_live
      from due order by due_at, sequence_number
$$;

create function local_bus.move_to_dead_letters(m local_bus.messages, p_reason text, p_description text)
returns void language plpgsql as $$
declare
    d local_bus.queues;
begin
    select dead.* into d from local_bus.queues q join local_bus.queues dead on dead.id = q.dead_letter_queue_id where q.id = m.queue_id;
    update local_bus.messages
       set queue_id = d.id, lane = '', lock_token = null, locked_until = null, session_token = null, expires_at = null,
           dead_letter_reason = p_reason, dead_letter_description = p_description
     where queue_id = m.queue_id and lane = m.lane and sequence_number = m.sequence_number;
    perform pg_notify('local_bus', d.name);
end $$;

-- Out of the queue: a message that expired is gone, one that was delivered too often is a dead letter.
create function local_bus.take_out(m local_bus.messages, q local_bus.queues) returns void language plpgsql as $$
begin
    if m.expires_at <= clock_timestamp() then
        delete from local_bus.messages where queue_id = m.queue_id and lane = m.lane and sequence_number = m.sequence_number;
    else
        perform local_bus.move_to_dead_letters(m, 'MaxDeliveryCountExceeded',
            format('Message could not be consumed after %s delivery attempts.', q.max_delivery_count));
    end if;
end $$;

create function local_bus.receive(p_queue_id integer, p_max integer) returns setof local_bus.messages language plpgsql as $$
declare
    q local_bus.queues;
    m local_bus.messages;
    v_count integer := 0;
begin
    perform set_config('synchronous_commit', 'off', true);
    if exists (select from local_bus.scheduled where queue_id = p_queue_id and due_at <= clock_timestamp()) then
        perform local_bus.enqueue_due(p_queue_id);
    end if;
    select * into q from local_bus.queues where id = p_queue_id;
    while v_count < p_max loop
        select * into m from local_bus.messages
         where queue_id = p_queue_id and lane = '' and (locked_until is null or locked_until <= clock_timestamp())
         order by sequence_number limit 1 for update skip locked;
        exit when not found;
        if m.expires_at <= clock_timestamp() or m.delivery_count >= q.max_delivery_count then
            perform local_bus.take_out(m, q);
            continue;
        end if;
        return query
        update local_bus.messages u
           set delivery_count = u.delivery_count + 1, lock_token = gen_random_uuid(), locked_until = clock_timestamp() + q.lock_duration
         where u.queue_id = p_queue_id and u.lane = '' and u.sequence_number = m.sequence_number
        returning u.*;
        v_count := v_count + 1;
    end loop;
end $$;

-- The first message of a session that its holder, p_token, does not have yet; no row when there is none.
create function local_bus.head_of_session(q local_bus.queues, p_session_id text, p_token uuid, p_until timestamptz)
returns setof local_bus.messages language plpgsql as $$
declare
    m local_bus.messages;
begin
    loop
        -- No "skip locked": a former holder's settle of the head is waited for, or the order would break.
        select * into m from local_bus.messages
         where queue_id = q.id and lane = p_session_id and session_token is distinct from p_token
         order by sequence_number limit 1 for update;
        if not found then
            return;
        end if;
        if m.expires_at <= clock_timestamp() or m.delivery_count >= q.max_delivery_count then
            perform local_bus.take_out(m, q);
            continue;
        end if;
        return query
        update local_bus.messages u
           set delivery_count = u.delivery_count + 1, lock_token = gen_random_uuid(), session_token = p_token, locked_until = p_until
         where u.queue_id = q.id and u.lane = p_session_id and u.sequence_number = m.sequence_number
        returning u.*;
        return;
    end loop;
end $$;

-- The next message of a session that is held by p_token, after completing the one before it (if one is named).
-- Nothing there: no row, and the session is let go if so wished.
create function local_bus.receive_in_session(
    p_queue_id integer, p_session_id text, p_token uuid, p_done_sequence bigint, p_done_lock uuid, p_release_if_empty boolean)
returns setof local_bus.messages language plpgsql as $$
declare
    q local_bus.queues;
    v_until timestamptz;
begin
    perform set_config('synchronous_commit', 'off', true);
    select locked_until into v_until from local_bus.session_locks
     where queue_id = p_queue_id and session_id = p_session_id and token = p_token and locked_until > clock_timestamp();
    if not found then
        raise exception 'The session lock was lost' using errcode = 'LB410';
    end if;
    if p_done_sequence is not null then
        delete from local_bus.messages
         where queue_id = p_queue_id and lane = p_session_id and sequence_number = p_done_sequence and lock_token = p_done_lock;
        if not found then
            raise exception 'The session lock was lost' using errcode = 'LB410';
        end if;
    end if;
    if exists (select from local_bus.scheduled where queue_id = p_queue_id and due_at <= clock_timestamp()) then
        perform local_bus.enqueue_due(p_queue_id);
    end if;
    select * into q from local_bus.queues where id = p_queue_id;
    return query select * from local_bus.head_of_session(q, p_session_id, p_token, v_until);
    if not found and p_release_if_empty then
        delete from local_bus.session_locks where queue_id = p_queue_id and session_id = p_session_id and token = p_token;
    end if;
end $$;

-- Takes up to p_max sessions, in the order of ids after p_after and round again, that have a message and no holder; gives the first message of each.
-- It hops from session to session over the index, so a long backlog in a held session costs nothing.
create function local_bus.accept_sessions(p_queue_id integer, p_after text, p_max integer)
returns setof local_bus.messages language plpgsql as $$
declare
    q local_bus.queues;
    v_session text := p_after;
    v_wrapped boolean := p_after = '';
    v_token uuid;
    v_until timestamptz;
    v_count integer := 0;
begin
    perform set_config('synchronous_commit', 'off', true);
    if exists (select from local_bus.scheduled where queue_id = p_queue_id and due_at <= clock_timestamp()) then
        perform local_bus.enqueue_due(p_queue_id);
    end if;
    select * into q from local_bus.queues where id = p_queue_id;
    while v_count < p_max loop
        select lane into v_session from local_bus.messages
         where queue_id = p_queue_id and lane > v_session
         order by lane limit 1;
        if v_session is null or (v_wrapped and p_after <> '' and v_session > p_after) then
            exit when v_wrapped;
            v_wrapped := true;
            v_session := '';
            continue;
        end if;
        -- Looked at first: the insert would wait for a holder's renewal only to be refused.
        continue when exists (
            select from local_bus.session_locks
             where queue_id = p_queue_id and session_id = v_session and locked_until > clock_timestamp());
        v_token := gen_random_uuid();
        v_until := clock_timestamp() + q.lock_duration;
        insert into local_bus.session_locks as l (queue_id, session_id, token, locked_until)
        values (p_queue_id, v_session, v_token, v_until)
        on conflict (queue_id, session_id) do update
           set token = excluded.token, locked_until = excluded.locked_until
         where l.locked_until <= clock_timestamp();
        continue when not found;
        return query select * from local_bus.head_of_session(q, v_session, v_token, v_until);
        if found then
            v_count := v_count + 1;
        else
            delete from local_bus.session_locks where queue_id = p_queue_id and session_id = v_session and token = v_token;
        end if;
    end loop;
end $$;

create function local_bus.release_session(p_queue_id integer, p_session_id text, p_token uuid)
returns void language plpgsql as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    delete from local_bus.session_locks where queue_id = p_queue_id and session_id = p_session_id and token = p_token;
end $$;

-- The renewed end of the lock, or null when it was lost.
create function local_bus.renew_session(p_queue_id integer, p_session_id text, p_token uuid)
returns timestamptz language plpgsql as $$
declare
    v_until timestamptz;
begin
    perform set_config('synchronous_commit', 'off', true);
    update local_bus.session_locks l set locked_until = clock_timestamp() + q.lock_duration
      from local_bus.queues q
     where q.id = p_queue_id and l.queue_id = p_queue_id and l.session_id = p_session_id and l.token = p_token
       and l.locked_until > clock_timestamp()
    returning l.locked_until into v_until;
    return v_until;
end $$;

create function local_bus.renew_message(p_queue_id integer, p_lane text, p_sequence bigint, p_lock_token uuid)
returns timestamptz language plpgsql as $$
declare
    v_until timestamptz;
begin
    perform set_config('synchronous_commit', 'off', true);
    update local_bus.messages m set locked_until = clock_timestamp() + q.lock_duration
      from local_bus.queues q
     where q.id = p_queue_id and m.queue_id = p_queue_id and m.lane = p_lane and m.sequence_number = p_sequence and m.lock_token = p_lock_token
       and m.locked_until > clock_timestamp()
    returning m.locked_until into v_until;
    return v_until;
end $$;

-- The fence of every settle: the message's own lock, and in a session the hold under which it was delivered.
create function local_bus.is_held(m local_bus.messages, p_session_token uuid) returns boolean language sql as $$
    select case when p_session_token is null then m.locked_until > clock_timestamp() else exists (
        select from local_bus.session_locks l
         where l.queue_id = m.queue_id and l.session_id = m.lane and l.token = p_session_token
           and l.locked_until > clock_timestamp()) end
$$;

create function local_bus.complete(p_queue_id integer, p_lane text, p_sequence bigint, p_lock_token uuid, p_session_token uuid)
returns boolean language plpgsql as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    delete from local_bus.messages m
     where m.queue_id = p_queue_id and m.lane = p_lane and m.sequence_number = p_sequence and m.lock_token = p_lock_token
       and local_bus.is_held(m, p_session_token);
    return found;
end $$;

create function local_bus.abandon(
    p_queue_id integer, p_lane text, p_sequence bigint, p_lock_token uuid, p_session_token uuid, p_properties text)
returns boolean language plpgsql as $$
declare
    m local_bus.messages;
    q local_bus.queues;
begin
    perform set_config('synchronous_commit', 'off', true);
    update local_bus.messages u
       set lock_token = null, locked_until = null, session_token = null, properties = coalesce(p_properties::json, u.properties)
     where u.queue_id = p_queue_id and u.lane = p_lane and u.sequence_number = p_sequence and u.lock_token = p_lock_token
       and local_bus.is_held(u, p_session_token)
    returning u.* into m;
    if not found then
        return false;
    end if;
    select * into q from local_bus.queues where id = p_queue_id;
    if m.delivery_count >= q.max_delivery_count then
        perform local_bus.take_out(m, q);
    end if;
    return true;
end $$;

create function local_bus.dead_letter(
    p_queue_id integer, p_lane text, p_sequence bigint, p_lock_token uuid, p_session_token uuid, p_properties text, p_reason text, p_description text)
returns boolean language plpgsql as $$
declare
    m local_bus.messages;
begin
    perform set_config('synchronous_commit', 'off', true);
    update local_bus.messages u set properties = coalesce(p_properties::json, u.properties)
     where u.queue_id = p_queue_id and u.lane = p_lane and u.sequence_number = p_sequence and u.lock_token = p_lock_token
       and local_bus.is_held(u, p_session_token)
    returning u.* into m;
    if not found then
        return false;
    end if;
    perform local_bus.move_to_dead_letters(m, p_reason, p_description);
    return true;
end $$;

select local_bus.pin_plans(oid::regprocedure) from pg_proc
 where pronamespace = 'local_bus'::regnamespace
   and proname in ('receive', 'receive_in_session', 'accept_sessions', 'complete', 'abandon', 'dead_letter', 'renew_message');
