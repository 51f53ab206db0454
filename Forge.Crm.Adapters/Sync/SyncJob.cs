using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

internal enum JobState
{
    Queued,
    Running,
    Paused,
    Done,
    Failed,
    Cancelled,
}

/// <summary>A row of <c>crm_sync_jobs</c>, with the cursors that its config keeps between jobs.</summary>
/// <param name="Step">The number of the step to run next. Whoever commits a step has it go on by one; nobody else can commit that step then.</param>
/// <param name="Total">How many live records there are to read, as far as that is known: see <see cref="AccountStep"/>.</param>
/// <param name="Error">Why the job failed; holds no personal data.</param>
internal sealed record SyncJob(
    TenantId Tenant,
    Guid Id,
    Platform Platform,
    SyncMode Mode,
    ImmutableArray<RecordKind> Kinds,
    JobState State,
    long Step,
    SyncCursor Cursor,
    SyncCounts Counts,
    long? Total,
    string RequestedBy,
    string? Error,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? FinishedAt,
    ImmutableDictionary<RemoteKind, KindCursor> KindCursors)
{
    /// <summary>What it plans is noted, not done.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Calls of the platform that its committed steps took.</summary>
    public long Calls { get; init; }

    public bool IsRunnable => State is JobState.Queued or JobState.Running;

    public bool IsActive => IsRunnable || State == JobState.Paused;

    public KindCursor CursorOf(RemoteKind kind) => KindCursors.GetValueOrDefault(kind) ?? new();
}

/// <summary>How cursors and counts are written in their jsonb columns.</summary>
internal static class JobJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    public static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, Options)!;
}
