using System.Globalization;
using System.Text.Json;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// Leads and notes, which only version 1 of the API has: read one by one, listed from a place that is counted from the start. A deletion
/// while it is listed moves the rest up by one, past the page's edge; the next sweep finds what that hid.
/// </summary>
internal sealed class PipedriveFirstVersion(PipedriveCaller caller, TimeProvider time)
{
    private const int Limit = 100;
    private const string ArchivedLeads = "leads/archived";
    private const string ByTime = "update_time ASC";

    public async Task<IReadOnlyList<RemoteSnapshot>> ReadAsync(RemoteKind kind, IEnumerable<string> ids, CancellationToken ct)
    {
        var snapshots = new List<RemoteSnapshot>();
        foreach (var id in ids)
        {
            var readAt = time.GetUtcNow();
            var one = await caller.FindAsync((api, access, call) => api.ReadFirstAsync(PipedriveObjects.PathOf(kind), id, access, call, ct), ct);
            if (one?.Data is { ValueKind: JsonValueKind.Object } record)
                snapshots.Add(PipedriveSnapshots.Of(kind, record, readAt));
        }

        return snapshots;
    }

    /// <param name="after">A place in the list; behind the last live lead come the archived ones, which are put away but not deleted.</param>
    public async Task<RemotePage> ListAsync(RemoteKind kind, string? after, CancellationToken ct)
    {
        var isArchive = after?.StartsWith(ArchivedLeads, StringComparison.Ordinal) == true;
        var path = isArchive ? ArchivedLeads : PipedriveObjects.PathOf(kind);
        var start = int.Parse(after?.Split(' ')[^1] ?? "0", CultureInfo.InvariantCulture);
        var readAt = time.GetUtcNow();
        var page = await PageAsync(path, start, "id ASC", null, ct);
        var next = page.AdditionalData?.Next is { } place ? string.Create(CultureInfo.InvariantCulture, $"{path} {place}")
            : kind == RemoteKind.Lead && !isArchive ? $"{ArchivedLeads} 0"
            : null;
        return new([.. Records(page).Select(record => PipedriveSnapshots.Of(kind, record, readAt)).Where(shown => shown.ArchivedAt is null)], next, null);
    }

    /// <summary>The newest first.</summary>
    public async Task<IReadOnlyList<RemoteSnapshot>> NewestAsync(RemoteKind kind, CancellationToken ct)
    {
        var readAt = time.GetUtcNow();
        var page = await PageAsync(PipedriveObjects.PathOf(kind), 0, "add_time DESC", null, ct);
        return [.. Records(page).Select(record => PipedriveSnapshots.Of(kind, record, readAt)).Where(shown => shown.ArchivedAt is null)];
    }

    public async Task<ChangedPage> ChangedAsync(RemoteKind kind, ChangedWindow window, CancellationToken ct)
    {
        var start = int.Parse(window.After ?? "0", CultureInfo.InvariantCulture);
        var since = window.Since.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var path = PipedriveObjects.PathOf(kind);
        var page = await PageAsync(path, start, ByTime, since, ct);
        var found = Records(page).Select(record => new ChangedId(PipedriveSnapshots.IdOf(record, path), PipedriveSnapshots.ModifiedAt(record, path)));
        var next = page.AdditionalData?.Next?.ToString(CultureInfo.InvariantCulture);
        return new([.. found], next is null ? null : window with { After = next }, null);
    }

    private Task<PipedrivePage> PageAsync(string path, int start, string sort, string? since, CancellationToken ct) =>
        caller.CallAsync((api, access, call) => api.ListFirstAsync(path, Limit, start, sort, since, access, call, ct), ct);

    // An empty list is null in version 1.
    private static List<JsonElement> Records(PipedrivePage page) => page.Data ?? [];
}
