using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>
/// The signature of Standard Webhooks (its specification, version 1), which Supabase's hooks use and a trigger of one's own can make: base64 of
/// HMAC-SHA256 over id, timestamp (Unix seconds) and raw body, joined by dots. Several signatures stand side by side while secrets are
/// rotated: one that matches is enough. Versions other than <c>v1</c> are passed over.
/// </summary>
public static class SupabaseSignature
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";
    public const long ToleranceSeconds = 300;

    private const string Version = "v1,";
    private const int SignatureLength = 44;
    private const int TimestampLength = 10;
    private const int LongestId = 256;
    private const int MaxSignatures = 8;

    // Hashed in the place of a secret that is not there, so that a rotation cannot be seen from the time that an answer takes.
    private static readonly byte[] NoSecret = RandomNumberGenerator.GetBytes(SupabaseSecrets.MinBytes);

    /// <param name="body">The bytes as they came.</param>
    public static SupabaseCheck Check(
        StringValues id, StringValues timestamp, StringValues signatures, ReadOnlySpan<byte> body, DateTimeOffset now, SupabaseSecrets secrets)
    {
        if (id.Count != 1 || id[0] is not { Length: > 0 and <= LongestId } named
            || timestamp.Count != 1 || timestamp[0] is not { Length: TimestampLength } sent || sent.AsSpan().ContainsAnyExceptInRange('0', '9')
            || signatures.Count != 1 || signatures[0] is not { Length: <= MaxSignatures * 64 } list)
            return SupabaseCheck.Malformed;
        if (Math.Abs(now.ToUnixTimeSeconds() - long.Parse(sent, CultureInfo.InvariantCulture)) > ToleranceSeconds)
            return SupabaseCheck.Stale;
        var presented = Presented(list);
        if (presented.Count == 0)
            return SupabaseCheck.Malformed;
        var head = Encoding.UTF8.GetBytes($"{named}.{sent}.");
        var byCurrent = IsSigned(secrets.Keys, presented, head, body);
        var byPrevious = IsSigned(secrets.PreviousKeys, presented, head, body) & now < secrets.PreviousUntil & secrets.HasCurrent;
        return byCurrent | byPrevious ? SupabaseCheck.Valid : SupabaseCheck.Mismatch;
    }

    /// <summary>As this service signs what it sends itself.</summary>
    internal static string Of(byte[] key, string id, string timestamp, ReadOnlySpan<byte> body) =>
        Version + Encoding.ASCII.GetString(Sign(key, Encoding.UTF8.GetBytes($"{id}.{timestamp}."), body));

    // The canonical text is compared, not the decoded bytes: decoding base64 lets white space and loose tails through.
    private static List<byte[]> Presented(string list) =>
    [
        .. list.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Where(signature => signature.StartsWith(Version, StringComparison.Ordinal) && signature.Length == Version.Length + SignatureLength)
            .Select(signature => Encoding.ASCII.GetBytes(signature[Version.Length..]))
            .Take(MaxSignatures),
    ];

    private static bool IsSigned(IReadOnlyCollection<byte[]> keys, List<byte[]> presented, byte[] head, ReadOnlySpan<byte> body)
    {
        var isSigned = false;
        foreach (var key in keys.DefaultIfEmpty(NoSecret))
        {
            var expected = Sign(key, head, body);
            foreach (var signature in presented)
                isSigned |= CryptographicOperations.FixedTimeEquals(expected, signature) & key != NoSecret;
        }

        return isSigned;
    }

    private static byte[] Sign(byte[] key, byte[] head, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData(head);
        hash.AppendData(body);
        var signature = new byte[SignatureLength];
        Base64.EncodeToUtf8(hash.GetHashAndReset(), signature, out _, out _);
        return signature;
    }
}
