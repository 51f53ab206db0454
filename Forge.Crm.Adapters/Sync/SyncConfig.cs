using System.Collections.Immutable;
using Forge.Crm.Domain.Mapping;
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

/// <summary>What the first connection of a platform waits for.</summary>
internal enum MatchState
{
    /// <summary>No match plan is needed: the hub had nothing that could match.</summary>
    None,

    /// <summary>One has to be made.</summary>
    Needed,

    /// <summary>One was made; a person has to look at it.</summary>
    Ready,

    /// <summary>It was approved; the first load turns it into links before anything else.</summary>
    Approved,

    /// <summary>Its links are there: the platform is open.</summary>
    Settled,
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
    /// <summary>Why the mapping cannot be read, and where.</summary>
    public string? MappingProblem { get; init; }

    public MatchState Match { get; init; }

    /// <summary>By what deals are the same as the platform's.</summary>
    public DealRule DealMatch { get; init; } = DealRule.None;

    /// <summary>What was approved for each kind's first load.</summary>
    public ImmutableDictionary<RecordKind, MatchChoice> Choices { get; init; } = ImmutableDictionary<RecordKind, MatchChoice>.Empty;

    public MatchChoice ChoiceOf(RecordKind kind) => Choices.GetValueOrDefault(kind);

    /// <summary>False while a first connection waits for its match plan: nothing is joined, created or pushed.</summary>
    public bool IsOpen => Match is MatchState.None or MatchState.Settled;

    /// <summary>Whether what people do on the platform comes into the hub.</summary>
    public bool TakesIn => Direction != SyncDirection.Write;

    public bool IsRunning => IsEnabled && Strategies is not null && Problem is null && State is not (ConnectionState.Paused or ConnectionState.ReauthRequired);
}
