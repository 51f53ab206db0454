using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>A tenant's account on a platform, opened for a piece of work, with the rules and lookups that apply to it.</summary>
internal sealed record PlatformSession(
    TenantId Tenant,
    ICrmConnector Connector,
    ICrmAccount Account,
    SyncConfig Config,
    SyncPolicy Policy,
    Func<RecordKind, RecordShape> ShapeOf,
    Lookups Known)
{
    /// <summary>Owners and stages as last learned; refreshed where a record names one that is not here.</summary>
    public Lookups Lookups { get; private set; } = Known;

    /// <summary>Null where what is planned is done.</summary>
    public DryRun? DryRun { get; init; }

    public Platform Platform => Connector.Platform;

    /// <summary>Null where the tenant does not want the platform written to, or it cannot be.</summary>
    public ICrmWriter? Writer => Config.Direction == SyncDirection.Read ? null : Account as ICrmWriter;

    /// <summary>What a hub record is to be on the platform; null where the platform has nothing of that kind.</summary>
    public RemoteKind? KindOf(HubRecord hub)
    {
        var kinds = Connector.Kinds.Where(kind => kind.ToRecordKind() == hub.Kind).ToList();
        var type = kinds.Count > 1 && ShapeOf(hub.Kind).IndexOf("type") is >= 0 and var i ? hub.Values[i] : null;
        // An activity is a call, an e-mail, a meeting or a note.
        return Names.TryParse<RemoteKind>(type, out var named) && kinds.Contains(named) ? named : kinds.Count == 0 ? null : kinds[0];
    }

    public void Learn(Lookups lookups)
    {
        Lookups = lookups;
        DryRun?.Learned(lookups);
    }

    /// <summary>The session of a dry run: what it learns of owners and stages is its own.</summary>
    public PlatformSession Rehearsing(DryRun run, Lookups? known) => this with
    {
        DryRun = run,
        Lookups = known ?? new(Lookups.Locale, Lookups.Owners, Lookups.Stages),
    };

    public RecordMapper MapperOf(RemoteKind kind) => Connector.MapperOf(kind, ShapeOf(kind.ToRecordKind()));
}
