using System.Text.Json;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// Looks for records that may be there already. The search lags, and costs a record twenty tokens; so the page of the newest records, which is up to date,
/// comes first, and the search is asked for what can only be older: a creation of ours whose answer was lost, or an e-mail address. It does not know
/// websites: a company is found by its domain among the newest alone (what is older was matched when the account was first read).
/// </summary>
internal sealed class PipedriveFinder(PipedriveCaller caller, PipedriveReader reader, TimeProvider time)
{
    private const int PageSize = 500;
    private const string Email = "email:";
    private const string Domain = "domain:";

    public async Task<IReadOnlyList<RemoteSnapshot>> FindAsync(RemoteKind kind, IReadOnlyCollection<SoughtRecord> sought, CancellationToken ct)
    {
        if (!sought.Any(record => record.Sent is not null || record.Keys.Length > 0) || kind == RemoteKind.Lead)
            return [];
        if (kind == RemoteKind.Note)
            return Alike(await reader.NewestNotesAsync(ct), sought);
        var newest = await NewestAsync(kind, ct);
        if (!PipedriveFieldCatalog.HasFields(kind))
            return Alike(newest, sought);
        var found = newest.Where(record => IsSought(record, sought)).ToList();
        var terms = Terms(kind, sought, found).ToList();
        if (terms.Count > 0)
            found.AddRange((await reader.ReadAsync(kind, await SearchAsync(kind, terms, ct), ct)).Where(record => IsSought(record, sought)));
        // Ours first, whoever else has their keys.
        return [.. found.DistinctBy(record => record.Ref).OrderBy(record => record.SyncId is { } id && sought.Any(one => one.SyncId == id) ? 0 : 1)];
    }

    private async Task<List<RemoteSnapshot>> NewestAsync(RemoteKind kind, CancellationToken ct)
    {
        var readAt = time.GetUtcNow();
        var page = await caller.CallAsync(
            (api, access, call) => api.ListAsync(
                PipedriveObjects.PathOf(kind), PageSize, null, null, null, null, "add_time", "desc", PipedriveObjects.IncludedFieldsOf(kind), access, call, ct),
            ct);
        return [.. (page.Data ?? throw PipedriveCaller.Unreadable("data", PipedriveObjects.PathOf(kind))).Where(record => PipedriveObjects.IsOf(kind, record))
            .Select(record => PipedriveSnapshots.Of(kind, record, readAt)).Where(record => record.ArchivedAt is null)];
    }

    private static IEnumerable<(string Term, string Field)> Terms(RemoteKind kind, IReadOnlyCollection<SoughtRecord> sought, List<RemoteSnapshot> found)
    {
        var syncIds = found.Select(record => record.SyncId).ToHashSet();
        var keys = found.SelectMany(KeysOf).ToHashSet();
        foreach (var record in sought.Where(record => !syncIds.Contains(record.SyncId)))
        {
            if (record.Sent is not null)
                yield return (PipedriveSyncId.Text(record.SyncId), "custom_fields");
            foreach (var key in record.Keys.Where(key => record.MayBeOld && kind == RemoteKind.Contact && key.StartsWith(Email, StringComparison.Ordinal) && keys.Add(key)))
                yield return (key[Email.Length..], "email");
        }
    }

    private async Task<IReadOnlyList<string>> SearchAsync(RemoteKind kind, List<(string Term, string Field)> terms, CancellationToken ct)
    {
        var ids = new List<string>();
        foreach (var (term, field) in terms)
        {
            var answer = await caller.CallAsync(
                (api, access, call) => api.SearchAsync(PipedriveObjects.PathOf(kind), term, field, "true", access, call, ct), ct);
            var items = PipedriveValues.Member(answer.Data ?? default, "items");
            if (items.ValueKind != JsonValueKind.Array)
                throw PipedriveCaller.Unreadable("items", $"{PipedriveObjects.PathOf(kind)}/search");
            ids.AddRange(items.EnumerateArray().Select(item => PipedriveSnapshots.IdOf(PipedriveValues.Member(item, "item"), $"{PipedriveObjects.PathOf(kind)}/search")));
        }

        return ids;
    }

    // The search finds more than the very thing: "exact" disregards case, and any field may hold the text.
    private static bool IsSought(RemoteSnapshot record, IReadOnlyCollection<SoughtRecord> sought) => record.ArchivedAt is null
        && sought.Any(one => record.SyncId == one.SyncId || (one.Keys.Length > 0 && KeysOf(record).Any(key => one.Keys.Contains(key))));

    private static IEnumerable<string> KeysOf(RemoteSnapshot record)
    {
        foreach (var name in new[] { "emails.primary", "emails.other" })
        {
            foreach (var address in (record.Properties.GetValueOrDefault(name) ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
                yield return Email + address.ToLowerInvariant();
        }

        if (Canonical.Of(FieldType.HostName, record.Properties.GetValueOrDefault("website"), TenantLocale.Default) is { } host)
            yield return Domain + host;
    }

    /// <summary>Activities and notes cannot carry our id: what is like one that was sent, and was made since. The oldest first.</summary>
    private static List<RemoteSnapshot> Alike(IReadOnlyList<RemoteSnapshot> newest, IReadOnlyCollection<SoughtRecord> sought) =>
    [
        .. newest.Reverse()
            .Select(record => record with { AlikeTo = [.. sought.Where(one => one.Sent is { } sent && IsLike(record, sent)).Select(one => one.SyncId)] })
            .Where(record => !record.AlikeTo.IsEmpty),
    ];

    private static bool IsLike(RemoteSnapshot record, SentCreation sent) => record.CreatedAt > sent.At - Stamp.ClockMargin
        && new[] { "subject", "content", PipedriveDue.Due, "owner_id", "type" }.All(name =>
            !sent.Properties.TryGetValue(name, out var text) || string.IsNullOrEmpty(text)
            || (record.Properties.GetValueOrDefault(name) is var shown && (string.Equals(text.Trim(), shown, StringComparison.Ordinal) || NormalForm.MayBe(text, shown))));
}
