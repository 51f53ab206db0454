using System.Globalization;

namespace Forge.Crm.LocalHost.PostgreSql;

/// <summary>The configuration of a server of ours; written anew at every start and included by the cluster's own postgresql.conf.</summary>
internal static class ServerSettings
{
    public static IEnumerable<string> Lines(LocalPostgresOptions options, ServerEndpoint endpoint)
    {
        var safety = options.Durable ? "on" : "off";
        IEnumerable<(string Name, string Value)> settings =
        [
            .. endpoint.Settings,
            ("max_connections", options.MaxConnections.ToString(CultureInfo.InvariantCulture)),
            ("shared_buffers", "256MB"),
            ("max_wal_size", "4GB"),
            ("fsync", safety),
            ("full_page_writes", safety),
            ("synchronous_commit", safety),
            // Hundreds of databases that live for seconds each would keep its workers going all the time.
            ("autovacuum", safety),
            ("password_encryption", "scram-sha-256"),
            ("timezone", "UTC"),
            ("log_timezone", "UTC"),
            ("lc_messages", "C"),
            // Compiling a plan costs more than any of our queries takes.
            ("jit", "off"),
        ];
        return settings.Select(setting => $"{setting.Name} = '{Quoted(setting.Value)}'");
    }

    private static string Quoted(string value) => value.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal);
}
