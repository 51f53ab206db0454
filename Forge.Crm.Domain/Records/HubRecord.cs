using System.Collections.Immutable;

namespace Forge.Crm.Domain.Records;

/// <summary>A record of the hub: one row of a <c>crm_*</c> table.</summary>
/// <param name="Values">Canonical texts in the order of the kind's <see cref="RecordShape"/>; null is "no value".</param>
/// <param name="Stamps">In the same order; <see cref="Stamp.None"/> where a field was never set.</param>
/// <param name="Version">Grows by one with every write; 0 for a record that is not stored yet.</param>
public sealed record HubRecord(
    Guid Id,
    RecordKind Kind,
    ImmutableArray<string?> Values,
    ImmutableArray<Stamp> Stamps,
    long Version = 0,
    DateTimeOffset? DeletedAt = null,
    Guid? MergedIntoId = null)
{
    public bool IsLive => DeletedAt is null && MergedIntoId is null;
}
