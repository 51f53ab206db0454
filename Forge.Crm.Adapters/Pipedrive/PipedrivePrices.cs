using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Forge.Crm.Adapters.Http;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// What each call of <see cref="IPipedriveApi"/> takes from the account's budget (the API's own description, <c>x-token-cost</c>; documentation,
/// "Rate limiting"): one of the burst, one of the searches' own burst where it is one, and its price from the tokens of the company's day.
/// </summary>
internal static class PipedrivePrices
{
    /// <summary>The buckets of an account's budget.</summary>
    public const string Burst = "burst";
    public const string Search = "search";
    public const string Day = "daily";

    /// <summary>Requests that write: answers to those with an API token tell how many are left today.</summary>
    public const string Writes = "writes";

    /// <summary>A call whose request, which tells, is not there yet.</summary>
    public static readonly ImmutableArray<BucketPrice> Unpriced = [];

    private const string Id = "(me|[0-9]+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27})";

    private sealed record Row(string Method, Regex Path, int Tokens, params string[] Buckets);

    // The first that fits.
    private static readonly ImmutableArray<Row> Table =
    [
        new("GET", Of("^/api/v2/(itemSearch|[a-z]+/search)$"), 20, Search),
        new("GET", Of("^/api/v2/deals/archived$"), 20),
        new("GET", Of("^/api/v2/(stages|pipelines)$"), 5),
        new("GET", Of($"^/api/v2/[a-z]+/{Id}$"), 1),
        new("GET", Of("^/api/v2/"), 10),
        new("POST", Of("^/api/v2/[a-z]+Fields$"), 10, Writes),
        new("POST", Of("^/api/v2/"), 5, Writes),
        new("PATCH", Of("^/api/v2/"), 5),
        new("DELETE", Of("^/api/v2/"), 3),
        new("GET", Of($"^/v1/[a-z]+/{Id}$"), 2),
        new("GET", Of("^/v1/"), 20),
        new("PUT", Of("^/v1/[a-z]+/[0-9]+/merge$"), 40, Writes),
        new("POST", Of("^/v1/"), 10, Writes),
        new("PUT", Of("^/v1/"), 10, Writes),
        new("PATCH", Of("^/v1/"), 10),
        new("DELETE", Of("^/v1/"), 6),
    ];

    /// <returns>Nothing for what is no call of the API: tokens cost none.</returns>
    public static ImmutableArray<BucketPrice> Of(HttpMethod method, string path) =>
        Table.FirstOrDefault(row => row.Method == method.Method && row.Path.IsMatch(path)) is { } price
            ? [new(Burst, 1), .. price.Buckets.Select(bucket => new BucketPrice(bucket, 1)), new(Day, price.Tokens)]
            : Unpriced;

    private static Regex Of(string path) => new(path, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
}
