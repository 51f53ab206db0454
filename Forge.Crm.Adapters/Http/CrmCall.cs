using System.Collections.Frozen;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Http;

/// <summary>What the HTTP pipeline must know of a call beside its request; travels in the request's options.</summary>
/// <param name="Price">What the call takes from the account's budget, from its own bucket first; nothing for a token.</param>
/// <param name="IsRepeatable">
/// Whether doing it twice is the same as doing it once. A call that is not is repeated only where it was certainly not carried out.
/// </param>
public sealed record CrmCall(TenantId Tenant, Platform Platform, IReadOnlyList<BucketPrice> Price, CallLane Lane, bool IsRepeatable = true)
{
    public const string OptionName = "forge.crm.call";

    /// <summary>Of the properties that the call writes: an error may repeat these words, and nothing else that the platform quotes.</summary>
    public IReadOnlySet<string> Names { get; init; } = FrozenSet<string>.Empty;

    private static readonly HttpRequestOptionsKey<CrmCall> Key = new(OptionName);

    /// <summary>For errors: the method and the path, which has ids at most. A query may hold an e-mail address that is searched for.</summary>
    internal static string NameOf(HttpMethod method, Uri? address) => $"{method} {address?.AbsolutePath}";

    /// <summary>Whose circuit breaker a request has; empty for one that carries no call (the factory tries the selector with such a one).</summary>
    internal static string AccountOf(HttpRequestMessage request) =>
        request.Options.TryGetValue(Key, out var call) ? call.Tenant.ToString() : "";

    /// <summary>Says what a call costs where only its request tells.</summary>
    internal static void Pay(HttpRequestMessage request, IReadOnlyList<BucketPrice> price)
    {
        if (request.Options.TryGetValue(Key, out var call))
            request.Options.Set(Key, call with { Price = price });
    }

    /// <exception cref="InvalidOperationException">The request was sent around the pipeline's own clients.</exception>
    internal static CrmCall Of(HttpRequestMessage request) =>
        request.Options.TryGetValue(Key, out var call) ? call : throw new InvalidOperationException("The request carries no CrmCall.");
}
