using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Simulation;

namespace Forge.Crm.Tests.EndToEnd.RandomPrograms;

/// <summary>The promises of <see cref="Invariants"/>, held against three systems that were reached over HTTP and SQL alone.</summary>
internal static class LiveInvariants
{
    private const string Room = "has room for one";

    public static async Task<List<string>> CheckAsync(LiveTenant tenant, Witness witness)
    {
        var (violations, all) = (new List<string>(), new List<HubRecord>());
        var (failed, conflicts, history) = (await tenant.Stored.FailedAsync(), await tenant.Stored.ConflictsAsync(), await tenant.Stored.HistoryAsync());
        var associations = await tenant.Stored.AssociationsAsync();
        foreach (var kind in LiveKind.All.Select(one => one.Kind))
        {
            var records = await tenant.Stored.RecordsAsync(kind);
            all.AddRange(records.Values);
            violations.AddRange(SlowInvariants.Folded(StandardFields.Of(kind), records.Values, history));
        }

        foreach (var site in tenant.Platforms)
        {
            var view = new PlatformView(site, all.ToDictionary(record => record.Id), await tenant.Stored.LinksAsync(site.Platform), failed, conflicts, tenant.Program.Setup)
            {
                TellAsync = (kind, id) => tenant.TellAsync(witness, site.Platform, kind, id),
            };
            foreach (var kind in LiveKind.All.Select(one => one.Kind))
                violations.AddRange(await view.CheckAsync(kind));
            violations.AddRange(view.Associations(associations));
        }

        foreach (var record in all.Where(record => violations.Exists(violation => violation.Contains($"{record.Id}", StringComparison.Ordinal))).ToList())
            violations.Add(await tenant.TellAsync(witness, record.Kind, record.Id));
        var told = await tenant.Stored.ToldAsync(all);
        foreach (var (tried, edit) in await EditsAsync(tenant, witness))
        {
            foreach (var violation in SlowInvariants.Untraced([edit], told))
                violations.Add($"{violation}\n{await tenant.TellAsync(witness, tried.Site.Platform, tried.Field.Kind, tried.Id)}");
        }

        return violations;
    }

    private static async Task<List<(TriedEdit Tried, PersonEdit Edit)>> EditsAsync(LiveTenant tenant, Witness witness)
    {
        var journals = new Dictionary<Platform, string>();
        foreach (var site in tenant.Platforms)
            journals[site.Platform] = await tenant.JournalAsync(site.Platform);
        return
        [
            .. from tried in tenant.Edits
               let member = tried.Site.Platform == Platform.HubSpot ? tried.Field.HubSpot : tried.Field.Pipedrive
               where member is not null
               let edit = witness.Judge(
                   tried.Site.Platform, tenant.Account, tried.Field.Kind, tried.Id, tried.Field.Field.Name, member, tried.Token,
                   key => journals[tried.Site.Platform].Contains(key, StringComparison.Ordinal))
               where edit is not null
               select (tried, edit),
        ];
    }

    /// <summary>One platform beside the hub.</summary>
    private sealed class PlatformView(
        IPlatformSite site, Dictionary<Guid, HubRecord> records, List<StoredLink> links, ILookup<(Platform, Guid), string> failed, HashSet<(Guid, string)> conflicts, Setup setup)
    {
        public required Func<RecordKind, string, Task<string>> TellAsync { get; init; }

        private readonly Dictionary<RemoteRef, Guid> _hubOf = links.Where(link => link.State == "live").ToDictionary(link => link.Ref, link => link.RecordId);

        private ILookup<Guid, RemoteRef> RefsOf => _hubOf.ToLookup(link => link.Value, link => link.Key);

        /// <summary>(a), (c) and (d): every live record there has one live record here, which shows the same; nothing deleted is alive.</summary>
        public async Task<List<string>> CheckAsync(RecordKind kind)
        {
            var violations = new List<string>();
            var live = (await site.LiveAsync(kind)).ToHashSet();
            foreach (var id in live)
            {
                if (!_hubOf.TryGetValue(Ref(kind, id), out var hub))
                    violations.Add($"(d) {Name(kind, id)} is alive and not linked\n{await TellAsync(kind, id)}");
                else if (!records[hub].IsLive && !IsListed(hub))
                    violations.Add($"(c) {Name(kind, id)} is alive and its hub record {hub} is not");
            }

            var refs = RefsOf;
            foreach (var hub in records.Values.Where(record => record.Kind == kind && record.IsLive))
            {
                var there = refs[hub.Id].Where(reference => live.Contains(reference.Id)).ToList();
                if (refs[hub.Id].Count() > 1)
                    violations.Add($"(d) {kind} {hub.Id} has {refs[hub.Id].Count()} live links to {site.Platform}");
                if (there.Count == 0 && !IsListed(hub.Id) && setup.OnDelete == DeletePolicy.Propagate)
                    violations.Add($"(a) {kind} {hub.Id} is alive and not in {site.Platform}");
                if (!IsListed(hub.Id))
                    violations.AddRange(there.SelectMany(reference => Differences(hub, reference.Id)));
            }

            return violations;
        }

        /// <summary>(a): what belongs together here belongs together there, as far as there is room.</summary>
        public IEnumerable<string> Associations(ILookup<Guid, (Guid Company, bool IsPrimary)> associations)
        {
            var refs = RefsOf;
            foreach (var hub in records.Values.Where(record => record.Kind == RecordKind.Contact && record.IsLive && !IsListed(record.Id)))
            {
                if (refs[hub.Id].FirstOrDefault() is not { Id: { } id } || site.Value(LiveFields.All[0], id) is null)
                    continue;
                var wanted = associations[hub.Id].SelectMany(one => refs[one.Company].Select(reference => (reference.Id, one.IsPrimary))).ToList();
                var shown = site.CompaniesOf(id);
                var isRight = site.Platform == Platform.HubSpot ? shown.ToHashSet().SetEquals(wanted.Select(one => one.Id))
                    : wanted.Count == 0 ? shown.Count == 0
                    : shown.Count == 1 && wanted.Exists(one => one.Id == shown[0] && (one.IsPrimary || !wanted.Exists(other => other.IsPrimary)));
                if (!isRight)
                    yield return $"(a) contact {hub.Id} belongs to ({string.Join(", ", wanted)}) in the hub and to ({string.Join(", ", shown)}) in {site.Platform} {id}";
            }
        }

        private static RemoteRef Ref(RecordKind kind, string id) => new(LiveKind.Of(kind).Remote, id);

        private string Name(RecordKind kind, string id) => $"{site.Platform}'s {kind} {id}";

        // What has no room there is listed, too, and the record's fields are level all the same.
        private bool IsListed(Guid hub) => failed[(site.Platform, hub)].Any(reason => !reason.Contains(Room, StringComparison.Ordinal));

        private IEnumerable<string> Differences(HubRecord hub, string id)
        {
            var shape = StandardFields.Of(hub.Kind);
            foreach (var field in LiveFields.Of(hub.Kind).Where(field => site.Platform == Platform.HubSpot || field.Pipedrive is not null))
            {
                var i = shape.IndexOf(field.Field.Name);
                if (!conflicts.Contains((hub.Id, field.Field.Name)) && !Canonical.Same(shape.Fields[i].Type, hub.Values[i], site.Value(field, id), TenantLocale.Default))
                    yield return $"(a) {hub.Kind} {hub.Id}.{field.Field.Name} is '{hub.Values[i]}' in the hub and '{site.Value(field, id)}' in {site.Platform} {id}";
            }
        }
    }
}
