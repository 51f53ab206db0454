namespace Forge.Crm.Tests.Schema;

/// <summary>The rules for functions and roles, in the form of <see cref="CatalogRules"/>.</summary>
internal static class RoleRules
{
    private const string Ours = "('crm_app', 'crm_relay', 'crm_router', 'crm_capture', 'crm_eraser')";

    // Of this database, or of the whole server.
    private const string Here = "dbid in (0, (select oid from pg_database where datname = current_database()))";

    public static IReadOnlyList<CatalogRule> All { get; } =
    [
        new("everybody may call no function of ours",
            """
            select p.oid::regprocedure::text from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
            where p.pronamespace = 'public'::regnamespace and p.proname like 'crm\_%' and a.grantee in (0, 'anon'::regrole, 'service_role'::regrole)
            """,
            "create function crm_bad() returns int language sql as 'select 1'"),

        new("only the functions listed here run with their owner's rights, and none of those owners is the migrating role",
            """
            select p.oid::regprocedure || ' owned by ' || p.proowner::regrole from pg_proc p
            where p.prosecdef and p.pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
              and (p.proname, p.proowner::regrole::text) not in (
                ('crm_route', 'crm_router'), ('crm_erase_record', 'crm_eraser'), ('crm_capture_insert', 'crm_capture'),
                ('crm_capture_update_contact', 'crm_capture'), ('crm_capture_update_company', 'crm_capture'),
                ('crm_capture_update_deal', 'crm_capture'), ('crm_capture_update_activity', 'crm_capture'),
                ('crm_capture_update_task', 'crm_capture'), ('crm_capture_association', 'crm_capture'), ('crm_note_settings', 'crm_capture'), ('crm_note_lookup', 'crm_capture'), ('crm_hear', 'crm_capture'))
            """,
            "create function crm_bad() returns int language sql security definer set search_path = '' as 'select 1'"),

        new("a function with its owner's rights has a search path of its own",
            """
            select oid::regprocedure::text from pg_proc
            where prosecdef and pronamespace::regnamespace::text !~ '^(pg_|information_schema)' and not coalesce(proconfig @> array['search_path=""'], false)
            """,
            "alter function crm_route(text, text, text) reset search_path"),

        new("our roles have no special attributes",
            $"select rolname from pg_roles where rolname in {Ours} and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)",
            ""),

        new("only the two logins log in",
            $"select rolname from pg_roles where rolname in {Ours} and rolcanlogin <> (rolname in ('crm_app', 'crm_relay'))",
            ""),

        new("our roles are members of nothing",
            $"select member::regrole::text from pg_auth_members where member::regrole::text in {Ours}",
            ""),

        new("the two logins own nothing",
            $"select classid::regclass || ' ' || objid from pg_shdepend where deptype = 'o' and refobjid in ('crm_app'::regrole, 'crm_relay'::regrole) and {Here}",
            "create table crm_bad (); alter table crm_bad owner to crm_app"),

        new("the owners of functions own those functions and nothing else",
            $"""
            select classid::regclass || ' ' || objid from pg_shdepend
            where deptype = 'o' and refobjid in ('crm_router'::regrole, 'crm_capture'::regrole, 'crm_eraser'::regrole)
              and classid <> 'pg_proc'::regclass and {Here}
            """,
            "create table crm_bad (); alter table crm_bad owner to crm_capture"),

        new("nobody but the owner creates in our schemas",
            """
            select n.nspname || ' ' || a.grantee from pg_namespace n, aclexplode(n.nspacl) a
            where n.nspname in ('public', 'forge') and a.grantee not in (n.nspowner, 'pg_database_owner'::regrole) and a.privilege_type = 'CREATE'
            """,
            "grant create on schema public to crm_app"),

        new("nobody but the owner uses the schema of the migrations",
            "select a.grantee::text from pg_namespace n, aclexplode(n.nspacl) a where n.nspname = 'forge' and a.grantee <> n.nspowner",
            "grant usage on schema forge to crm_app"),

        new("no sequence is granted to anybody",
            "select c.relname from pg_class c, aclexplode(c.relacl) a where c.relkind = 'S' and a.grantee <> c.relowner",
            "grant usage on sequence crm_audit_log_id_seq to crm_app"),
    ];
}
