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
