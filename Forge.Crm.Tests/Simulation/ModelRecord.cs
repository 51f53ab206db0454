using System.Collections.Immutable;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Simulation;

/// <param name="Edit">The person's edit that it is; null for what we, a rule or a merge wrote.</param>
internal sealed record Cell(string? Value, DateTimeOffset At, PersonEdit? Edit);

/// <summary>A record of a model platform.</summary>
/// <param name="tick">How exact its times are.</param>
/// <param name="isAnonymous">Its platform has no place for our id.</param>
internal sealed class ModelRecord(string id, DateTimeOffset createdAt, TimeSpan tick, bool isAnonymous)
{
    private readonly Dictionary<string, ImmutableArray<PropertyVersion>> _history = [];
    private readonly List<(DateTimeOffset At, RemoteSnapshot Snapshot)> _past = [];

    public string Id { get; } = id;

    public Dictionary<string, Cell> Cells { get; } = [];

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public DateTimeOffset UpdatedAt { get; set; } = createdAt;

    public DateTimeOffset? DeletedAt { get; set; }

    /// <summary>Merged into another one: neither live nor among the deleted.</summary>
    public bool IsGone { get; set; }

    public ImmutableArray<string> MergedIds { get; set; } = [];

    /// <summary>A field like any other: a merge hands it on.</summary>
    public Guid? SyncId { get; set; }

    /// <summary>The hub record that we created it for; nobody's once a person brought it back.</summary>
    public Guid? MadeFor { get; set; }

    /// <summary>We created it, and were neither answered nor found it yet.</summary>
    public bool IsInDoubt { get; set; }

    /// <summary>Changed by somebody while it was in doubt and bears no id of ours: where the answer never comes, nobody can know it for ours.</summary>
    public bool IsStray { get; set; }

    public bool IsLive => DeletedAt is null && !IsGone;

    public string? Value(string field) => Cells.GetValueOrDefault(field)?.Value;

    public void Set(string field, Cell cell)
    {
        Cells[field] = cell;
        _history[field] = [new(cell.Value, cell.At), .. _history.GetValueOrDefault(field, [])];
    }

    /// <summary>Keeps what a replica that is behind will show.</summary>
    /// <param name="now">By our clock.</param>
    public void Remember(DateTimeOffset now) => _past.Add((now, Snapshot(now, withHistory: false)));

    public RemoteSnapshot? Before(DateTimeOffset at, DateTimeOffset readAt) =>
        _past.LastOrDefault(past => past.At <= at).Snapshot is { ArchivedAt: null } snapshot ? snapshot with { ReadAt = readAt } : null;

    public RemoteSnapshot Snapshot(DateTimeOffset readAt, bool withHistory) => new(
        new(RemoteKind.Contact, Id), Cells.ToImmutableDictionary(cell => cell.Key, cell => cell.Value.Value), CreatedAt, UpdatedAt, DeletedAt,
        readAt, MergedIds, [], withHistory ? _history.ToImmutableDictionary() : null)
    {
        SyncId = isAnonymous ? null : SyncId,
        IsAnonymous = isAnonymous,
        Tick = tick,
    };
}
