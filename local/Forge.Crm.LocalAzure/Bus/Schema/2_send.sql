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
