using Microsoft.AspNetCore.Http;

namespace Forge.Crm.Adapters.Intake;

/// <summary>A webhook as it came: what a signature covers, and nothing that a proxy could have changed.</summary>
/// <param name="Target">The request's path and query as they stood in its first line, not unescaped.</param>
/// <param name="Body">The raw bytes.</param>
/// <param name="ConnectionKey">The secret key in the path that names one connection; null on the route that all accounts of our app share.</param>
public sealed record WebhookDelivery(string Method, string Target, IHeaderDictionary Headers, ReadOnlyMemory<byte> Body, string? ConnectionKey);

public enum IntakeOutcome
{
    /// <summary>Every event is committed to the journal, or was there, or is of no account that we know.</summary>
    Accepted,

    /// <summary>Not signed as it must be, or for a connection that there is not: the answer does not tell which.</summary>
    Unauthorized,

    /// <summary>Authentic, but the body as a whole cannot be read.</summary>
    Malformed,

    /// <summary>Authentic, but more than this account may send at once.</summary>
    Busy,

    /// <summary>Not journaled, so not acknowledged; the sender sends it again.</summary>
    Unavailable,
}

/// <param name="Accepted">Events that a connection was found for.</param>
/// <param name="Duplicates">How many of them the journal already had.</param>
/// <param name="Error">For the sender, where <see cref="IntakeOutcome.Malformed"/>: constant words for each thing that can be wrong.</param>
/// <param name="RetryAfter">When the sender may try again.</param>
public sealed record IntakeAnswer(
    IntakeOutcome Outcome, int Accepted = 0, int Duplicates = 0, string? Error = null, TimeSpan RetryAfter = default);
