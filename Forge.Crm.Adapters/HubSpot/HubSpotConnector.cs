using System.Collections.Concurrent;
using System.Collections.Immutable;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>HubSpot, for all tenants or, with its own fields, for one.</summary>
internal sealed class HubSpotConnector(IHubSpotApi api, HubSpotTokens tokens, IRateBudget budget, IOptions<HubSpotOptions> options, TimeProvider time)
    : ICrmConnector
{
    // An account that gets leads has them here within the hour.
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    private ConcurrentDictionary<(TenantId, HubSpotCredential), ConcurrentDictionary<RemoteKind, bool>> _checked = [];
    private ExpiringCache<(TenantId, HubSpotCredential), bool> _haveLeads = new(Kept, 10_000, time);
    private ImmutableArray<CustomField> _own = [];
    private readonly HubSpotPaths _paths = HubSpotPaths.Of(options.Value.ApiVersion, options.Value.TokenPath);

    public Platform Platform => Platform.HubSpot;

    public IReadOnlyList<RemoteKind> Kinds { get; } =
    [
        RemoteKind.Company, RemoteKind.Contact, RemoteKind.Deal,
        RemoteKind.Call, RemoteKind.Email, RemoteKind.Meeting, RemoteKind.Note, RemoteKind.Task,
    ];

    public ICrmConnector Of(string mapping, Func<RecordKind, RecordShape> shapeOf) =>
        CustomFieldDocument.Read(mapping, HubSpotCustomFields.Form) is { IsEmpty: false } own
            ? new HubSpotConnector(api, tokens, budget, options, time) { _own = own, _checked = _checked, _haveLeads = _haveLeads }
            : this;

    public ChangeEvent ReadEvent(ReadOnlyMemory<byte> raw, DateTimeOffset receivedAt) => HubSpotWebhook.Read(raw, receivedAt).Event;

    public RecordMapper MapperOf(RemoteKind kind, RecordShape shape) => HubSpotFields.MapperOf(kind, shape, _own);

    public ICrmAccount Open(TenantId tenant, string secret, CallLane lane)
    {
        var credential = HubSpotCredential.Parse(secret);
        var caller = new HubSpotCaller(api, tokens, budget, tenant, credential, lane);
        var reader = new HubSpotReader(caller, _paths, kind => HubSpotFields.PropertiesOf(kind, _own), time);
        return new HubSpotAccount(
            caller, _paths, reader, new(caller, _paths, _checked.GetOrAdd((tenant, credential), _ => [])), time,
            (ask, ct) => _haveLeads.GetAsync((tenant, credential), _ => ask(), ct));
    }
}
