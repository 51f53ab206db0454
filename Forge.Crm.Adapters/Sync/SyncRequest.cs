using Forge.Crm.Domain.Records;

namespace Forge.Crm;

/// <summary>What to sync.</summary>
public sealed record SyncRequest(TenantId Tenant, Platform Platform)
{
    /// <summary>The most ids that one request may name.</summary>
    public const int MaxIds = 10_000;

    /// <summary>Null: a first load until one was completed, what changed since the last time from then on.</summary>
    public SyncMode? Mode { get; init; }

    /// <summary>Empty: all kinds that the connection syncs.</summary>
    public IReadOnlyList<RecordKind> Kinds { get; init; } = [];

    /// <summary>Single records of <see cref="IdsOf"/> instead of whole kinds; makes the sync a <see cref="SyncMode.Manual"/> one.</summary>
    public IReadOnlyList<string> Ids { get; init; } = [];

    /// <summary>What the <see cref="Ids"/> are ids of.</summary>
    public RemoteKind IdsOf { get; init; }

    /// <summary>The plan is made and kept (see <see cref="Forge.Crm.Adapters.Postgres.SyncPlans"/>), and nothing is changed, here or anywhere.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Who asks; stands in the history of what is written.</summary>
    public string RequestedBy { get; init; } = "library";
}
