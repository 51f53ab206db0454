using System.Collections.Immutable;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>Reads the page of a step: one way a phase. Writes nothing, so a step that fails or comes second leaves no trace.</summary>
internal sealed class PageReader(SyncLinks links)
{
    /// <summary>
    /// What a step takes: a few of the platform's pages, since the database takes five hundred records in hardly more time than one hundred,
    /// and a crash still repeats little.
    /// </summary>
    public const int StepSize = 500;

    /// <summary>
    /// HubSpot's search shows a change "a few moments" after it was made (its search guide names no bound), and our clock is not theirs:
    /// each incremental read begins this much before the last one did.
    /// </summary>
    public static readonly TimeSpan IndexLag = TimeSpan.FromMinutes(5);

    private readonly SweepComparison _comparison = new(links);

    public Task<StepPage> ReadAsync(SyncJob job, ICrmAccount account, CancellationToken ct) => job.Cursor.Phase switch
    {
        SyncPhase.List when job.Mode == SyncMode.Sweep => _comparison.ReadAsync(job, account, ct),
        SyncPhase.List => ListAsync(job.Cursor, account, ct),
        SyncPhase.Changed => ChangedAsync(job, account, ct),
        SyncPhase.Archived => ArchivedAsync(job, account, ct),
        SyncPhase.Known => KnownAsync(job, account, ct),
        SyncPhase.Named => NamedAsync(job, account, ct),
        _ => throw new InvalidOperationException($"The phase {job.Cursor.Phase} has no pages."),
    };

    /// <summary>Some pages of a listing, from the cursor on.</summary>
    public static async Task<(List<RemoteSnapshot> Records, string? After)> PagesAsync(
        SyncCursor cursor, ICrmAccount account, bool archived, CancellationToken ct)
    {
        var records = new List<RemoteSnapshot>(StepSize);
        var after = cursor.After;
        do
        {
            var page = await account.ListAsync(cursor.Kind!.Value, after, archived, ct);
            records.AddRange(page.Records);
            after = page.After;
        }
        while (after is not null && records.Count < StepSize);
        return (records, after);
    }

    /// <summary>The current state of some records, with their associations; one that is gone is left out.</summary>
    public static async Task<IReadOnlyList<RemoteSnapshot>> ByIdAsync(
        ICrmAccount account, RemoteKind kind, IReadOnlyCollection<string> ids, CancellationToken ct)
    {
        if (ids.Count == 0)
            return [];
        var snapshots = await account.ReadAsync(kind, ids, withHistory: false, ct);
        // Pipedrive's records carry their associations.
        if (snapshots.All(snapshot => !snapshot.Associations.IsDefaultOrEmpty))
            return snapshots;
        var shown = new List<RemoteAssociations>();
        string[] found = [.. snapshots.Select(snapshot => snapshot.Ref.Id)];
        foreach (var to in AssociationKinds.From(kind))
            shown.AddRange(await account.ReadAssociationsAsync(kind, found, to, ct));
        var byRecord = shown.ToLookup(associations => associations.From);
        return [.. snapshots.Select(snapshot => snapshot with { Associations = [.. byRecord[snapshot.Ref]] })];
    }

    private static async Task<StepPage> ListAsync(SyncCursor cursor, ICrmAccount account, CancellationToken ct)
    {
        var (records, after) = await PagesAsync(cursor, account, archived: false, ct);
        return new(records, records.Count, cursor with { After = after }, after is null);
    }

    private async Task<StepPage> ChangedAsync(SyncJob job, ICrmAccount account, CancellationToken ct)
    {
        var (cursor, kind) = (job.Cursor, job.Cursor.Kind!.Value);
        var window = cursor.Window ?? new((job.CursorOf(kind).ChangedTo ?? DateTimeOffset.UnixEpoch + IndexLag) - IndexLag);
        var page = await account.ChangedSinceAsync(kind, window, ct);
        ChangedId[] changed = [.. page.Ids.Where(id => cursor.Edge?.Holds(id) is not true).DistinctBy(id => id.Id)];
        var unknown = changed.Length == 0 ? [] : await links.UnknownAsync(job, kind, changed, ct);
        var snapshots = await ByIdAsync(account, kind, unknown, ct);
        return new(snapshots, snapshots.Count, cursor with { Window = page.Next, Edge = ChangedEdge.After(page, window, cursor.Edge) }, page.Next is null)
        {
            Known = changed.Length - unknown.Count,
            Vanished = unknown.Count - snapshots.Count,
            NewTotal = cursor.Window is null ? page.Total : null,
        };
    }

    /// <summary>Of what lies in the recycle bin only that counts which is live here.</summary>
    private async Task<StepPage> ArchivedAsync(SyncJob job, ICrmAccount account, CancellationToken ct)
    {
        var (records, after) = await PagesAsync(job.Cursor, account, archived: true, ct);
        var live = records.Count == 0
            ? []
            : (await links.LiveAmongAsync(job, job.Cursor.Kind!.Value, records.Select(record => record.Ref.Id), ct)).ToHashSet();
        return new([.. records.Where(record => live.Contains(record.Ref.Id))], 0, job.Cursor with { After = after }, after is null);
    }

    private async Task<StepPage> KnownAsync(SyncJob job, ICrmAccount account, CancellationToken ct)
    {
        var (cursor, kind) = (job.Cursor, job.Cursor.Kind!.Value);
        var ids = await links.LiveAfterAsync(job, kind, cursor.After, ct);
        var snapshots = await ByIdAsync(account, kind, ids, ct);
        return new(snapshots, 0, cursor with { After = ids.LastOrDefault() ?? cursor.After }, ids.Count < SyncLinks.Limit)
        {
            Missing = Missing(ids, snapshots),
        };
    }

    private static async Task<StepPage> NamedAsync(SyncJob job, ICrmAccount account, CancellationToken ct)
    {
        ImmutableArray<string> ids = [.. job.Cursor.Ids.Take(SyncLinks.Limit)];
        var snapshots = await ByIdAsync(account, job.Cursor.Kind!.Value, ids, ct);
        var rest = job.Cursor.Ids.RemoveRange(0, ids.Length);
        return new(snapshots, snapshots.Count, job.Cursor with { Ids = rest }, rest.IsEmpty) { Missing = Missing(ids, snapshots) };
    }

    public static IReadOnlyList<string> Missing(IEnumerable<string> asked, IEnumerable<RemoteSnapshot> shown) =>
        [.. asked.Except(shown.Select(snapshot => snapshot.Ref.Id))];
}
