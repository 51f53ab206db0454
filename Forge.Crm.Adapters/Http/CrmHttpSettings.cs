using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Http;

/// <summary>What differs between the platforms in how they are called.</summary>
/// <param name="BaseAddress">https, or this machine.</param>
/// <param name="Headers">Null where answers do not tell of limits.</param>
public sealed record CrmHttpSettings(Platform Platform, Uri BaseAddress, TimeSpan AttemptTimeout, RateHeaders? Headers = null)
{
    /// <summary>Tokens and personal data travel in these calls: never in the clear, except to a stand-in on this machine.</summary>
    public static bool IsAllowed(Uri? address) =>
        address is { IsAbsoluteUri: true, UserInfo: "" }
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));
}

/// <summary>The headers that tell of a limit: how many calls, how many are left, in which time (milliseconds).</summary>
/// <param name="Interval">Null where no header tells of it: then the limit is always one of <paramref name="Per"/>.</param>
public sealed record RateHeaders(string Max, string Remaining, string? Interval, TimeSpan Per = default);
