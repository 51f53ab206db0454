using System.Collections.Immutable;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>Writes associations, by batches of version 4: it has types, of which HubSpot's own unlabelled one and the primary one are ours.</summary>
internal sealed class HubSpotLinker(HubSpotCaller caller, HubSpotPaths paths)
{
    /// <summary>Of one call.</summary>
    private const int Limit = 2_000;

    private const string OfHubSpot = "HUBSPOT_DEFINED";

    // HubSpot documentation, "Association type id values", in the direction in which the hub keeps associations. Primary: 0 where there is none.
    private static readonly ImmutableDictionary<(RemoteKind From, RemoteKind To), (int Plain, int Primary)> Types =
        new Dictionary<(RemoteKind, RemoteKind), (int, int)>
        {
            [(RemoteKind.Contact, RemoteKind.Company)] = (279, 1),
            [(RemoteKind.Deal, RemoteKind.Contact)] = (3, 0),
            [(RemoteKind.Deal, RemoteKind.Company)] = (341, 5),
            [(RemoteKind.Call, RemoteKind.Contact)] = (194, 0),
            [(RemoteKind.Call, RemoteKind.Company)] = (182, 0),
            [(RemoteKind.Call, RemoteKind.Deal)] = (206, 0),
            [(RemoteKind.Email, RemoteKind.Contact)] = (198, 0),
            [(RemoteKind.Email, RemoteKind.Company)] = (186, 0),
            [(RemoteKind.Email, RemoteKind.Deal)] = (210, 0),
            [(RemoteKind.Meeting, RemoteKind.Contact)] = (200, 0),
            [(RemoteKind.Meeting, RemoteKind.Company)] = (188, 0),
            [(RemoteKind.Meeting, RemoteKind.Deal)] = (212, 0),
            [(RemoteKind.Note, RemoteKind.Contact)] = (202, 0),
            [(RemoteKind.Note, RemoteKind.Company)] = (190, 0),
            [(RemoteKind.Note, RemoteKind.Deal)] = (214, 0),
            [(RemoteKind.Task, RemoteKind.Contact)] = (204, 0),
            [(RemoteKind.Task, RemoteKind.Company)] = (192, 0),
            [(RemoteKind.Task, RemoteKind.Deal)] = (216, 0),
        }.ToImmutableDictionary();

    public async Task<IReadOnlyList<WriteAnswer>> LinkAsync(RemoteKind from, IReadOnlyList<LinkChange> changes, CancellationToken ct)
    {
        var answers = new WriteAnswer[changes.Count];
        // Removals first: what they free may be wanted by an addition.
        foreach (var group in Enumerable.Range(0, changes.Count).GroupBy(i => (changes[i].IsAdded, changes[i].ToKind)).OrderBy(group => group.Key.IsAdded))
        {
            foreach (var part in group.Chunk(Limit))
            {
                LinkChange[] some = [.. part.Select(i => changes[i])];
                var answered = !Types.TryGetValue((from, group.Key.ToKind), out var types)
                    ? [.. some.Select(_ => WriteAnswer.Refused($"HubSpot keeps no association of {HubSpotObjects.NameOf(from)} to {HubSpotObjects.NameOf(group.Key.ToKind)}"))]
                    : group.Key.IsAdded ? await AddAsync(from, some, types, ct) : await RemoveAsync(from, some, ct);
                for (var i = 0; i < part.Length; i++)
                    answers[part[i]] = answered[i];
            }
        }

        return answers;
    }

    private async Task<IReadOnlyList<WriteAnswer>> AddAsync(RemoteKind from, LinkChange[] changes, (int Plain, int Primary) types, CancellationToken ct)
    {
        var path = paths.AssociationsOf(from, changes[0].ToKind);
        var batches = new HubSpotBatches<LinkChange, HubSpotLinked>(
            path, changes,
            async part => await caller.CallAsync(
                HubSpotCaller.Burst, (api, token, call) => api.AssociateAsync(path, new([.. part.Select(change => Input(change, types))]), token, call, ct), ct),
            (change, linked) => linked.FromObjectId == change.FromId && linked.ToObjectId == change.ToId,
            (change, context) => ErrorBody.Texts(context, "ids").Any(id => id == change.FromId || id == change.ToId));
        return [.. (await batches.RunAsync()).Select(outcome => outcome.Refusal ?? WriteAnswer.Linked)];
    }

    /// <summary>All types of the pair. What is not there is passed over.</summary>
    private async Task<IReadOnlyList<WriteAnswer>> RemoveAsync(RemoteKind from, LinkChange[] changes, CancellationToken ct)
    {
        var path = paths.AssociationsOf(from, changes[0].ToKind);
        var input = new HubSpotUnlinkBatch([.. changes.Select(change => new HubSpotUnlinkInput(new(change.FromId), [new(change.ToId)]))]);
        await caller.RunAsync((api, token, call) => api.DissociateAsync(path, input, token, call, ct), ct);
        return [.. changes.Select(_ => WriteAnswer.Linked)];
    }

    /// <summary>Those of a new record; one that HubSpot does not keep is left to be refused by itself.</summary>
    public static IEnumerable<(CreationLink Link, HubSpotNewAssociation Association)> Of(RemoteKind kind, IEnumerable<CreationLink> links) =>
        from link in links
        where Types.ContainsKey((kind, link.ToKind))
        select (link, new HubSpotNewAssociation(new(link.ToId), [Type(Types[(kind, link.ToKind)], link.IsPrimary)]));

    private static HubSpotLinkInput Input(LinkChange change, (int Plain, int Primary) types) =>
        new(new(change.FromId), new(change.ToId), [Type(types, change.IsPrimary)]);

    private static HubSpotLinkType Type((int Plain, int Primary) types, bool isPrimary) => new(OfHubSpot, isPrimary && types.Primary > 0 ? types.Primary : types.Plain);
}
