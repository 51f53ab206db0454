using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>
/// A tenant's share of one platform's records: one worker at a time holds it (the queue's session), order is kept within it.
/// Correctness does not rest on it: planning does not depend on order.
/// </summary>
internal readonly record struct Lane(TenantId Tenant, Platform Platform, int Number)
{
    /// <summary>At most 128 characters, Service Bus's limit for a session id.</summary>
    public string SessionId => string.Create(CultureInfo.InvariantCulture, $"{Tenant}:{Platform.ToName()}:{Number}");

    /// <exception cref="FormatException">Not a lane's session id.</exception>
    public static Lane Parse(string sessionId) =>
        sessionId.Split(':') is [var tenant, var platform, var number]
            ? new(new(Guid.Parse(tenant)), Names.Parse<Platform>(platform), int.Parse(number, CultureInfo.InvariantCulture))
            : throw new FormatException("A lane is written tenant:platform:number.");

    /// <summary>The lane of an external record's changes; the same on every machine and in every version.</summary>
    public static int NumberOf(string externalId, int lanes) =>
        lanes <= 1 ? 0 : SHA256.HashData(Encoding.UTF8.GetBytes(externalId))[0] % lanes;

    /// <summary>The lane of a hub record's pushes; <c>crm_lane</c> says the same in SQL.</summary>
    public static int NumberOf(Guid recordId, int lanes) =>
        int.Parse(recordId.ToString().AsSpan(^7..), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) % lanes;
}
