using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>What a check of a webhook's sender found. Only for our own log and metrics: a stranger hears 401 and nothing else.</summary>
public enum SupabaseCheck
{
    Valid,

    /// <summary>A header is absent, given twice, or not of the documented form.</summary>
    Malformed,

    /// <summary>Signed more than five minutes ago, or for a time more than five minutes ahead.</summary>
    Stale,
    Mismatch,
}

/// <summary>
/// Supabase's own database webhooks sign nothing (pg_net sends what their trigger says): they show a secret in a header that the trigger
/// names. So what they say is a hint at most.
/// </summary>
public static class SupabaseAuth
{
    public const string Header = "X-Forge-Secret";

    private const int LongestSecret = 1_024;

    // Compared in the place of a secret that is not there, so that a rotation cannot be seen from the time that an answer takes.
    private static readonly byte[] NoSecret = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);

    public static SupabaseCheck Check(StringValues shown, DateTimeOffset now, SupabaseSecrets secrets)
    {
        if (shown.Count != 1 || shown[0] is not { Length: <= LongestSecret } secret)
            return SupabaseCheck.Malformed;
        var digest = SupabaseSecrets.Digest(secret);
        var byCurrent = Matches(secrets.Digests, digest);
        var byPrevious = Matches(secrets.PreviousDigests, digest) & now < secrets.PreviousUntil & secrets.HasCurrent;
        return byCurrent | byPrevious ? SupabaseCheck.Valid : SupabaseCheck.Mismatch;
    }

    /// <summary>By its signature where there is one, else by the secret that it shows.</summary>
    /// <param name="body">The bytes as they came.</param>
    internal static SupabaseCheck Check(IHeaderDictionary headers, ReadOnlySpan<byte> body, DateTimeOffset now, SupabaseSecrets secrets) =>
        headers.TryGetValue(SupabaseSignature.SignatureHeader, out var signatures)
            ? SupabaseSignature.Check(headers[SupabaseSignature.IdHeader], headers[SupabaseSignature.TimestampHeader], signatures, body, now, secrets)
            : Check(headers[Header], now, secrets);

    private static bool Matches(IReadOnlyCollection<byte[]> expected, byte[] shown)
    {
        var isMatch = false;
        foreach (var digest in expected.DefaultIfEmpty(NoSecret))
            isMatch |= CryptographicOperations.FixedTimeEquals(digest, shown) & digest != NoSecret;
        return isMatch;
    }
}
