using System.Text.RegularExpressions;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// Where a token may be sent. An account's own host comes from its secret or from an OAuth answer: were any address taken, whoever can
/// connect an account could have this service call into its own network.
/// </summary>
internal static partial class PipedriveHosts
{
    /// <param name="isLocal">Whether a stand-in on this machine will do, too.</param>
    public static bool IsAllowed(Uri? address, bool isLocal) =>
        address is { IsAbsoluteUri: true, UserInfo: "", PathAndQuery: "/", Fragment: "" }
        && ((address is { Scheme: "https", IsDefaultPort: true } && Own().IsMatch(address.IdnHost))
            || (isLocal && address is { Scheme: "http", IsLoopback: true }));

    [GeneratedRegex(@"\A[a-z0-9-]+\.pipedrive\.com\z", RegexOptions.CultureInvariant)]
    private static partial Regex Own();
}
