using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>
/// What a connection's webhooks prove themselves with: the current secret, and for a rotation the one before it until it expires. One of the
/// form <c>whsec_&lt;base64&gt;</c> (Supabase shows <c>v1,whsec_...</c>; several are separated by a bar) signs, any other is shown in a
/// header. Without a current one no webhook is authentic: there is no open mode.
/// </summary>
public sealed class SupabaseSecrets
{
    /// <summary>What is shorter could be guessed, and is no secret.</summary>
    internal const int MinBytes = 24;

    private const string SigningPrefix = "whsec_";
    private const string SupabasePrefix = "v1,";

    public SupabaseSecrets(string? current, string? previous = null, DateTimeOffset? previousUntil = null)
    {
        var (now, before) = (Parts(current), Parts(previous));
        (Keys, PreviousKeys) = ([.. now.Select(Key).OfType<byte[]>()], [.. before.Select(Key).OfType<byte[]>()]);
        (Digests, PreviousDigests) = ([.. now.Select(Shown).OfType<byte[]>()], [.. before.Select(Shown).OfType<byte[]>()]);
        PreviousUntil = previousUntil ?? DateTimeOffset.MinValue;
    }

    /// <summary>That sign.</summary>
    internal ImmutableArray<byte[]> Keys { get; }

    internal ImmutableArray<byte[]> PreviousKeys { get; }

    /// <summary>Of those that are shown.</summary>
    internal ImmutableArray<byte[]> Digests { get; }

    internal ImmutableArray<byte[]> PreviousDigests { get; }

    internal bool HasCurrent => Keys.Length + Digests.Length > 0;

    internal DateTimeOffset PreviousUntil { get; }

    /// <summary>Of one length, whatever the secret's, so that a comparison tells nothing of it.</summary>
    internal static byte[] Digest(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private static string[] Parts(string? secrets) =>
        secrets?.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static bool Signs(string secret) =>
        secret.StartsWith(SigningPrefix, StringComparison.Ordinal) || secret.StartsWith(SupabasePrefix + SigningPrefix, StringComparison.Ordinal);

    private static byte[]? Key(string secret)
    {
        if (!Signs(secret))
            return null;
        var key = new byte[secret.Length];
        return Convert.TryFromBase64String(secret[(secret.IndexOf('_', StringComparison.Ordinal) + 1)..], key, out var length) && length >= MinBytes
            ? key[..length]
            : null;
    }

    private static byte[]? Shown(string secret) => !Signs(secret) && Encoding.UTF8.GetByteCount(secret) >= MinBytes ? Digest(secret) : null;
}
