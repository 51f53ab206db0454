using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Forge.Crm.Domain.Records;

/// <summary>
/// The fields of one kind in a fixed order. Values, stamps and bases of a record are arrays in this order, so that comparing a record
/// that did not change costs one pass and no allocation.
/// </summary>
public sealed class RecordShape
{
    private readonly FrozenDictionary<string, int> _index;

    public RecordShape(RecordKind kind, IEnumerable<Field> fields)
    {
        Kind = kind;
        Fields = [.. fields];
        _index = Fields.Select((field, i) => KeyValuePair.Create(field.Name, i)).ToFrozenDictionary();
        ArchivedAt = IndexOf(StandardFields.ArchivedAt);
        StandardCount = Fields.TakeWhile(field => !field.IsCustom).Count();
        if (Fields.Skip(StandardCount).Any(field => !field.IsCustom))
            throw new ArgumentException("Standard fields come before custom ones.", nameof(fields));
    }

    public RecordKind Kind { get; }

    /// <summary>The standard fields (columns), then the custom ones.</summary>
    public ImmutableArray<Field> Fields { get; }

    public int Count => Fields.Length;

    /// <summary>How many of the fields, from the first, are columns.</summary>
    public int StandardCount { get; }

    /// <summary>The place of <see cref="StandardFields.ArchivedAt"/>.</summary>
    public int ArchivedAt { get; }

    public bool IsArchived(HubRecord record) => record.Values[ArchivedAt] is not null;

    /// <summary>The place of a field, or -1 where this kind has none of that name.</summary>
    public int IndexOf(string name) => _index.GetValueOrDefault(name, -1);

    /// <summary>This shape with a tenant's custom fields behind its own.</summary>
    public RecordShape With(IEnumerable<Field> customFields) => new(Kind, Fields.Concat(customFields));
}
