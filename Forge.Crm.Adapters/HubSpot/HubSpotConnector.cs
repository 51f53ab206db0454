using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.HubSpot;

internal sealed class HubSpotConnector(IHubSpotApi api, HubSpotTokens tokens, IOptions<HubSpotOptions> options, TimeProvider time) : ICrmConnector
{
    private readonly HubSpotPaths _paths = HubSpotPaths.Of(options.Value.ApiVersion, options.Value.TokenPath);

    public Platform Platform => Platform.HubSpot;

    public IReadOnlyList<RemoteKind> Kinds { get; } = [RemoteKind.Company, RemoteKind.Contact, RemoteKind.Deal];

    public ChangeEvent ReadEvent(ReadOnlyMemory<byte> raw, DateTimeOffset receivedAt) => HubSpotWebhook.Read(raw, receivedAt).Event;

    public RecordMapper MapperOf(RemoteKind kind, RecordShape shape) => HubSpotFields.MapperOf(kind, shape);

    public ICrmAccount Open(TenantId tenant, string secret, CallLane lane) =>
        new HubSpotAccount(new(api, tokens, tenant, HubSpotCredential.Parse(secret), lane), _paths, time);
}
