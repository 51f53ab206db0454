using Forge.Crm.Adapters.Postgres.Model;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>Brings a database to the schema of this build.</summary>
public static class SchemaMigrator
{
    // Any number will do, as long as every migrator of this product takes the same.
    private const long MigrationLock = 0x466F_7267_6543_524D;

    /// <summary>Applies what is missing; with nothing missing it only looks. Of two at once, one waits for the other.</summary>
    /// <param name="ownerConnectionString">
    /// A role that may create roles and owns what it creates: a superuser, or one with CREATEROLE and CREATE on the database and
    /// on its schema public. A direct connection or a session pooler; a transaction pooler would lose the lock.
    /// </param>
    /// <param name="ct">Stops between statements; a migration that was stopped is rolled back.</param>
    /// <exception cref="PostgresException">The database refused; nothing of the migration remains.</exception>
    public static async Task MigrateAsync(string ownerConnectionString, CancellationToken ct)
    {
        var settings = new NpgsqlConnectionStringBuilder(ownerConnectionString) { Pooling = false };
        await using var guard = new NpgsqlConnection(settings.ConnectionString);
        await guard.OpenAsync(ct);
        await using (var take = new NpgsqlCommand("select pg_advisory_lock($1)", guard) { CommandTimeout = 0 })
        {
            take.Parameters.Add(new NpgsqlParameter<long> { TypedValue = MigrationLock });
            await take.ExecuteNonQueryAsync(ct);
        }

        // The lock ends with its connection, whatever happens here.
        await using var context = new CrmDbContext(CrmDbContext.OptionsFor(settings.ConnectionString));
        await context.Database.MigrateAsync(ct);
    }
}
