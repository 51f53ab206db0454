using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Forge.Crm.LocalHost.PostgreSql;

/// <summary>Where a server of ours listens: a socket in a folder of its own (then <c>Host</c>), or a port of 127.0.0.1.</summary>
internal sealed record ServerEndpoint(string Host, int Port, bool IsSocket)
{
    // sun_path holds 104 bytes on macOS, 108 on Linux, and the server puts ".s.PGSQL.5432" behind the folder.
    private const int LongestSocketPath = 100;
    private const int SocketPort = 5432;

    public static ServerEndpoint Socket(string folder) => new(folder, SocketPort, true);

    /// <summary>A port of 127.0.0.1; zero takes one that is free at this moment.</summary>
    public static ServerEndpoint Loopback(int port)
    {
        if (port != 0)
            return new("127.0.0.1", port, false);
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return new("127.0.0.1", ((IPEndPoint)probe.LocalEndpoint).Port, false);
    }

    public static bool FitsSocket(string folder) => System.Text.Encoding.UTF8.GetByteCount(folder) + ".s.PGSQL.5432".Length + 1 <= LongestSocketPath;

    public IEnumerable<(string Name, string Value)> Settings =>
    [
        ("port", Port.ToString(CultureInfo.InvariantCulture)),
        ("listen_addresses", IsSocket ? "" : Host),
        ("unix_socket_directories", IsSocket ? Host : ""),
        ("unix_socket_permissions", "0700"),
    ];

    /// <summary>A socket in a folder of mode 0700 needs no password; a port, which every user of the machine can reach, does.</summary>
    public string ConnectionString(string password) => new NpgsqlConnectionStringBuilder
    {
        Host = Host,
        Port = Port,
        Username = Cluster.Superuser,
        Password = IsSocket ? null : password,
        Database = "postgres",
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;
}
