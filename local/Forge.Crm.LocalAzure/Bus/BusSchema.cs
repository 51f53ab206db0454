using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Forge.Crm.LocalAzure.Bus;

/// <summary>Brings schema <c>local_bus</c> to this build's version, whoever else tries the same at the same moment.</summary>
internal static class BusSchema
{
    // Any constant: it only has to be the same in every process.
    private const long LockKey = 0x6c6f63616c627573;

    private static readonly string Script = ReadScript();
    private static readonly string Version = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Script)))[..16];

    public static async Task EnsureAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        if (await IsCurrentAsync(connection, ct))
            return;
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await ExecuteAsync(connection, $"select pg_advisory_xact_lock({LockKey})", ct);
        if (!await IsCurrentAsync(connection, ct))
            await ExecuteAsync(connection, Script + $"comment on schema local_bus is '{Version}';", ct);
        await transaction.CommitAsync(ct);
    }

    private static async Task<bool> IsCurrentAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select obj_description(to_regnamespace('local_bus'), 'pg_namespace')", connection);
        return await command.ExecuteScalarAsync(ct) as string == Version;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    private static string ReadScript()
    {
        var assembly = typeof(BusSchema).Assembly;
        var script = new StringBuilder();
        foreach (var file in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(file)!);
            script.AppendLine(reader.ReadToEnd());
        }
        return script.ToString();
    }
}
