using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>One property's definition. <see cref="Ordinal"/> is its place in every record of the type.</summary>
internal sealed class HubSpotProperty(string name, string label, string type, string fieldType, int ordinal)
{
    public string Name { get; } = name;
    public string Label { get; } = label;
    public string Type { get; } = type;
    public string FieldType { get; } = fieldType;
    public int Ordinal { get; } = ordinal;
    public JsonEncodedText EncodedName { get; } = JsonEncodedText.Encode(name);
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
}
