-- Ranks that name a platform twice or not at all cannot be kept: the first mention counts, and who is not named comes last, in the usual
-- order. The owner obeys row-level security too, so it stands aside for this one statement.
alter table public.crm_sync_configs no force row level security;
update public.crm_sync_configs config
set platform_ranks = (
    select array_agg(ranked.platform order by ranked.place)
    from (
        select named.platform, min(named.place) as place
        from (select * from unnest(config.platform_ranks) with ordinality
              union all select platform, 1000 + place
              from unnest(array['supabase', 'hubspot', 'pipedrive']) with ordinality as usual (platform, place)) as named (platform, place)
        where named.platform is not null
        group by named.platform
    ) as ranked)
where not (config.platform_ranks @> array['supabase', 'hubspot', 'pipedrive'] and array_ndims(config.platform_ranks) = 1
    and cardinality(config.platform_ranks) = 3);
alter table public.crm_sync_configs force row level security;
