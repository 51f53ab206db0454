using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>One property's definition. <see cref="Ordinal"/> is its place in every record of the type.</summary>
internal sealed record HubSpotProperty(string Name, string Label, string Type, string FieldType, int Ordinal)
{
    public JsonEncodedText EncodedName { get; } = JsonEncodedText.Encode(Name);
    public string GroupName { get; init; } = "contactinformation";
    public string Description { get; init; } = "";
    public HubSpotOption[] Options { get; init; } = [];
    public bool ReadOnly { get; init; }
    public bool Unique { get; init; }

    /// <summary>The allowed values live elsewhere (pipelines, owners), so <see cref="Options"/> is empty.</summary>
    public bool ExternalOptions { get; init; }

    public bool HubSpotDefined { get; init; } = true;

    /// <summary>Several values, divided by semicolons.</summary>
    public bool TakesSeveral => FieldType == "checkbox";
}

internal sealed record HubSpotOption(string Value, string Label);

/// <summary>The properties that one account has for one type: HubSpot's own, then those the account created.</summary>
internal sealed class HubSpotPropertySet
{
    private readonly Dictionary<string, HubSpotProperty> byName;
    private readonly List<HubSpotProperty> inOrder;

    public HubSpotPropertySet(HubSpotObjectType type)
    {
        inOrder = [.. HubSpotStandardProperties.Of(type)];
        byName = inOrder.ToDictionary(property => property.Name, StringComparer.Ordinal);
    }

    public IReadOnlyList<HubSpotProperty> InOrder => inOrder;

    /// <summary>Where properties are shown together; a new one belongs to one of them.</summary>
    public HashSet<string> Groups { get; } = ["contactinformation", "companyinformation", "dealinformation"];

    public HubSpotProperty this[string name] => byName[name];

    public HubSpotProperty? Find(string name) => byName.GetValueOrDefault(name);

    public void Add(HubSpotProperty property)
    {
        byName.Add(property.Name, property);
        inOrder.Add(property);
    }

    /// <summary>In the place of the one of its name: definitions of HubSpot's own are shared by all accounts.</summary>
    public void Replace(HubSpotProperty property) => byName[property.Name] = inOrder[property.Ordinal] = property;
}
