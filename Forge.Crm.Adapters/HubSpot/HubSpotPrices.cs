using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>What a hundred pushes take: a batch read, the batch write, a batch read of what was written.</summary>
internal static class HubSpotPrices
{
    // Contacts are looked for by our id and by e-mail address; companies by our id, and by a search whose results are read.
    public static PushPrice Of(PushKind push, RecordKind kind) => (push, kind) switch
    {
        (PushKind.Create, RecordKind.Contact) => new(HubSpotWriter.Limit, 4),
        (PushKind.Create, RecordKind.Company) => new(HubSpotWriter.Limit, 5),
        (PushKind.Merge, _) => new(HubSpotWriter.Limit, 1, CallsARecord: 2),
        _ => new(HubSpotWriter.Limit, 3),
    };
}
