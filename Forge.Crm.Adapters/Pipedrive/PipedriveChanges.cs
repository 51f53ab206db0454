using System.Globalization;
using System.Text.Json;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// Finds what changed, in the order of the changes. Each page starts anew at the last stamp seen, so that an edit between two pages, which
/// moves a record to the end, hides none. Stamps are whole seconds, and an import puts thousands of records into one: only where one stamp
/// fills a page the platform's cursor leads through that stamp's records.
/// </summary>
internal sealed class PipedriveChanges(PipedriveCaller caller)
{
    private const int Limit = 500;

    public async Task<ChangedPage> PageAsync(RemoteKind kind, ChangedWindow window, CancellationToken ct)
    {
        var since = new DateTimeOffset(window.Since.UtcTicks - (window.Since.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
        var path = PipedriveObjects.PathOf(kind);
        var page = await caller.CallAsync(
            (api, access, call) => api.ListAsync(
                path, Limit, window.After, null, kind == RemoteKind.Deal ? PipedriveObjects.AnyStatus : null,
                since.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), "update_time", "asc", null, access, call, ct),
            ct);
        var all = page.Data ?? throw PipedriveCaller.Unreadable("data", path);
        var found = all.Where(record => PipedriveObjects.IsOf(kind, record))
            .Select(record => new ChangedId(PipedriveSnapshots.IdOf(record, path), PipedriveSnapshots.ModifiedAt(record, path))).ToList();
        return new(found, Next(path, since, all, page.AdditionalData?.NextCursor), null);
    }

    private static ChangedWindow? Next(string path, DateTimeOffset since, List<JsonElement> all, string? cursor)
    {
        if (string.IsNullOrEmpty(cursor) || all.Count == 0)
            return null;
        var last = PipedriveSnapshots.ModifiedAt(all[^1], path);
        return last > since ? new(last) : new(since, After: cursor);
    }
}
