using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.OAuth;

/// <summary>
/// The <c>state</c> of consents under way: bound to the tenant, the platform and the person who began, good for ten minutes and for one use. The
/// database has its digest alone, as a lease of the tenant's that ends by itself, so that who reads the database cannot finish a consent.
/// </summary>
internal sealed class ConsentStates(TenantDatabase database)
{
    private const int StateBytes = 32;

    private const string Forget = "delete from crm_leases where tenant_id = $1 and name like 'consent:%' and expires_at <= clock_timestamp()";

    private const string Insert = """
        insert into crm_leases (tenant_id, name, holder, expires_at) values ($1, $2, $3, clock_timestamp() + $4)
        """;

    // Whoever shows it: a state that was shown once is used up.
    private const string Take = """
        delete from crm_leases where tenant_id = $1 and name = $2 returning holder = $3 and expires_at > clock_timestamp()
        """;

    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    /// <param name="person">As their token names them.</param>
    public async Task<string> NewAsync(TenantId tenant, Platform platform, string person, CancellationToken ct)
    {
        var state = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(StateBytes));
        await database.ExecuteAsync(
            tenant,
            [
                Sql.Command(Forget, Sql.Value(tenant.Value)),
                Sql.Command(Insert, Sql.Value(tenant.Value), Sql.Text(NameOf(platform, state)), Sql.Text(person), Sql.Value(Life)),
            ],
            ct);
        return state;
    }

    /// <param name="person">Who shows it, as their token names them.</param>
    /// <returns>False where this person did not begin it for this tenant and platform, and where it was used before or is too old.</returns>
    public async Task<bool> TakeAsync(TenantId tenant, Platform platform, string person, string state, CancellationToken ct) =>
        await database.QueryAsync(
            tenant, Sql.Command(Take, Sql.Value(tenant.Value), Sql.Text(NameOf(platform, state)), Sql.Text(person)), row => row.GetBoolean(0), ct) is [true];

    private static string NameOf(Platform platform, string state) =>
        $"consent:{platform.ToName()}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state)))}";
}
