namespace Forge.Crm.Tests.Schema;

/// <summary>A rule that every object of the database keeps, as a query for those that break it, and a statement that would break it.</summary>
internal sealed record CatalogRule(string Name, string Offenders, string Breaking)
{
    public override string ToString() => Name;
}

/// <summary>The rules for tables. They ask the catalog, so a table of a later migration is held to them without anybody listing it.</summary>
internal static class CatalogRules
{
    // Bookkeeping of the migrations: no tenant's, in a schema that no API publishes and nobody else may use.
    private const string Tables = """
        (select c.* from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and (n.nspname, c.relname) <> ('forge', 'migrations'))
        """;

    // Who may do anything with a table or one of its columns; 0 is PUBLIC.
    private const string Grants = """
        (select c.oid as relid, c.relname, c.relowner, a.grantee, a.privilege_type from pg_class c, aclexplode(c.relacl) a
         union
         select c.oid, c.relname, c.relowner, a.grantee, a.privilege_type
         from pg_class c join pg_attribute t on t.attrelid = c.oid, aclexplode(t.attacl) a)
        """;

    public static IReadOnlyList<CatalogRule> All { get; } =
    [
        new("every table has a tenant_id that is never null",
            $"select relname from {Tables} t where not exists (select from pg_attribute where attrelid = t.oid and attname = 'tenant_id' and attnotnull)",
            "create table crm_bad (id bigint)"),

        new("row-level security is enabled and forced",
            $"select relname from {Tables} t where not (relrowsecurity and relforcerowsecurity)",
            "create table crm_bad (tenant_id uuid not null); alter table crm_bad enable row level security"),

        new("the functions' role has a policy on every table",
            $"select relname from {Tables} t where not exists (select from pg_policy where polrelid = t.oid and polroles = array['crm_app'::regrole::oid] and polcmd = '*')",
            "create table crm_bad (tenant_id uuid not null)"),

        new("whoever has a grant on a table has a policy for it",
            $"""
            select distinct g.relname from {Grants} g
            where g.grantee <> g.relowner and g.relid in (select oid from {Tables} t)
              and not exists (
                select from pg_policy p
                where p.polrelid = g.relid and g.grantee = any (p.polroles)
                  and (p.polcmd = '*' or p.polcmd = case g.privilege_type when 'SELECT' then 'r' when 'INSERT' then 'a' when 'UPDATE' then 'w' when 'DELETE' then 'd' end))
            """,
            "create table crm_bad (tenant_id uuid not null); grant insert on crm_bad to authenticated"),

        new("a policy is for one role, and one that serves callers names a tenant",
            """
            select polname || ' on ' || polrelid::regclass from pg_policy
            where cardinality(polroles) <> 1 or polroles = '{0}'
               or (polroles[1] = any (array['crm_app'::regrole, 'crm_eraser'::regrole]::oid[])
                   and (pg_get_expr(polqual, polrelid) <> '(tenant_id = ( SELECT crm_app_tenant() AS crm_app_tenant))'
                     or pg_get_expr(polwithcheck, polrelid) <> pg_get_expr(polqual, polrelid)))
               or (polroles[1] = 'authenticated'::regrole
                   and coalesce(pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) not like '%tenant_id = ( SELECT crm_jwt_tenant()%')
               or (polroles[1] = 'authenticated'::regrole and polcmd <> 'r'
                   and coalesce(pg_get_expr(polwithcheck, polrelid), pg_get_expr(polqual, polrelid)) not like '%crm_jwt_writes()%')
            """,
            "create policy bad on crm_tasks to authenticated using (tenant_id = (select public.crm_jwt_tenant()))"),

        new("every primary and unique key starts with tenant_id",
            $"""
            select i.indexrelid::regclass::text from pg_index i join {Tables} t on t.oid = i.indrelid
            join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
            where i.indisunique and a.attname <> 'tenant_id'
            """,
            "create unique index crm_bad on crm_contacts (email)"),

        new("every foreign key starts with tenant_id on both sides",
            """
            select k.conname from pg_constraint k
            join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
            join pg_attribute f on f.attrelid = k.confrelid and f.attnum = k.confkey[1]
            where k.contype = 'f' and (a.attname <> 'tenant_id' or f.attname <> 'tenant_id')
            """,
            "alter table crm_leases add constraint bad foreign key (fence, tenant_id) references crm_leases_bad (fence, tenant_id)"),

        new("no foreign key deletes or changes rows elsewhere",
            "select conname from pg_constraint where contype = 'f' and (confdeltype not in ('a', 'r') or confupdtype not in ('a', 'r'))",
            "alter table crm_sync_configs add constraint bad foreign key (tenant_id) references crm_tenants (tenant_id) on delete cascade"),

        new("updated_at is kept by a trigger",
            $"""
            select relname from {Tables} t
            where exists (select from pg_attribute where attrelid = t.oid and attname = 'updated_at')
              and not exists (select from pg_trigger g join pg_proc p on p.oid = g.tgfoid
                where g.tgrelid = t.oid and g.tgenabled = 'O' and g.tgtype & 19 = 19 and (p.proname = 'crm_touch' or p.proname like 'crm\_capture\_update\_%'))
            """,
            "create table crm_bad (tenant_id uuid not null, updated_at timestamptz)"),

        new("record tables are captured, and deleting marks",
            $"""
            select relname from {Tables} t
            where exists (select from pg_attribute where attrelid = t.oid and attname = 'field_stamps')
              and (select count(distinct p.proname) from pg_trigger g join pg_proc p on p.oid = g.tgfoid
                where g.tgrelid = t.oid and g.tgenabled = 'O'
                  and (p.proname in ('crm_capture_insert', 'crm_soft_delete') or p.proname like 'crm\_capture\_update\_%')) < 3
            """,
            "create table crm_bad (tenant_id uuid not null, field_stamps jsonb)"),

        new("capture compares every field of a record",
            """
            select a.attrelid::regclass || '.' || a.attname
            from pg_attribute a join pg_trigger g on g.tgrelid = a.attrelid join pg_proc p on p.oid = g.tgfoid and p.proname like 'crm\_capture\_update\_%'
            where a.attnum > 0 and not a.attisdropped and a.attname <> all (crm_bookkeeping())
              and p.prosrc not like format('%%(new.%1$I is distinct from old.%1$I and %%', a.attname)
            """,
            "alter table crm_deals add column colour text"),

        new("people may write every field of a record, and none of its bookkeeping",
            """
            select a.attrelid::regclass || '.' || a.attname from pg_attribute a join pg_attribute s on s.attrelid = a.attrelid and s.attname = 'field_stamps'
            where a.attnum > 0 and not a.attisdropped and a.attrelid in (select oid from pg_class where relkind = 'r')
              and (has_column_privilege('authenticated', a.attrelid, a.attname, 'update')
                     <> (a.attname <> all (crm_bookkeeping()) or a.attname in ('custom_fields', 'deleted_at'))
                or has_column_privilege('authenticated', a.attrelid, a.attname, 'insert')
                     <> (a.attname <> all (crm_bookkeeping()) or a.attname in ('custom_fields', 'tenant_id', 'id')))
            """,
            "alter table crm_contacts add column nickname text"),

        new("a platform is one of three",
            $"""
            select relname from {Tables} t
            where exists (select from pg_attribute where attrelid = t.oid and attname = 'platform')
              and not exists (select from pg_constraint where conrelid = t.oid and contype = 'c' and pg_get_constraintdef(oid) like '%(platform = ANY%')
            """,
            "create table crm_bad (tenant_id uuid not null, platform text)"),

        new("nothing is granted to everybody, to anonymous callers or to the service key",
            $"""
            select distinct relname from {Grants} g
            where grantee in (0, 'anon'::regrole, 'service_role'::regrole) and relid in (select oid from pg_class where relnamespace::regnamespace::text in ('public', 'forge'))
            """,
            "grant select (name) on crm_companies to public"),

        new("nobody but the owner may truncate, refer to, or put triggers on a table",
            $"select distinct relname from {Grants} g where grantee <> relowner and privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE') and relname like 'crm\\_%'",
            "grant truncate on crm_outbox to crm_app"),

        new("there is no materialized view, for it has no row-level security",
            "select relname from pg_class where relkind = 'm'",
            "create materialized view crm_bad as select 1 as one"),

        new("every view has the rights of whoever reads it",
            "select c.relname from pg_class c where c.relkind = 'v' and c.relnamespace = 'public'::regnamespace and not coalesce(c.reloptions @> '{security_invoker=true}', false)",
            "create view crm_bad as select tenant_id from crm_contacts"),
    ];
}
