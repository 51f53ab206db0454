using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;

namespace Forge.Crm.Tests.Schema;

/// <summary>Databases on the server that FORGE_TEST_POSTGRES names (a superuser's connection string).</summary>
internal static class SchemaDatabase
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<string>>> Templates = new();
    private static readonly string Run = "s" + Guid.NewGuid().ToString("n", CultureInfo.InvariantCulture)[..8];
    private static int _count;

    public static Task<string> ServerAsync() => Task.FromResult(Environment.GetEnvironmentVariable("FORGE_TEST_POSTGRES")
        ?? throw new InvalidOperationException("Set FORGE_TEST_POSTGRES to a superuser's connection string."));

    public static async Task<string> NewDatabaseAsync(string? template = null)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Run}_{Interlocked.Increment(ref _count)}");
        var server = await ServerAsync();
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"create database {name} template {template ?? "template0"}", connection);
        await command.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(server) { Database = name, ConnectionIdleLifetime = 5, ConnectionPruningInterval = 2 }.ConnectionString;
    }

    public static async Task<string> FromTemplateAsync(string name, Func<string, Task> initialise) =>
        await NewDatabaseAsync(await Templates.GetOrAdd(name, _ => new Lazy<Task<string>>(() => MakeAsync(initialise))).Value);

    private static async Task<string> MakeAsync(Func<string, Task> initialise)
    {
        var connectionString = await NewDatabaseAsync();
        await initialise(connectionString);
        NpgsqlConnection.ClearAllPools();
        return new NpgsqlConnectionStringBuilder(connectionString).Database!;
    }
}
