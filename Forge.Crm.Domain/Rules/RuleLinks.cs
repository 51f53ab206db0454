using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Rules;

/// <summary>Which records belong to which, in the one direction in which the hub keeps an association.</summary>
public static class RuleLinks
{
    private static readonly ImmutableArray<(RecordKind From, RecordKind To)> Pairs =
    [
        .. (from remote in Enum.GetValues<RemoteKind>()
            from target in AssociationKinds.From(remote)
            select (remote.ToRecordKind(), target.ToRecordKind())).Distinct(),
    ];

    public static bool CanBe(RecordKind a, RecordKind b) => Pairs.Contains((a, b)) || Pairs.Contains((b, a));

    /// <summary>The association of two records, from the one that it starts from; null where there is no such kind.</summary>
    public static AssociationKey? Of((RecordKind Kind, Guid Id) a, (RecordKind Kind, Guid Id) b) =>
        Pairs.Contains((a.Kind, b.Kind)) ? new(a.Kind, a.Id, b.Kind, b.Id)
        : Pairs.Contains((b.Kind, a.Kind)) ? new(b.Kind, b.Id, a.Kind, a.Id)
        : null;
}
