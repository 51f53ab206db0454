using System.Diagnostics;
using System.Globalization;
using Forge.Crm.LocalHost.PostgreSql;
using Npgsql;

namespace Forge.Crm.Tests.PostgreSql;

[Trait("Category", "Proof")]
public sealed class LocalPostgresTests : IDisposable
{
    // Below the usual place, because the server's user must be able to reach it.
    private readonly string _root = Path.Combine(StateFolder.Default(AppContext.BaseDirectory), "tests", Path.GetRandomFileName());
    private readonly List<string> _lines = [];

    private LocalPostgresOptions Durable => new() { RootFolder = _root, Progress = new Lines(_lines) };

    private LocalPostgresOptions Quick => Durable with { Durable = false };

    public void Dispose()
    {
        if (Directory.Exists(_root))
            Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task A_persistent_cluster_keeps_its_data_and_is_safe_against_power_loss()
    {
        await using (var first = await StartAsync(Durable))
            await ExecuteAsync(first, "create table kept (id int)");
        await using var second = await StartAsync(Durable);
        (await ScalarAsync(second, "select count(*)::text from kept")).ShouldBe("0");
        foreach (var setting in new[] { "fsync", "full_page_writes", "synchronous_commit" })
            (await ScalarAsync(second, "show " + setting)).ShouldBe("on");
        (await ScalarAsync(second, "show max_connections")).ShouldBe("200");
        SupportedVersions.Accepts(second.ServerVersion).ShouldBeTrue();
    }

    [Fact]
    public async Task Dispose_stops_the_server_and_deletes_a_throw_away_cluster()
    {
        var server = await StartAsync(Quick with { ThrowAway = true });
        var connectionString = server.ConnectionString;
        await server.DisposeAsync();
        await Should.ThrowAsync<NpgsqlException>(PingAsync(connectionString));
        Directory.EnumerateFileSystemEntries(Path.Combine(_root, "postgres")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_runs_at_once_have_clusters_of_their_own()
    {
        await using var first = await StartAsync(Quick);
        await using var second = await StartAsync(Quick);
        await ExecuteAsync(first, "create table only_here (id int)");
        (await ScalarAsync(second, "select to_regclass('only_here')::text")).ShouldBe("");
        _lines.ShouldContain(line => line.StartsWith("another run uses the cluster local-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_killed_server_is_recovered_with_what_it_had_committed()
    {
        await using (var first = await StartAsync(Durable))
        {
            await ExecuteAsync(first, "create table committed as select 42 as answer");
            await KillServerAsync();
        }
        await using var second = await StartAsync(Durable);
        (await ScalarAsync(second, "select answer::text from committed")).ShouldBe("42");
    }

    [Fact]
    public async Task The_end_of_the_pipe_that_only_this_process_holds_stops_the_server()
    {
        await using var server = await StartAsync(Quick);
        var account = await ServerAccount.ChooseAsync(CancellationToken.None);
        var lifeline = Lifeline.Attach(account, Path.Combine(server.BinFolder.ShouldNotBeNull(), "pg_ctl"), Path.GetDirectoryName(PidFile())!);
        await lifeline.ShouldNotBeNull().DisposeAsync();
        await Should.ThrowAsync<NpgsqlException>(PingAsync(server.ConnectionString));
    }

    [Fact]
    public async Task An_abandoned_throw_away_cluster_is_removed_by_the_next_run()
    {
        var abandoned = Path.Combine(_root, "postgres", "temp-abandoned");
        Directory.CreateDirectory(Path.Combine(abandoned, "data"));
        await using var server = await StartAsync(Quick with { ThrowAway = true });
        Directory.Exists(abandoned).ShouldBeFalse();
    }

    [Fact]
    public async Task A_stale_process_id_that_now_belongs_to_another_program_does_not_stop_the_start()
    {
        await using (await StartAsync(Quick))
            await KillServerAsync();
        var lines = await File.ReadAllLinesAsync(PidFile());
        lines[0] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        await File.WriteAllLinesAsync(PidFile(), lines);
        await using var second = await StartAsync(Quick);
        _lines.ShouldContain(line => line.Contains("its process id belongs to another program", StringComparison.Ordinal));
        await PingAsync(second.ConnectionString);
    }

    [Fact]
    public async Task A_port_asks_for_the_password()
    {
        await using var server = await StartAsync(Quick with { Port = 0, ThrowAway = true });
        await PingAsync(server.ConnectionString);
        var guess = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Password = "guess" }.ConnectionString;
        (await Should.ThrowAsync<PostgresException>(PingAsync(guess))).SqlState.ShouldBe(PostgresErrorCodes.InvalidPassword);
        new NpgsqlConnectionStringBuilder(server.ConnectionString).Host.ShouldBe("127.0.0.1");
    }

    [Fact]
    public async Task A_folder_too_deep_for_a_socket_gets_its_socket_elsewhere()
    {
        var deep = Path.Combine(_root, new string('d', 100));
        await using var server = await StartAsync(Quick with { RootFolder = deep, ThrowAway = true });
        await PingAsync(server.ConnectionString);
    }

    private static Task<LocalPostgres> StartAsync(LocalPostgresOptions options) => LocalPostgres.StartAsync(options, CancellationToken.None);

    private string PidFile() => Directory.GetFiles(_root, "postmaster.pid", SearchOption.AllDirectories).Single();

    private async Task KillServerAsync()
    {
        using var server = Process.GetProcessById(int.Parse((await File.ReadAllLinesAsync(PidFile()))[0], CultureInfo.InvariantCulture));
        server.Kill();
        await server.WaitForExitAsync();
    }

    private static async Task PingAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
    }

    private static async Task ExecuteAsync(LocalPostgres server, string sql) => await ScalarAsync(server, sql);

    private static async Task<string?> ScalarAsync(LocalPostgres server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (await command.ExecuteScalarAsync())?.ToString();
    }

    private sealed class Lines(List<string> lines) : IProgress<string>
    {
        public void Report(string value) => lines.Add(value);
    }
}
