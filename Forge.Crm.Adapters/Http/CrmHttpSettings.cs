using System.Collections.Frozen;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Http;

/// <summary>What differs between the platforms in how they are called.</summary>
/// <param name="BaseAddress">https, or this machine.</param>
public sealed record CrmHttpSettings(Platform Platform, Uri BaseAddress, TimeSpan AttemptTimeout)
{
    /// <summary>Whether calls go to a stand-in on this machine: only then may they reach this machine, and never another one of this network.</summary>
    public bool IsStandIn { get; init; } = BaseAddress.IsLoopback;

    /// <summary>What answers tell of limits.</summary>
    public IReadOnlyList<RateHeaders> Headers { get; init; } = [];

    /// <summary>The bucket of the account's day; null where it has none.</summary>
    public string? DayBucket { get; init; }

    /// <summary>By the platform's word for the limit that was reached: the bucket that is empty. Else it is the call's own.</summary>
    public IReadOnlyDictionary<string, string> Policies { get; init; } = FrozenDictionary<string, string>.Empty;

    // Of ours: a step next to the network may know the limit where the platform has no word for it.
    private const string PolicyHeader = "X-Forge-Policy";

    /// <summary>Tokens and personal data travel in these calls: never in the clear, except to a stand-in on this machine.</summary>
    public static bool IsAllowed(Uri? address) =>
        address is { IsAbsoluteUri: true, UserInfo: "" }
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));

    internal static string? PolicyOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(PolicyHeader, out var values) ? values.First() : null;

    internal static void SetPolicy(HttpResponseMessage response, string policy) => response.Headers.TryAddWithoutValidation(PolicyHeader, policy);
}

/// <summary>The headers that tell of a bucket: how many calls, how many are left, in which time (milliseconds).</summary>
/// <param name="Max">Null where only what is left of a day is told.</param>
/// <param name="Interval">Null where no header tells of it: then the limit is always one of <paramref name="Per"/>.</param>
public sealed record RateHeaders(string Bucket, string? Max, string Remaining, string? Interval, TimeSpan Per = default);
