using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Mapping;

/// <summary>Runs a platform's mapping table of one kind in either direction.</summary>
public sealed class RecordMapper
{
    private readonly ImmutableArray<(FieldMap Map, int Index, FieldType Type)> _rows;

    /// <exception cref="ArgumentException">A row names a field that the kind does not have.</exception>
    public RecordMapper(RemoteKind kind, RecordShape shape, IEnumerable<FieldMap> maps)
    {
        Kind = kind;
        Shape = shape;
        Maps = [.. maps];
        _rows = [.. Maps.Select(map => (map, Index(map), shape.Fields[Index(map)].Type))];
        NamedAlways = [.. _rows.Where(row => row.Map.IsNamedAlways).Select(row => (row.Map.Property, row.Index))];
        Writable = [.. Enumerable.Range(0, shape.Count).Select(i => _rows.Any(row => row.Index == i && row.Map.Write is not null))];
    }

    public RemoteKind Kind { get; }

    public RecordShape Shape { get; }

    public ImmutableArray<FieldMap> Maps { get; }

    /// <summary>See <see cref="FieldMap.IsNamedAlways"/>.</summary>
    public ImmutableArray<(string Property, int Field)> NamedAlways { get; }

    /// <summary>By place in the shape: whether the platform takes the field.</summary>
    public ImmutableArray<bool> Writable { get; }

    /// <param name="stampOf">The stamp of a property of theirs.</param>
    /// <exception cref="FormatException">A value that its field cannot hold; the message names the property, never the value.</exception>
    public ImmutableArray<RemoteField> Read(
        Func<string, string?> valueOf, Func<string, string?, Stamp> stampOf, Lookups lookups)
    {
        var fields = new RemoteField[Shape.Count];
        foreach (var (map, index, type) in _rows)
        {
            var text = valueOf(map.Property);
            fields[index] = new(Value(map, type, text, lookups), stampOf(map.Property, text));
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(fields);
    }

    /// <summary>One property alone, as an event names it.</summary>
    /// <returns>False where no field is mapped from it, or its value is unreadable: an event's value is only a hint.</returns>
    public bool TryRead(string property, string? text, Lookups lookups, out int field, out string? value)
    {
        (field, value) = (-1, null);
        foreach (var (map, index, type) in _rows)
        {
            if (map.Property != property)
                continue;
            try
            {
                (field, value) = (index, Value(map, type, text, lookups));
                return true;
            }
            catch (FormatException)
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>The properties to write for some fields of a hub record.</summary>
    public IReadOnlyDictionary<string, string?> Write(ImmutableArray<string?> values, Func<int, bool> isDue, Lookups lookups)
    {
        var properties = new Dictionary<string, string?>();
        foreach (var (map, index, _) in _rows)
        {
            if (map.Write is not null && isDue(index))
                properties[map.Property] = map.Write(values[index], lookups);
        }

        return properties;
    }

    /// <summary>
    /// <see cref="Writable"/> for one record: without the fields whose value has no counterpart on the platform (an owner who is no user of
    /// theirs). Writing those would clear what the platform has.
    /// </summary>
    public ImmutableArray<bool> WritableOf(ImmutableArray<string?> values, Lookups lookups)
    {
        var writable = Writable.ToBuilder();
        foreach (var (map, index, _) in _rows)
            writable[index] &= map.Write is null || values[index] is null || map.Write(values[index], lookups) is not null;
        return writable.MoveToImmutable();
    }

    private static string? Value(FieldMap map, FieldType type, string? text, Lookups lookups)
    {
        try
        {
            return Canonical.Of(type, map.Read(text, lookups), lookups.Locale);
        }
        catch (FormatException e)
        {
            throw new FormatException($"Property '{map.Property}': {e.Message}", e);
        }
    }

    private int Index(FieldMap map) =>
        Shape.IndexOf(map.Field) is >= 0 and var index
            ? index
            : throw new ArgumentException($"A {Shape.Kind.ToName()} has no field '{map.Field}' (mapped from property '{map.Property}').");
}
