using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Http;

/// <summary>What the HTTP pipeline must know of a call beside its request; travels in the request's options.</summary>
/// <param name="Bucket">The share of the account's budget that the call is paid from; null for one that costs nothing (a token).</param>
/// <param name="IsRepeatable">
/// Whether doing it twice is the same as doing it once. A call that is not is repeated only where it was certainly not carried out.
/// </param>
public sealed record CrmCall(TenantId Tenant, Platform Platform, string? Bucket, CallLane Lane, bool IsRepeatable = true)
{
    public const string OptionName = "forge.crm.call";

    private static readonly HttpRequestOptionsKey<CrmCall> Key = new(OptionName);

    /// <summary>Whose circuit breaker a request has; empty for one that carries no call (the factory tries the selector with such a one).</summary>
    internal static string AccountOf(HttpRequestMessage request) =>
        request.Options.TryGetValue(Key, out var call) ? call.Tenant.ToString() : "";

    /// <exception cref="InvalidOperationException">The request was sent around the pipeline's own clients.</exception>
    internal static CrmCall Of(HttpRequestMessage request) =>
        request.Options.TryGetValue(Key, out var call) ? call : throw new InvalidOperationException("The request carries no CrmCall.");
}
