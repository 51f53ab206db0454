using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>The types of HubSpot's properties: which of ours each can hold. All of them are texts in the API.</summary>
internal static partial class HubSpotCustomFields
{
    private const string Enumeration = "enumeration";
    private const string Several = "checkbox";

    public static readonly CustomFieldForm Form = new(
        Platform.HubSpot, [.. HubSpotFields.Kinds.Order()], name => PropertyName().IsMatch(name), "the internal name, of small letters, digits and _",
        (kind, name) => HubSpotFields.PropertiesOf(kind).Contains(name) || name == HubSpotObjects.Id);

    private static readonly FrozenDictionary<CustomType, ImmutableArray<string>> Fitting = new Dictionary<CustomType, ImmutableArray<string>>
    {
        [CustomType.Text] = ["string"],
        [CustomType.Choice] = [Enumeration, "string"],
        [CustomType.MultiChoice] = [Enumeration],
        [CustomType.Number] = ["number"],
        [CustomType.WholeNumber] = ["number"],
        [CustomType.Money] = ["number"],
        [CustomType.Boolean] = ["bool", Enumeration],
        [CustomType.Date] = ["date"],
        [CustomType.Datetime] = ["datetime"],
        [CustomType.Phone] = ["phone_number", "string"],
        [CustomType.Email] = ["string"],
    }.ToFrozenDictionary();

    public static FieldMap MapOf(CustomField field) => field.Map(field.Type == CustomType.Date ? Day : null) with { IsNamedAlways = true };

    /// <exception cref="FormatException">The property cannot be written, or cannot hold the field's values; the message names the place and the remedy.</exception>
    public static void Check(CustomField field, HubSpotProperty property)
    {
        if (property.Archived == true)
            throw new FormatException($"{field.Place}: the property '{field.Property}' is archived at HubSpot; bring it back there, or name another.");
        if (property.Calculated == true || property.ModificationMetadata?.ReadOnlyValue == true)
            throw new FormatException($"{field.Place}: HubSpot works out '{field.Property}' itself, and nobody can write it; name another property.");
        if (!Fitting[field.Type].Contains(property.Type) || (property.Type == Enumeration && field.Type != CustomType.Boolean && (property.FieldType == Several) != (field.Type == CustomType.MultiChoice)))
            throw new FormatException($"{field.Place}: '{field.Property}' is of type {property.Type} ({property.FieldType}) at HubSpot, which cannot hold a {field.Type.ToName()}; {Remedy(property)}");
        var known = (property.Options ?? []).Select(option => option.Value).OfType<string>().ToList();
        ImmutableArray<CustomOption> named = field is { Type: CustomType.Boolean, Options.IsEmpty: true } ? [new("true", "true"), new("false", "false")] : field.Options;
        if (property.Type == Enumeration && named.FirstOrDefault(option => !known.Contains(option.Theirs)) is { Theirs: { } unknown })
            throw new FormatException($"{field.Place}.options: '{field.Property}' has no option '{unknown}' at HubSpot; there are: {string.Join(", ", known)}");
    }

    private static string Remedy(HubSpotProperty property)
    {
        var fits = Fitting.Where(row => row.Value.Contains(property.Type ?? "")).Select(row => row.Key)
            .Where(type => property.Type != Enumeration || (property.FieldType == Several) == (type == CustomType.MultiChoice)).Order().Select(Names.ToName).ToList();
        return fits.Count == 0 ? "no field can hold it: name another property." : $"write \"type\": \"{string.Join("\" or \"", fits)}\".";
    }

    // A day is told by webhooks as its midnight in UTC: in the tenant's zone that may be the day before.
    private static string? Day(string? text) =>
        HubSpotSnapshots.TimeOf(text) is { } at && at.TimeOfDay == TimeSpan.Zero ? at.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : text;

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{0,99}\z", RegexOptions.CultureInvariant)]
    private static partial Regex PropertyName();
}
