namespace Forge.Crm.Domain.Mapping;

/// <summary>One row of a platform's mapping table: a property of theirs, a field of ours, and how the text goes each way.</summary>
/// <param name="Read">Their text to ours, before it is made canonical.</param>
/// <param name="Write">Our canonical text to theirs; null for a property that we only read.</param>
public sealed record FieldMap(
    string Property, string Field, Func<string?, Lookups, string?> Read, Func<string?, Lookups, string?>? Write)
{
    /// <summary>
    /// Every read names the property, if only as null: where one does not, the account has no such property any more, and what it held is not cleared.
    /// </summary>
    public bool IsNamedAlways { get; init; }

    /// <summary>A property whose text means the same on both sides.</summary>
    public static FieldMap Same(string property, string field) => new(property, field, (text, _) => text, (text, _) => text);

    /// <summary>A property that the platform computes itself.</summary>
    public static FieldMap ReadOnly(string property, string field) => new(property, field, (text, _) => text, null);
}
