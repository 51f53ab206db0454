using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>What a check of a signature found. Only for our own log and metrics: a stranger hears 401 and nothing else.</summary>
public enum HubSpotSignatureCheck
{
    Valid,

    /// <summary>A header is absent, given twice, or not of the documented form.</summary>
    Malformed,

    /// <summary>Signed more than five minutes ago, or for a time more than five minutes ahead.</summary>
    Stale,
    Mismatch,
}

/// <summary>
/// Version 3 of HubSpot's request signature: base64 of HMAC-SHA256 under the client secret over method, URI, raw body and timestamp
/// (HubSpot documentation, "Validating requests from HubSpot"). Versions 1 and 2 are not accepted: they sign no time.
/// </summary>
public static class HubSpotSignature
{
    public const string SignatureHeader = "X-HubSpot-Signature-v3";
    public const string TimestampHeader = "X-HubSpot-Request-Timestamp";
    public const long ToleranceMilliseconds = 300_000;

    private const int SignatureLength = 44;
    private const int TimestampLength = 13;

    // Hashed in the place of a secret that is not there, so that a rotation cannot be seen from the time that an answer takes.
    private static readonly byte[] NoSecret = RandomNumberGenerator.GetBytes(32);

    /// <param name="uri">The public address that HubSpot was given: configured base and the request's raw target, not unescaped.</param>
    /// <param name="body">The bytes as they came.</param>
    public static HubSpotSignatureCheck Check(
        string method, string uri, ReadOnlySpan<byte> body, StringValues signature, StringValues timestamp,
        DateTimeOffset now, HubSpotSecrets secrets)
    {
        if (signature.Count != 1 || signature[0] is not { Length: SignatureLength } presented
            || timestamp.Count != 1 || timestamp[0] is not { Length: TimestampLength } sent
            || sent.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            return HubSpotSignatureCheck.Malformed;
        }

        var age = now.ToUnixTimeMilliseconds() - long.Parse(sent, System.Globalization.CultureInfo.InvariantCulture);
        if (Math.Abs(age) > ToleranceMilliseconds)
            return HubSpotSignatureCheck.Stale;
        return IsSigned(method, uri, body, sent, presented, secrets, now) ? HubSpotSignatureCheck.Valid : HubSpotSignatureCheck.Mismatch;
    }

    private static bool IsSigned(
        string method, string uri, ReadOnlySpan<byte> body, string timestamp, string presented, HubSpotSecrets secrets, DateTimeOffset now)
    {
        var head = Encoding.UTF8.GetMaxByteCount(method.Length + uri.Length);
        var message = ArrayPool<byte>.Shared.Rent(head + body.Length + TimestampLength);
        try
        {
            var length = Encoding.UTF8.GetBytes(method, message);
            length += HubSpotUri.Decode(uri, message.AsSpan(length));
            body.CopyTo(message.AsSpan(length));
            length += body.Length;
            length += Encoding.ASCII.GetBytes(timestamp, message.AsSpan(length));
            Span<byte> given = stackalloc byte[SignatureLength];
            Encoding.ASCII.GetBytes(presented, given);
            var signed = message.AsSpan(0, length);
            var byCurrent = Matches(secrets.Current, signed, given) & secrets.Current is not null;
            var byPrevious = Matches(secrets.Previous, signed, given) & secrets.Previous is not null & now < secrets.PreviousUntil;
            return byCurrent | byPrevious;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(message);
        }
    }

    // The canonical text is compared, not the decoded bytes: decoding base64 lets white space and loose tails through.
    private static bool Matches(byte[]? secret, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> given)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Span<byte> expected = stackalloc byte[SignatureLength];
        HMACSHA256.HashData(secret ?? NoSecret, signed, hash);
        Base64.EncodeToUtf8(hash, expected, out _, out _);
        return CryptographicOperations.FixedTimeEquals(expected, given);
    }
}
