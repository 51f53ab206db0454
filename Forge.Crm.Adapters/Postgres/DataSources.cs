using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>Our two pools. Kept out of the container's plain services, where a program may have a data source of its own.</summary>
internal sealed class DataSources(IOptions<PostgresOptions> options, ILoggerFactory logging) : IAsyncDisposable
{
    private readonly Lazy<NpgsqlDataSource> _app = new(() => Build(options.Value.AppConnectionString, "forge-crm", logging));

    private readonly Lazy<NpgsqlDataSource> _relay = new(() => Build(
        options.Value.RelayConnectionString
        ?? throw new InvalidOperationException($"{PostgresOptions.Section}:{nameof(PostgresOptions.RelayConnectionString)} is not set; timers need it."),
        "forge-crm-relay", logging));

    public NpgsqlDataSource App => _app.Value;

    public NpgsqlDataSource Relay => _relay.Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var source in new[] { _app, _relay }.Where(source => source.IsValueCreated))
            await source.Value.DisposeAsync();
    }

    private static NpgsqlDataSource Build(string connectionString, string name, ILoggerFactory logging)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        builder.ConnectionStringBuilder.ApplicationName ??= name;
        return builder.UseLoggerFactory(logging).Build();
    }
}
