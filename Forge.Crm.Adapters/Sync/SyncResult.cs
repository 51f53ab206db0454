namespace Forge.Crm;

/// <summary>What a sync job did, from its first step on, whoever ran the steps.</summary>
public sealed record SyncResult
{
    public required Guid JobId { get; init; }

    /// <summary>What was run: of an unfinished job that was carried on, its own mode.</summary>
    public required SyncMode Mode { get; init; }

    /// <summary>Contacts that were read and are level with the platform now: created, updated or found unchanged.</summary>
    public required long ContactsSynced { get; init; }

    /// <inheritdoc cref="ContactsSynced"/>
    public required long CompaniesSynced { get; init; }

    /// <inheritdoc cref="ContactsSynced"/>
    public required long DealsSynced { get; init; }

    /// <summary>Records of all kinds that cost no write.</summary>
    public required long Unchanged { get; init; }

    public required long Created { get; init; }

    public required long Updated { get; init; }

    public required long Deleted { get; init; }

    /// <summary>Records that could not be read right or stored; <see cref="Errors"/> says why. Their neighbours are in.</summary>
    public required long Failed { get; init; }

    /// <summary>A sweep's: records that are live here and that the platform shows neither as live nor as archived. Nothing was done to them.</summary>
    public required long Missing { get; init; }

    /// <summary>How long this call took.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>The first fifty failures: kind, external id and reason, never a value.</summary>
    public required IReadOnlyList<string> Errors { get; init; }
}
