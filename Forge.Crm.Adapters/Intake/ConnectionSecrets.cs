using System.Text.Json;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Adapters.Supabase;
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

    private readonly ExpiringCache<string, Rotation> _secrets = new(TimeSpan.FromMinutes(1), MaxKept, clock);

    /// <returns>Where the vault has none of that name: secrets that nothing can be signed with.</returns>
    public async Task<HubSpotSecrets> HubSpotAsync(string name, CancellationToken ct)
    {
        var (current, previous, until) = await FindAsync(name, ct);
        return new(current, previous, until);
    }

    /// <returns>As for HubSpot; the secret is <c>user:password</c>.</returns>
    public async Task<PipedriveSecrets> PipedriveAsync(string name, CancellationToken ct)
    {
        var (current, previous, until) = await FindAsync(name, ct);
        return new(current, previous, until);
    }

    /// <returns>As for HubSpot.</returns>
    public async Task<SupabaseProjectAuth> SupabaseProjectAsync(string name, CancellationToken ct)
    {
        var (current, previous, until) = await FindAsync(name, ct);
        return new(current, previous, until);
    }

    private Task<Rotation> FindAsync(string name, CancellationToken ct) =>
        _secrets.GetAsync(name, async asked => Parse(await vault.GetAsync(asked, CancellationToken.None)), ct);

    // The secret itself, or, while it is being rotated: {"current": "…", "previous": "…", "previousUntil": "2026-11-22T18:00:00Z"}
    private static Rotation Parse(string? stored) =>
        stored?.StartsWith('{') == true ? JsonSerializer.Deserialize<Rotation>(stored, Json) ?? new(null) : new(stored);

    private sealed record Rotation(string? Current, string? Previous = null, DateTimeOffset? PreviousUntil = null);
}
