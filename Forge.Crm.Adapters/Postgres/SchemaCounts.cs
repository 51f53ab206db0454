using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>How much of the schema a database has. Indexes count primary and unique keys too.</summary>
public sealed record SchemaCounts(int Tables, int Indexes, int Triggers, int Policies, int Functions)
{
    private const string Count = """
        select
            (select count(*) from pg_class
              where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname like 'crm\_%')::integer,
            (select count(*) from pg_indexes where schemaname = 'public' and tablename like 'crm\_%')::integer,
            (select count(*) from pg_trigger t join pg_class c on c.oid = t.tgrelid
              where c.relnamespace = 'public'::regnamespace and c.relname like 'crm\_%' and not t.tgisinternal)::integer,
            (select count(*) from pg_policies where schemaname = 'public' and tablename like 'crm\_%')::integer,
            (select count(*) from pg_proc where pronamespace = 'public'::regnamespace and proname like 'crm\_%')::integer
        """;

    /// <summary>Counts in the database's catalog. Any role may.</summary>
    public static async Task<SchemaCounts> ReadAsync(string connectionString, CancellationToken ct)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(Count);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return new(reader.GetInt32(0), reader.GetInt32(1), reader.GetInt32(2), reader.GetInt32(3), reader.GetInt32(4));
    }
}
