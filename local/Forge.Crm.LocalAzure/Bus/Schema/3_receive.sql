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
