using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Notices;

/// <summary>
/// The secrets that a tenant's outgoing webhooks are signed with, in the vault under names that no other tenant can reach. One is made here and shown
/// once; made anew, the one before it signs along for a day, so that the receiver can change over.
/// </summary>
public sealed partial class NoticeSecrets
{
    private const int Bytes = 32;

    private const string Note = """
        insert into crm_audit_log (tenant_id, kind, field, action, source, changed_at, cause, cause_id, actor)
        values ($1, 'notice_secret', 'secret', 'configure', 'supabase', clock_timestamp(), 'person', $2, $3)
        """;

    private static readonly TimeSpan Overlap = TimeSpan.FromDays(1);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly ISecretStore _vault;
    private readonly TenantDatabase _database;
    private readonly TimeProvider _clock;

    internal NoticeSecrets(ISecretStore vault, TenantDatabase database, TimeProvider clock) => (_vault, _database, _clock) = (vault, database, clock);

    /// <summary>Small letters, digits and dashes, at most 40.</summary>
    public static bool IsName(string? name) => name is not null && Name().IsMatch(name);

    /// <summary>Makes the secret, or makes it anew.</summary>
    /// <param name="person">As their token names them; stands in the history.</param>
    /// <returns>In the form that receivers' libraries take, <c>whsec_...</c>; no other call shows it.</returns>
    public async Task<string> RollAsync(TenantId tenant, string name, string person, CancellationToken ct)
    {
        var made = $"whsec_{Convert.ToBase64String(RandomNumberGenerator.GetBytes(Bytes))}";
        var before = Parse(await _vault.GetLatestAsync(VaultName(tenant, name), ct))?.Current;
        await _vault.SetAsync(VaultName(tenant, name), JsonSerializer.Serialize(new Rotation(made, before, _clock.GetUtcNow() + Overlap), Json), ct);
        await _database.ExecuteAsync(tenant, [Sql.Command(Note, Sql.Value(tenant.Value), Sql.Text(name), Sql.Text(person))], ct);
        return made;
    }

    /// <returns>What to sign with now, the newest first; none where the vault has no such secret.</returns>
    internal async Task<IReadOnlyList<byte[]>> KeysAsync(TenantId tenant, string name, CancellationToken ct)
    {
        if (!IsName(name) || Parse(await _vault.GetAsync(VaultName(tenant, name), ct)) is not { } stored)
            return [];
        var secrets = new SupabaseSecrets(stored.Current, stored.Previous, stored.PreviousUntil);
        return [.. secrets.Keys, .. _clock.GetUtcNow() < secrets.PreviousUntil ? secrets.PreviousKeys : []];
    }

    internal static string VaultName(TenantId tenant, string name) => $"tenant-{tenant}-notice-{name}";

    // One that an operator put there by hand is the secret itself.
    private static Rotation? Parse(string? stored) =>
        stored is null ? null : stored.StartsWith('{') ? JsonSerializer.Deserialize<Rotation>(stored, Json) : new(stored, null, null);

    private sealed record Rotation(string? Current, string? Previous, DateTimeOffset? PreviousUntil);

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,39}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
