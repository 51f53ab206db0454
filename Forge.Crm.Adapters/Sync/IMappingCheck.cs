using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>Holds a mapping against the tenant's account before it is saved.</summary>
internal interface IMappingCheck
{
    Platform Platform { get; }

    /// <returns>The mapping as it is to be stored.</returns>
    /// <exception cref="FormatException">It contradicts itself, the tenant's fields or the account; the message names the place and the remedy.</exception>
    /// <exception cref="Domain.Ports.CrmCallException">The account could not be asked.</exception>
    Task<string> CheckAsync(TenantId tenant, string secret, string mapping, MappingUse use, CancellationToken ct);
}

/// <param name="ShapeOf">The tenant's fields, with those of the mapping.</param>
/// <param name="IsWritten">Whether the tenant wants the platform written to.</param>
internal sealed record MappingUse(Func<RecordKind, RecordShape> ShapeOf, bool IsWritten);
