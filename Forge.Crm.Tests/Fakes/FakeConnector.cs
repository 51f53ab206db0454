using System.Collections.Immutable;
using System.Text.Json;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Fakes;

/// <summary>Opens a <see cref="FakeCrm"/> for every tenant that has its token; property names are HubSpot's.</summary>
internal sealed class FakeConnector(FakeCrm crm, Platform platform = Platform.HubSpot) : ICrmConnector
{
    private static readonly ImmutableDictionary<RemoteKind, ImmutableArray<FieldMap>> Maps = new Dictionary<RemoteKind, ImmutableArray<FieldMap>>
    {
        [RemoteKind.Company] = [FieldMap.Same("name", "name"), FieldMap.Same("domain", "domain"), FieldMap.Same("phone", "phone")],
        [RemoteKind.Contact] =
        [
            FieldMap.Same("email", "email"), FieldMap.Same("firstname", "first_name"), FieldMap.Same("lastname", "last_name"),
            FieldMap.Same("phone", "phone"), FieldMap.Same("jobtitle", "job_title"),
            new("hubspot_owner_id", "owner_id", (text, lookups) => lookups.OwnerIn(text), (text, lookups) => lookups.OwnerOut(text)),
        ],
        [RemoteKind.Deal] =
        [
            FieldMap.Same("dealname", "name"), FieldMap.Same("amount", "amount"), FieldMap.Same("closedate", "close_date"),
            new("pipeline", "pipeline_id", (text, lookups) => lookups.PipelineIn(text), (text, lookups) => lookups.PipelineOut(text)),
            new("dealstage", "stage_id", (text, lookups) => lookups.StageIn(text), (text, lookups) => lookups.StageOut(text)),
            new("dealstage", "status", (text, lookups) => lookups.StatusIn(text), null),
        ],
    }.ToImmutableDictionary();

    public Platform Platform { get; } = platform;

    public IReadOnlyList<RemoteKind> Kinds { get; } = [RemoteKind.Company, RemoteKind.Contact, RemoteKind.Deal];

    /// <summary>The bytes that <see cref="ReadEvent"/> reads as this event.</summary>
    public static byte[] Raw(ChangeEvent told) => JsonSerializer.SerializeToUtf8Bytes(told);

    public ChangeEvent ReadEvent(ReadOnlyMemory<byte> raw, DateTimeOffset receivedAt)
    {
        try
        {
            var told = JsonSerializer.Deserialize<ChangeEvent>(raw.Span)!;
            return told with { ReceivedAt = receivedAt };
        }
        catch (JsonException)
        {
            return new(ChangeType.Unknown, null, receivedAt);
        }
    }

    public RecordMapper MapperOf(RemoteKind kind, RecordShape shape) => new(kind, shape, Maps[kind]);

    public ICrmAccount Open(TenantId tenant, string secret, CallLane lane) =>
        new FakeAccount(crm, Platform, JsonDocument.Parse(secret).RootElement.GetProperty("accessToken").GetString()!);
}
