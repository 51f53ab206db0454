using System.Security.Cryptography;
using Microsoft.Extensions.Primitives;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>What a check of a webhook's sender found. Only for our own log and metrics: a stranger hears 401 and nothing else.</summary>
public enum PipedriveAuthCheck
{
    Valid,

    /// <summary>The header is absent, given twice, or not of the form of Basic authentication.</summary>
    Malformed,
    Mismatch,
}

/// <summary>
/// Pipedrive signs nothing: a webhook brings the user and password that it was made with (Basic authentication), to an address that nobody
/// can guess. So its values are a hint at most, and the record is read before anything is applied.
/// </summary>
public static class PipedriveAuth
{
    private const string Scheme = "Basic ";
    private const int LongestHeader = 1_024;

    // Compared in the place of a secret that is not there, so that a rotation cannot be seen from the time that an answer takes.
    private static readonly byte[] NoSecret = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);

    public static PipedriveAuthCheck Check(StringValues authorization, DateTimeOffset now, PipedriveSecrets secrets)
    {
        if (authorization.Count != 1 || authorization[0] is not { Length: <= LongestHeader } header
            || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return PipedriveAuthCheck.Malformed;
        }

        var presented = PipedriveSecrets.Digest(header[Scheme.Length..].Trim());
        var byCurrent = Matches(secrets.Current, presented) & secrets.Current is not null;
        var byPrevious = Matches(secrets.Previous, presented) & secrets.Previous is not null & now < secrets.PreviousUntil;
        return byCurrent | byPrevious ? PipedriveAuthCheck.Valid : PipedriveAuthCheck.Mismatch;
    }

    private static bool Matches(byte[]? secret, byte[] presented) => CryptographicOperations.FixedTimeEquals(secret ?? NoSecret, presented);
}
