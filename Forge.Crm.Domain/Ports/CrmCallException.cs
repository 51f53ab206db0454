using System.Net;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Ports;

/// <summary>
/// A call to a platform that failed after all retries that could have helped. <see cref="IsTransient"/> says whether trying again later
/// can: throttling, timeouts, server faults, a lost connection. The message holds the platform's error category, never its values.
/// </summary>
/// <param name="status">Null where no answer came.</param>
/// <param name="call">Method and path, without the query; null where it says nothing.</param>
public sealed class CrmCallException(
    Platform platform, HttpStatusCode? status, string detail, TimeSpan? retryAfter = null, Exception? inner = null, string? call = null)
    : Exception($"{platform} {(status is { } code ? $"answered {(int)code}" : "gave no answer")}: {detail}{(call is null ? "" : $" ({call})")}", inner)
{
    /// <summary>The platform's words for what is wrong, as far as they hold no value.</summary>
    public string Detail { get; } = detail;

    public Platform Platform { get; } = platform;

    public HttpStatusCode? Status { get; } = status;

    /// <summary>The day's calls, or those that this call's lane may make of them, are used up: until then. Null where it is something else.</summary>
    public DateTimeOffset? DayEnds { get; init; }

    /// <summary>How long the platform asked us to wait.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    public bool IsTransient { get; } =
        status is null or HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or HttpStatusCode.Locked || (int)status >= 477;

    /// <summary>The token is refused: the tenant has to connect again; nothing is retried.</summary>
    public bool IsUnauthorized { get; } = status is HttpStatusCode.Unauthorized;
}
