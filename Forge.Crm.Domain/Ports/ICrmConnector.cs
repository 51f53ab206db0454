using System.Collections.Immutable;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Ports;

/// <summary>A platform: how its events read, how its records map, how an account of it is opened. One instance serves all tenants.</summary>
public interface ICrmConnector
{
    Platform Platform { get; }

    /// <summary>This platform as one tenant has it: with fields, or tables and columns, of the tenant's own, which their mapping names.</summary>
    /// <param name="mapping">The tenant's, as it is stored.</param>
    /// <param name="shapeOf">The tenant's shapes.</param>
    /// <exception cref="FormatException">The mapping cannot be read.</exception>
    ICrmConnector Of(string mapping, Func<RecordKind, RecordShape> shapeOf) => this;

    /// <summary>The kinds that we sync, in the order in which a first load takes them: what is pointed at comes first.</summary>
    IReadOnlyList<RemoteKind> Kinds { get; }

    /// <summary>Reads one event as the journal holds it. Never throws: what cannot be read is <see cref="ChangeType.Unknown"/>.</summary>
    /// <param name="receivedAt">A time of the event that lies after it is clamped to it.</param>
    ChangeEvent ReadEvent(ReadOnlyMemory<byte> raw, DateTimeOffset receivedAt);

    /// <summary>The mapping of a kind over the tenant's shape of it (standard and custom fields).</summary>
    RecordMapper MapperOf(RemoteKind kind, RecordShape shape);

    /// <summary>The kinds that a record of this kind is associated with there, of those that the hub keeps.</summary>
    ImmutableArray<RemoteKind> LinksOf(RemoteKind kind) => AssociationKinds.From(kind);

    /// <summary>Opens the tenant's account; does not call the platform yet.</summary>
    /// <param name="secret">What the vault holds for it; its form is the platform's own affair.</param>
    /// <param name="lane">Which share of the account's call budget the calls may use.</param>
    ICrmAccount Open(TenantId tenant, string secret, CallLane lane);
}

/// <summary>Who waits for a call, the most urgent first: a lower lane yields to a higher one when the budget runs short.</summary>
public enum CallLane
{
    Interactive,
    Webhook,
    Reconcile,
    Backfill,
}
