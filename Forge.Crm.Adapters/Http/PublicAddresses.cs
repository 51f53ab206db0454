using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Forge.Crm.Adapters.Http;

/// <summary>
/// Keeps calls out of this service's own network: those to platforms, whose hosts tenants name, and those of tenants' webhooks. Looked at when the connection is made, by the address that it is made
/// to: a name may lead elsewhere a moment later, and a number can be written in many ways.
/// </summary>
internal static class PublicAddresses
{
    // IANA's special-purpose registries; 168.63.129.16 is Azure's own host.
    private static readonly ImmutableArray<IPNetwork> Closed =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
            "2001::/23", "2001:db8::/32", "2002::/16",
        }.Select(network => IPNetwork.Parse(network)),
    ];

    // What is given to networks of the world; everything else in IPv6 is special, loopback, local and mapped addresses included.
    private static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");

    public static bool IsPublic(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return (plain.AddressFamily == AddressFamily.InterNetwork || Global.Contains(plain)) && !Closed.Any(network => network.Contains(plain));
    }

    /// <summary>Makes a handler call public addresses only, and itself: through a proxy the address would be the proxy's.</summary>
    public static void Guard(SocketsHttpHandler handler, bool allowLoopback)
    {
        handler.UseProxy = false;
        handler.ConnectCallback = (context, ct) => ConnectAsync(context.DnsEndPoint, allowLoopback, ct);
    }

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint target, bool allowLoopback, CancellationToken ct)
    {
        var open = (await Dns.GetHostAddressesAsync(target.Host, ct)).Where(address => IsPublic(address) || (allowLoopback && IPAddress.IsLoopback(address))).ToArray();
        if (open.Length == 0)
            throw new PrivateAddressException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(open, target.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>The host has no address that may be called.</summary>
internal sealed class PrivateAddressException() : Exception("The host has no public address.");
