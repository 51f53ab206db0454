using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>
/// The secret that a project's database webhooks show in a header, since they sign nothing: the current one, and for a rotation the one before
/// it until it expires. Without a current one of at least 24 bytes no webhook is authentic.
/// </summary>
internal sealed class SupabaseProjectAuth(string? current, string? previous = null, DateTimeOffset? previousUntil = null)
{
    public const string Header = "X-Forge-Secret";
    public const int MinBytes = 24;

    private const int LongestSecret = 1_024;

    // Compared in the place of a secret that is not there, so that a rotation cannot be seen from the time that an answer takes.
    private static readonly byte[] NoSecret = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);

    private readonly byte[]? _current = Digest(current);
    private readonly byte[]? _previous = Digest(previous);

    public bool IsAuthentic(StringValues shown, DateTimeOffset now)
    {
        if (shown.Count != 1 || shown[0] is not { Length: <= LongestSecret } secret)
            return false;
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(secret));
        var byCurrent = Matches(_current, digest) & _current is not null;
        var byPrevious = Matches(_previous, digest) & _previous is not null & _current is not null & now < previousUntil;
        return byCurrent | byPrevious;
    }

    private static bool Matches(byte[]? secret, byte[] shown) => CryptographicOperations.FixedTimeEquals(secret ?? NoSecret, shown);

    private static byte[]? Digest(string? secret) =>
        secret is not null && Encoding.UTF8.GetByteCount(secret) >= MinBytes ? SHA256.HashData(Encoding.UTF8.GetBytes(secret)) : null;
}
