using System.Collections.Concurrent;
using System.Collections.Immutable;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>Pipedrive, for all tenants or, with its own fields, for one.</summary>
internal sealed class PipedriveConnector(IPipedriveApi api, PipedriveTokens tokens, TimeProvider time) : ICrmConnector
{
    private ImmutableArray<CustomField> _own = [];
    private ConcurrentDictionary<(TenantId, PipedriveCredential), ConcurrentDictionary<RemoteKind, PipedriveFieldSet>> _fields = [];
    private ConcurrentDictionary<(TenantId, PipedriveCredential), PipedriveActivityTypes> _types = [];

    public Platform Platform => Platform.Pipedrive;

    // Without leads: a lead is a second link of the contact that its person is, and such links are not joined yet.
    public IReadOnlyList<RemoteKind> Kinds { get; } =
    [
        RemoteKind.Company, RemoteKind.Contact, RemoteKind.Deal,
        RemoteKind.Call, RemoteKind.Email, RemoteKind.Meeting, RemoteKind.Note, RemoteKind.Task,
    ];

    public ICrmConnector Of(string mapping, Func<RecordKind, RecordShape> shapeOf) =>
        CustomFieldDocument.Read(mapping, PipedriveCustomFields.Form) is { IsEmpty: false } own
            ? new PipedriveConnector(api, tokens, time) { _own = own, _fields = _fields, _types = _types }
            : this;

    public ChangeEvent ReadEvent(ReadOnlyMemory<byte> raw, DateTimeOffset receivedAt) => PipedriveWebhook.Read(raw, receivedAt).Event;

    public RecordMapper MapperOf(RemoteKind kind, RecordShape shape) => PipedriveFields.MapperOf(kind, shape, _own);

    public ICrmAccount Open(TenantId tenant, string secret, CallLane lane)
    {
        var credential = PipedriveCredential.Parse(secret);
        var caller = new PipedriveCaller(api, tokens, tenant, credential, lane);
        var firstVersion = new PipedriveFirstVersion(caller, time);
        return new PipedriveAccount(
            caller, firstVersion, new(caller, firstVersion, time), new(caller), new(caller, _fields.GetOrAdd((tenant, credential), _ => [])),
            _types.GetOrAdd((tenant, credential), _ => new(time)), time);
    }
}
