using System.Text;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>
/// The app's client secrets that may sign a webhook: the current one, and for a rotation the one before it until it expires. Without a
/// current secret no signature is valid: there is no unsigned mode.
/// </summary>
public sealed class HubSpotSecrets
{
    public HubSpotSecrets(string? current, string? previous = null, DateTimeOffset? previousUntil = null)
    {
        Current = Key(current);
        Previous = Key(previous);
        PreviousUntil = previousUntil ?? DateTimeOffset.MinValue;
    }

    internal byte[]? Current { get; }

    internal byte[]? Previous { get; }

    internal DateTimeOffset PreviousUntil { get; }

    private static byte[]? Key(string? secret) => string.IsNullOrEmpty(secret) ? null : Encoding.UTF8.GetBytes(secret);
}
