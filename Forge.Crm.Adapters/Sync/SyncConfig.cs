using System.Collections.Immutable;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

internal enum SyncDirection
{
    /// <summary>From the platform into the hub only.</summary>
    Read,
    TwoWay,

    /// <summary>From the hub to the platform only.</summary>
    Write,
}

internal enum ConnectionState
{
    Connected,
    Importing,
    Live,
    Paused,
    ReauthRequired,
}

/// <summary>A row of <c>crm_sync_configs</c>: a tenant's settings for one platform.</summary>
/// <param name="Strategies">Null where what is stored cannot be read.</param>
/// <param name="Problem">Why they, or the mapping, cannot be read, and where; holds no personal data.</param>
internal sealed record SyncConfig(
    Platform Platform,
    SyncDirection Direction,
    ImmutableArray<RecordKind> Kinds,
    Strategies? Strategies,
    string? Problem,
    string Mapping,
    int IntervalMinutes,
    DeletePolicy OnDelete,
    string? SecretRef,
    bool IsEnabled,
    ConnectionState State,
    int Lanes,
    string Cursors)
{
    /// <summary>Whether what people do on the platform comes into the hub.</summary>
    public bool TakesIn => Direction != SyncDirection.Write;

    public bool IsRunning => IsEnabled && Strategies is not null && Problem is null && State is not (ConnectionState.Paused or ConnectionState.ReauthRequired);
}
