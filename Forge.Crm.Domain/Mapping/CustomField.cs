using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Mapping;

/// <param name="Ours">Canonical.</param>
/// <param name="Theirs">As the platform's API has it: a HubSpot option's value, a Pipedrive option's id.</param>
public readonly record struct CustomOption(string Ours, string Theirs);

/// <summary>A field of a tenant's own, and where one platform keeps it.</summary>
/// <param name="Kind">The platform's records that have it.</param>
/// <param name="Key">In the hub's <c>custom_fields</c>.</param>
/// <param name="Property">The platform's own name: of a HubSpot property, or the key of a Pipedrive field.</param>
/// <param name="Options">None: the platform's texts are the hub's.</param>
public sealed record CustomField(RemoteKind Kind, string Key, CustomType Type, string Property, ImmutableArray<CustomOption> Options)
{
    public Field Field { get; } = new(Field.CustomPrefix + Key, Type.ToFieldType());

    /// <summary>Where it stands, as messages name it: <c>contact.custom.region</c>.</summary>
    public string Place => $"{Kind.ToName()}.{Field.Name}";

    /// <summary>
    /// The row of the platform's mapping table. An option that is not in the list goes as it is, either way: so the other side refuses it by its name, and a
    /// person sees which it is. An empty text clears.
    /// </summary>
    /// <param name="read">What the platform's text has to become first, where it has forms of its own.</param>
    public FieldMap Map(Func<string?, string?>? read = null) => new(
        Property, Field.Name,
        (text, _) => Each(read is null ? text : read(text), option => option.Theirs, option => option.Ours),
        (text, _) => Each(text, option => option.Ours, option => option.Theirs) ?? "");

    private string? Each(string? text, Func<CustomOption, string> from, Func<CustomOption, string> to) =>
        string.IsNullOrEmpty(text) || Options.IsEmpty ? text
        : Field.Type == FieldType.Set ? string.Join(';', text.Split(';').Select(member => One(member.Trim(), from, to)))
        : One(text, from, to);

    private string One(string text, Func<CustomOption, string> from, Func<CustomOption, string> to)
    {
        foreach (var option in Options)
        {
            if (from(option) == text)
                return to(option);
        }

        return text;
    }
}
