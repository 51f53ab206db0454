using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>A job's row as its caller sees it.</summary>
internal static class SyncResults
{
    public static SyncResult Of(SyncJob job, TimeSpan elapsed) => new()
    {
        JobId = job.Id,
        Mode = job.Mode,
        ContactsSynced = Level(job.Counts.Of(RecordKind.Contact)),
        CompaniesSynced = Level(job.Counts.Of(RecordKind.Company)),
        DealsSynced = Level(job.Counts.Of(RecordKind.Deal)),
        Unchanged = job.Counts.Kinds.Values.Sum(kind => kind.Unchanged),
        Created = job.Counts.Kinds.Values.Sum(kind => kind.Created),
        Updated = job.Counts.Kinds.Values.Sum(kind => kind.Updated),
        Deleted = job.Counts.Kinds.Values.Sum(kind => kind.Deleted),
        Failed = job.Counts.Kinds.Values.Sum(kind => kind.Failed),
        Missing = job.Counts.Kinds.Values.Sum(kind => kind.Missing),
        Elapsed = elapsed,
        Errors = [.. job.Cursor.Errors.Select(error => $"{error.Kind.ToName()} {error.Id}: {error.Reason}")],
    };

    private static long Level(KindCounts counts) => counts.Created + counts.Updated + counts.Unchanged;
}
