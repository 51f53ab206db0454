using System.Text.RegularExpressions;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>Where tokens may be sent and people be led: HubSpot's own hosts, or a stand-in on this machine.</summary>
internal static partial class HubSpotHosts
{
    public static bool IsAllowed(Uri? address) =>
        address is { IsAbsoluteUri: true, UserInfo: "", Query: "", Fragment: "" }
        && (address is { Scheme: "http", IsLoopback: true } || (address is { Scheme: "https", IsDefaultPort: true } && Own().IsMatch(address.IdnHost)));

    [GeneratedRegex(@"\A([a-z0-9-]+\.)?(hubapi|hubspot)\.com\z", RegexOptions.CultureInvariant)]
    private static partial Regex Own();
}
