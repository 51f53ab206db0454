using System.Diagnostics;
using Npgsql;

namespace Forge.Crm.Tests.LocalAzure;

/// <summary>A new database for each test class: on the server of FORGE_TEST_POSTGRES, else on a private cluster that is started once.</summary>
internal static class BusDatabase
{
    private static readonly Lazy<Task<string>> Server = new(StartAsync);
    private static int count;

    /// <summary>The connection string of an empty database.</summary>
    public static async Task<string> NewDatabaseAsync()
    {
        var server = await Server.Value;
        var name = $"bus_{Environment.ProcessId}_{Interlocked.Increment(ref count)}_{Random.Shared.Next():x}";
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"create database {name}", connection);
        await command.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
    }

    private static async Task<string> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("FORGE_TEST_POSTGRES") is { Length: > 0 } given)
            return given;
        const string bin = "/usr/lib/postgresql/15/bin";
        var folder = Directory.CreateTempSubdirectory("forge-bus-").FullName;
        await RunAsync("chown", "postgres", folder);
        await AsPostgresAsync($"{bin}/initdb -D {folder}/data -A trust -U postgres --no-sync -E UTF8 --locale=C.UTF-8");
        await AsPostgresAsync(
            $"{bin}/pg_ctl -D {folder}/data -w -l {folder}/log -o \"-c listen_addresses= -c unix_socket_directories={folder}\" start");
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
            Process.Start("su", ["postgres", "-c", $"{bin}/pg_ctl -D {folder}/data -m immediate stop"])?.WaitForExit();
        return $"Host={folder};Username=postgres;Database=postgres";
    }

    private static Task AsPostgresAsync(string command) => RunAsync("su", "postgres", "-c", command + " > /dev/null");

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}");
    }
}
