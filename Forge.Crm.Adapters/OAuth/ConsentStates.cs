using System.Buffers.Text;
using System.Security.Cryptography;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.OAuth;

/// <summary>
/// The <c>state</c> of consents under way: bound to the tenant and to the person who began, good for ten minutes and for one use. The database
/// has its digest alone, as a lease of the tenant's that ends by itself, so that who reads the database cannot finish a consent.
/// </summary>
internal sealed class ConsentStates(TenantDatabase database)
{
    private const int IdBytes = 16;
    private const int SecretBytes = 32;

    private const string Forget = "delete from crm_leases where tenant_id = $1 and name like 'consent:%' and expires_at <= clock_timestamp()";

    private const string Insert = """
        insert into crm_leases (tenant_id, name, holder, expires_at) values ($1, $2, $3, clock_timestamp() + $4)
        """;

    // Whatever the rest of it is: a state that was shown once is used up.
    private const string Take = """
        delete from crm_leases where tenant_id = $1 and name = $2 returning holder, expires_at > clock_timestamp()
        """;

    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    /// <param name="person">As their token names them.</param>
    public async Task<string> NewAsync(TenantId tenant, Platform platform, string person, CancellationToken ct)
    {
        var (id, secret) = (RandomNumberGenerator.GetBytes(IdBytes), RandomNumberGenerator.GetBytes(SecretBytes));
        await database.ExecuteAsync(
            tenant,
            [
                Sql.Command(Forget, Sql.Value(tenant.Value)),
                Sql.Command(Insert, Sql.Value(tenant.Value), Sql.Text(NameOf(platform, id)), Sql.Text($"{Digest(secret)} {person}"), Sql.Value(Life)),
            ],
            ct);
        return Base64Url.EncodeToString([.. tenant.Value.ToByteArray(bigEndian: true), .. id, .. secret]);
    }

    /// <returns>Whose consent it is; null where the state is none of ours, of another platform, used or too old.</returns>
    public async Task<(TenantId Tenant, string Person)?> TakeAsync(Platform platform, string? state, CancellationToken ct)
    {
        if (Parse(state) is not { } shown)
            return null;
        var found = await database.QueryAsync(
            shown.Tenant, Sql.Command(Take, Sql.Value(shown.Tenant.Value), Sql.Text(NameOf(platform, shown.Id))), Read, ct);
        // Found by its id, compared in constant time: how long an answer takes tells nothing of the secret.
        return found is [var (digest, person, isInTime)] && CryptographicOperations.FixedTimeEquals(Convert.FromHexString(digest), SHA256.HashData(shown.Secret)) && isInTime
            ? (shown.Tenant, person)
            : null;
    }

    private static (TenantId Tenant, byte[] Id, byte[] Secret)? Parse(string? state)
    {
        const int tenantBytes = 16;
        var bytes = new byte[tenantBytes + IdBytes + SecretBytes];
        return state?.Length == Base64Url.GetEncodedLength(bytes.Length) && Base64Url.TryDecodeFromChars(state, bytes, out var written) && written == bytes.Length
            ? (new(new Guid(bytes.AsSpan(0, tenantBytes), bigEndian: true)), bytes[tenantBytes..(tenantBytes + IdBytes)], bytes[(tenantBytes + IdBytes)..])
            : null;
    }

    private static string NameOf(Platform platform, byte[] id) => $"consent:{platform.ToName()}:{Convert.ToHexStringLower(id)}";

    private static string Digest(byte[] secret) => Convert.ToHexStringLower(SHA256.HashData(secret));

    private static (string Digest, string Person, bool IsInTime) Read(NpgsqlDataReader row)
    {
        var holder = row.GetString(0).Split(' ', 2);
        return (holder[0], holder[1], row.GetBoolean(1));
    }
}
