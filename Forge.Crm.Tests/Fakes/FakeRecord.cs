using System.Collections.Immutable;
using System.Globalization;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Fakes;

/// <summary>A record of <see cref="FakeCrm"/>: every version of every property, and every time it changed.</summary>
internal sealed class FakeRecord(RemoteRef reference, DateTimeOffset createdAt)
{
    private readonly Dictionary<string, List<PropertyVersion>> _history = [];
    private readonly List<DateTimeOffset> _changedAt = [createdAt];

    public RemoteRef Ref { get; } = reference;

    public long Number { get; } = long.Parse(reference.Id, CultureInfo.InvariantCulture);

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public DateTimeOffset UpdatedAt => _changedAt[^1];

    public DateTimeOffset? ArchivedAt { get; set; }

    /// <summary>The property <c>forge_sync_id</c>.</summary>
    public Guid? SyncId { get; set; }

    /// <summary>Ids that were merged into it.</summary>
    public ImmutableArray<string> MergedIds { get; set; } = [];

    public FakeRecord Touch(DateTimeOffset at)
    {
        _changedAt.Add(at);
        return this;
    }

    public void Set(IEnumerable<(string Name, string? Value)> properties, DateTimeOffset at)
    {
        foreach (var (name, value) in properties)
        {
            if (!_history.TryGetValue(name, out var versions))
                _history[name] = versions = [];
            versions.Insert(0, new(value, at));
        }

        Touch(at);
    }

    /// <summary>The newest change that an index which is behind knows of; null where it does not know the record yet.</summary>
    public DateTimeOffset? IndexedAt(DateTimeOffset knownUntil) => _changedAt.Exists(at => at <= knownUntil) ? _changedAt.FindLast(at => at <= knownUntil) : null;

    public IReadOnlyDictionary<string, string?> Properties() => _history.ToDictionary(pair => pair.Key, pair => pair.Value[0].Value);

    public IReadOnlyDictionary<string, ImmutableArray<PropertyVersion>> History() =>
        _history.ToDictionary(pair => pair.Key, pair => pair.Value.ToImmutableArray());
}
