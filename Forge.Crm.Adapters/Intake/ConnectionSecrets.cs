using System.Text.Json;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.Intake;

/// <summary>
/// Webhook secrets of single connections (private apps sign with their own), from the vault, kept for a minute: a vault that is down for a
/// moment costs no webhook, and a rotated secret counts a minute later.
/// </summary>
internal sealed class ConnectionSecrets(ISecretStore vault, TimeProvider clock)
{
    private const int MaxKept = 10_000;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly ExpiringCache<string, HubSpotSecrets> _secrets = new(TimeSpan.FromMinutes(1), MaxKept, clock);

    /// <returns>Where the vault has none of that name: secrets that nothing can be signed with.</returns>
    public Task<HubSpotSecrets> HubSpotAsync(string name, CancellationToken ct) =>
        _secrets.GetAsync(name, async asked => Parse(await vault.GetAsync(asked, CancellationToken.None)), ct);

    // The secret itself, or, while it is being rotated: {"current": "…", "previous": "…", "previousUntil": "2026-11-22T18:00:00Z"}
    private static HubSpotSecrets Parse(string? stored)
    {
        if (stored is null || !stored.StartsWith('{'))
            return new(stored);
        var rotation = JsonSerializer.Deserialize<Rotation>(stored, Json);
        return new(rotation?.Current, rotation?.Previous, rotation?.PreviousUntil);
    }

    private sealed record Rotation(string? Current, string? Previous, DateTimeOffset? PreviousUntil);
}
