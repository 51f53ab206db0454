using System.Security.Cryptography;

namespace Forge.Crm.LocalHost.PostgreSql;

/// <summary>One data folder and the server on it.</summary>
internal sealed class Cluster(ServerBinaries binaries, ServerAccount account, ClusterFolder folder, LocalPostgresOptions options) : IAsyncDisposable
{
    public const string Superuser = "postgres";

    private const int StartAttempts = 3;
    private const string OwnSettings = "server.conf";
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(500);

    private Lifeline? _lifeline;
    private string? _borrowedSocketFolder;

    private string PasswordFile => Path.Combine(folder.Path, "password");

    /// <summary>Makes the cluster if there is none, and starts its server.</summary>
    /// <returns>The superuser's connection string.</returns>
    public async Task<string> StartAsync(CancellationToken ct)
    {
        if (!Directory.Exists(folder.Data))
            await CreateAsync(ct);
        else
            await RecoverAsync(ct);
        for (var attempt = 1; ; attempt++)
        {
            var endpoint = await ChooseEndpointAsync(ct);
            await File.WriteAllLinesAsync(Path.Combine(folder.Path, OwnSettings), ServerSettings.Lines(options, endpoint), ct);
            var result = await RunAsync("pg_ctl", ["start", "-D", folder.Data, "-l", folder.LogFile, "-w", "-t", "120", "-s"], ct);
            if (result.Succeeded)
            {
                _lifeline = Lifeline.Attach(account, binaries.PathOf("pg_ctl"), folder.Data);
                return endpoint.ConnectionString(await File.ReadAllTextAsync(PasswordFile, ct));
            }
            if (attempt == StartAttempts)
                throw new LocalPostgresException($"PostgreSQL did not start in {folder.Data}. {result.Output}\n{LastLines(folder.LogFile)}");
            // A port was taken meanwhile, or children of a killed server still hold its memory for a moment.
            await Task.Delay(BetweenAttempts, options.Time, ct);
        }
    }

    /// <summary>Stops the server, then its lifeline, then gives the folder free.</summary>
    public async ValueTask DisposeAsync()
    {
        using (folder)
        {
            await StopAsync(CancellationToken.None);
            if (_lifeline is not null)
                await _lifeline.DisposeAsync();
            if (_borrowedSocketFolder is not null && Directory.Exists(_borrowedSocketFolder))
                Directory.Delete(_borrowedSocketFolder, recursive: true);
        }
    }

    private async Task StopAsync(CancellationToken ct)
    {
        if (!Postmaster.IsRunning(folder.Data))
            return;
        var mode = folder.ThrowAway ? "immediate" : "fast";
        var result = await RunAsync("pg_ctl", ["stop", "-D", folder.Data, "-m", mode, "-w", "-t", "60", "-s"], ct);
        if (!result.Succeeded && Postmaster.IsRunning(folder.Data))
            throw new LocalPostgresException($"The server in {folder.Data} did not stop: {result.Output}");
    }

    private async Task RecoverAsync(CancellationToken ct)
    {
        if (Postmaster.RemoveMisleading(folder.Data))
            options.Progress?.Report("removed the postmaster.pid of a server that was killed; its process id belongs to another program now");
        if (!Postmaster.IsRunning(folder.Data))
            return;
        options.Progress?.Report("stopping the server that an earlier run left behind");
        await StopAsync(ct);
    }

    // initdb works in a folder beside, so that one that was killed half-way is never taken for a cluster.
    private async Task CreateAsync(CancellationToken ct)
    {
        var unfinished = folder.Data + ".new";
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);
        await MakeOwnFolderAsync(unfinished, ct);
        await WritePasswordAsync(ct);
        string[] arguments =
        [
            "-D", unfinished, "-U", Superuser, "--encoding=UTF8", "--locale=C", "--auth-local=trust", "--auth-host=scram-sha-256",
            "--pwfile=" + PasswordFile, "--no-instructions", .. options.Durable ? [] : (string[])["--no-sync"],
        ];
        var result = await RunAsync("initdb", arguments, ct);
        if (!result.Succeeded)
            throw new LocalPostgresException($"initdb failed in {folder.Path}: {result.Output}");
        await File.AppendAllTextAsync(Path.Combine(unfinished, "postgresql.conf"), $"\ninclude '../{OwnSettings}'\n", ct);
        Directory.Move(unfinished, folder.Data);
        options.Progress?.Report($"made a new cluster in {folder.Path}");
    }

    private async Task WritePasswordAsync(CancellationToken ct)
    {
        File.Delete(PasswordFile);
        await using (var file = new FileStream(PasswordFile, PrivateFile()))
            await file.WriteAsync(System.Text.Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(32)), ct);
        await account.OwnAsync(PasswordFile, ct);
    }

    private static FileStreamOptions PrivateFile()
    {
        var file = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            file.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return file;
    }

    private async Task<ServerEndpoint> ChooseEndpointAsync(CancellationToken ct)
    {
        if (options.Port is { } port)
            return ServerEndpoint.Loopback(port);
        if (OperatingSystem.IsWindows())
            return ServerEndpoint.Loopback(0);
        var run = Path.Combine(folder.Path, "run");
        if (ServerEndpoint.FitsSocket(run))
        {
            await MakeOwnFolderAsync(run, ct);
            return ServerEndpoint.Socket(run);
        }
        if (_borrowedSocketFolder is null)
        {
            _borrowedSocketFolder = Directory.CreateTempSubdirectory("forge-pg-").FullName;
            await account.OwnAsync(_borrowedSocketFolder, ct);
        }
        return ServerEndpoint.Socket(_borrowedSocketFolder);
    }

    private async Task MakeOwnFolderAsync(string path, CancellationToken ct)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await account.OwnAsync(path, ct);
    }

    // The folder is one that the server's user can enter: PostgreSQL's programs fail in a current folder that it cannot.
    private Task<ProcessResult> RunAsync(string program, IEnumerable<string> arguments, CancellationToken ct) =>
        ChildProcess.RunAsync(account.Describe(binaries.PathOf(program), arguments, folder.Path), ct);

    private static string LastLines(string file) => File.Exists(file) ? string.Join('\n', File.ReadLines(file).TakeLast(15)) : "";
}
