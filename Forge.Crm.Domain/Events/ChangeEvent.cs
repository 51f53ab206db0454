using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Events;

/// <summary>What a platform says happened. Only a hint: the record's current state is read before anything is applied.</summary>
public enum ChangeType
{
    Created,
    Changed,
    Deleted,
    Restored,
    Merged,
    Associated,

    /// <summary>Deleted for privacy: everything that is held about the person goes.</summary>
    Erased,

    /// <summary>Authentic, but of no interest to us or not readable; kept in the journal with its reason.</summary>
    Unknown,
}

/// <summary>One event of a webhook delivery, read from its journaled bytes.</summary>
/// <param name="Ref">The record to read; for an association the record that the hub keeps it on; null where none is named.</param>
/// <param name="OccurredAt">By the platform's clock, right or wrong.</param>
/// <param name="Property">The platform's name of the property that changed.</param>
/// <param name="Value">Its new value as the event carried it, canonical only after mapping.</param>
/// <param name="MergedIds">Ids that were merged into <paramref name="Ref"/>.</param>
/// <param name="AssociatedKind">For an association: the kind at its other end.</param>
/// <param name="Actor">Who did it, as the platform names them, e.g. <c>userId:42</c>.</param>
/// <param name="Changes">Where one event tells of several properties: those that changed, with their new values, like <paramref name="Value"/>.</param>
/// <param name="Version">The record's own "last modified" as the event shows it: a read that shows an older one is from before the event.</param>
public sealed record ChangeEvent(
    ChangeType Type,
    RemoteRef? Ref,
    DateTimeOffset OccurredAt,
    string? Property = null,
    string? Value = null,
    IReadOnlyList<string>? MergedIds = null,
    RemoteKind? AssociatedKind = null,
    string? Actor = null,
    IReadOnlyDictionary<string, string?>? Changes = null,
    DateTimeOffset? Version = null)
{
    /// <summary>By our clock: where the event says that it happened later, this is what other systems' times are compared with.</summary>
    public DateTimeOffset ReceivedAt { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>Every property that the event names, with its new value.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Told =>
        Property is null ? Changes ?? ImmutableDictionary<string, string?>.Empty : (Changes ?? ImmutableDictionary<string, string?>.Empty).Prepend(new(Property, Value));

    public Stamp StampBy(Platform platform) => new(Stamp.Micros(OccurredAt), platform);

    /// <summary>Whether the event tells that the property took this value; no value and an empty one are the same.</summary>
    public bool Tells(string property, string? value) =>
        (Property == property && (Value ?? "") == (value ?? ""))
        || (Changes is { } changes && changes.TryGetValue(property, out var changed) && (changed ?? "") == (value ?? ""));
}
