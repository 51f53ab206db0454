using System.Security.Cryptography;
using System.Text;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// The user and password (<c>user:password</c>) that a connection's webhooks bring: the current ones, and for a rotation those before until
/// they expire. Without current ones no webhook is authentic: there is no open mode.
/// </summary>
public sealed class PipedriveSecrets
{
    public PipedriveSecrets(string? current, string? previous = null, DateTimeOffset? previousUntil = null)
    {
        Current = Expected(current);
        Previous = Expected(previous);
        PreviousUntil = previousUntil ?? DateTimeOffset.MinValue;
    }

    internal byte[]? Current { get; }

    internal byte[]? Previous { get; }

    internal DateTimeOffset PreviousUntil { get; }

    /// <summary>The digest of the header's value: of one length, whatever the secret's, so that a comparison tells nothing of it.</summary>
    internal static byte[] Digest(string header) => SHA256.HashData(Encoding.UTF8.GetBytes(header));

    private static byte[]? Expected(string? secret) =>
        secret?.Contains(':', StringComparison.Ordinal) == true ? Digest(Convert.ToBase64String(Encoding.UTF8.GetBytes(secret))) : null;
}
