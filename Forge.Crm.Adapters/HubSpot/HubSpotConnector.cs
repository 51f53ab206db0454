using System.Collections.Concurrent;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.HubSpot;

internal sealed class HubSpotConnector(IHubSpotApi api, HubSpotTokens tokens, IRateBudget budget, IOptions<HubSpotOptions> options, TimeProvider time)
    : ICrmConnector
{
    private readonly ConcurrentDictionary<(TenantId, HubSpotCredential), ConcurrentDictionary<RemoteKind, bool>> _checked = [];
    private readonly HubSpotPaths _paths = HubSpotPaths.Of(options.Value.ApiVersion, options.Value.TokenPath);

    public Platform Platform => Platform.HubSpot;

    public IReadOnlyList<RemoteKind> Kinds { get; } =
    [
        RemoteKind.Company, RemoteKind.Contact, RemoteKind.Deal,
        RemoteKind.Call, RemoteKind.Email, RemoteKind.Meeting, RemoteKind.Note, RemoteKind.Task,
    ];

    public ChangeEvent ReadEvent(ReadOnlyMemory<byte> raw, DateTimeOffset receivedAt) => HubSpotWebhook.Read(raw, receivedAt).Event;

    public RecordMapper MapperOf(RemoteKind kind, RecordShape shape) => HubSpotFields.MapperOf(kind, shape);

    public ICrmAccount Open(TenantId tenant, string secret, CallLane lane, Func<RecordKind, RecordShape>? shapeOf = null)
    {
        var credential = HubSpotCredential.Parse(secret);
        var caller = new HubSpotCaller(api, tokens, budget, tenant, credential, lane);
        var reader = new HubSpotReader(caller, _paths, kind => HubSpotFields.PropertiesOf(kind, shapeOf), time);
        return new HubSpotAccount(caller, _paths, reader, new(caller, _paths, _checked.GetOrAdd((tenant, credential), _ => [])), time);
    }
}
