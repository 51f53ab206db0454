using System.Collections.Concurrent;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

internal sealed class PipedriveConnector(IPipedriveApi api, PipedriveTokens tokens, TimeProvider time) : ICrmConnector
{
    private readonly ConcurrentDictionary<(TenantId, PipedriveCredential), ConcurrentDictionary<RemoteKind, PipedriveFieldSet>> _fields = [];

    public Platform Platform => Platform.Pipedrive;

    // Without leads: a lead is a second link of the contact that its person is, and such links are not joined yet.
    public IReadOnlyList<RemoteKind> Kinds { get; } =
    [
        RemoteKind.Company, RemoteKind.Contact, RemoteKind.Deal,
        RemoteKind.Call, RemoteKind.Email, RemoteKind.Meeting, RemoteKind.Note, RemoteKind.Task,
    ];

    public ChangeEvent ReadEvent(ReadOnlyMemory<byte> raw, DateTimeOffset receivedAt) => PipedriveWebhook.Read(raw, receivedAt).Event;

    public RecordMapper MapperOf(RemoteKind kind, RecordShape shape) => PipedriveFields.MapperOf(kind, shape);

    public ICrmAccount Open(TenantId tenant, string secret, CallLane lane, Func<RecordKind, RecordShape>? shapeOf = null)
    {
        var credential = PipedriveCredential.Parse(secret);
        var caller = new PipedriveCaller(api, tokens, tenant, credential, lane);
        var firstVersion = new PipedriveFirstVersion(caller, time);
        return new PipedriveAccount(
            caller, firstVersion, new(caller, firstVersion, time), new(caller), new(caller, _fields.GetOrAdd((tenant, credential), _ => [])), time);
    }
}
