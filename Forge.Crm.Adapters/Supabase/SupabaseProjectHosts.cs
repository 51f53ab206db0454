using System.Text.RegularExpressions;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>
/// Where a project's key may be sent: to Supabase alone. Were any address taken, whoever can connect a project could have this service call
/// into its own network.
/// </summary>
internal static partial class SupabaseProjectHosts
{
    public const string Domain = "https://supabase.co";

    public static bool IsStandIn(Uri? address) =>
        address is { IsAbsoluteUri: true, Scheme: "http", IsLoopback: true, UserInfo: "", PathAndQuery: "/", Fragment: "" };

    /// <returns>The project's reference, e.g. <c>abcdefghijklmnopqrst</c>; null where the address is no project's.</returns>
    public static string? ReferenceOf(Uri? address) =>
        address is { IsAbsoluteUri: true, Scheme: "https", IsDefaultPort: true, UserInfo: "", PathAndQuery: "/", Fragment: "" }
        && Project().Match(address.IdnHost) is { Success: true } match
            ? match.Groups[1].Value
            : null;

    [GeneratedRegex(@"\A([a-z0-9]+)\.supabase\.co\z", RegexOptions.CultureInvariant)]
    private static partial Regex Project();
}
