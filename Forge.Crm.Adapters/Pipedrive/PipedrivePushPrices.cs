using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// What pushes take: a list of the records for each hundred, and a call a record. In tokens: a list 10, a record 1, a creation or an
/// update 5, a deletion 3, a merge (version 1) 40 (https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting).
/// </summary>
internal static class PipedrivePushPrices
{
    private const int List = 10;

    // What jobs queue is looked for among the newest, without a search; an organization is read once more, since the answer to its write does not show all of it.
    public static PushPrice Of(PushKind push, RecordKind kind) => (push, kind) switch
    {
        (PushKind.Create, RecordKind.Contact) => new(PipedriveReader.Limit, 1, 1, List, 5),
        (PushKind.Create, RecordKind.Company) => new(PipedriveReader.Limit, 1, 2, List, 6),
        (PushKind.Create, _) => new(PipedriveReader.Limit, 0, 1, 0, 5),
        (PushKind.Update, RecordKind.Company) => new(PipedriveReader.Limit, 1, 2, List, 6),
        (PushKind.Delete, _) => new(PipedriveReader.Limit, 1, 1, List, 3),
        (PushKind.Merge, _) => new(PipedriveReader.Limit, 1, 2, List, 41),
        _ => new(PipedriveReader.Limit, 1, 1, List, 5),
    };
}
