using System.Net;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Forge.Crm.Adapters.Http;

internal enum CallOutcome
{
    /// <summary>The platform answered with an error.</summary>
    Refused,

    /// <summary>No connection: the request was certainly not carried out.</summary>
    NotSent,

    /// <summary>No answer, or not all of it: the request may have been carried out.</summary>
    NoAnswer,

    /// <summary>The platform answered with something that cannot be used: too large, no JSON.</summary>
    Unusable,

    /// <summary>Not tried, because the calls before it failed.</summary>
    NotTried,
}

/// <summary>One failed attempt.</summary>
/// <param name="Detail">A word of the platform's error vocabulary or of ours; never a value or a message.</param>
/// <param name="Policy">Which of its limits the platform says was reached.</param>
/// <param name="RetryAfter">What the platform asked for.</param>
internal sealed record CallFault(CallOutcome Outcome, HttpStatusCode? Status, string Detail, string? Policy = null, TimeSpan? RetryAfter = null)
{
    /// <summary>The account's calls of the day are used up; until when, as far as it is known.</summary>
    public DateTimeOffset? DayEnds { get; init; }

    /// <returns>Null for an exception that is no failure of the call, e.g. that the caller cancelled it.</returns>
    public static CallFault? Of(Exception? exception) => exception switch
    {
        CallFaultException { Fault: var fault } => fault,
        TimeoutRejectedException => new(CallOutcome.NoAnswer, null, "timeout"),
        BrokenCircuitException broken => new(CallOutcome.NotTried, null, "circuit open", RetryAfter: broken.RetryAfter),
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
            new(CallOutcome.Unusable, HttpStatusCode.OK, "answer too large"),
        HttpRequestException { InnerException: PrivateAddressException } => new(CallOutcome.Unusable, null, "the host has no public address"),
        HttpRequestException http => new(IsNotSent(http) ? CallOutcome.NotSent : CallOutcome.NoAnswer, null, http.HttpRequestError.ToString()),
        IOException => new(CallOutcome.NoAnswer, null, "connection lost"),
        _ => null,
    };

    public CrmCallException ToException(Platform platform, string call, Exception inner) =>
        // The inner exception of an answer is our own and says no more; that of a fault of the network names what broke.
        new(platform, Status, Detail, RetryRule.WaitOf(this, 1), inner is CallFaultException ? null : inner, call) { DayEnds = DayEnds };

    private static bool IsNotSent(HttpRequestException exception) => exception.HttpRequestError
        is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError
        or HttpRequestError.ProxyTunnelError;
}

/// <summary>Carries a <see cref="CallFault"/> from where the answer is read to where it is decided whether to try again.</summary>
internal sealed class CallFaultException(CallFault fault) : Exception(fault.Detail)
{
    public CallFault Fault { get; } = fault;
}
