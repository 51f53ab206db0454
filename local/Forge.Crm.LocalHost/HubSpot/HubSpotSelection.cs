using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>Which parts of a record an answer shows, resolved once per request.</summary>
internal sealed record HubSpotSelection
{
    /// <summary>In alphabetical order, as on the wire; null: every property that has a value.</summary>
    public HubSpotProperty[]? Properties { get; private init; }

    public HubSpotProperty[] History { get; private init; } = [];
    public HubSpotObjectType[] Associations { get; init; } = [];

    /// <summary>Show the state of that time (epoch milliseconds), which a lagging copy would show.</summary>
    public long AsOf { get; init; } = long.MaxValue;

    public static HubSpotSelection Everything { get; } = new();

    /// <summary>
    /// The type's standard ones if none is named; else those named, with the ids and dates that every answer has. Unknown names are left out.
    /// </summary>
    public static HubSpotSelection Of(
        HubSpotTable table,
        IReadOnlyCollection<string> names,
        IEnumerable<string> historyNames,
        HubSpotObjectType[]? associations = null,
        long asOf = long.MaxValue)
    {
        IEnumerable<string> shown = names.Count == 0
            ? table.Type.Shown
            : [.. names, table.Type.Created, table.Type.Modified, "hs_object_id"];
        return new()
        {
            Properties = Resolve(table, shown),
            History = Resolve(table, historyNames),
            Associations = associations ?? [],
            AsOf = asOf,
        };
    }

    /// <summary>From the query string of a list or a single read.</summary>
    /// <exception cref="HubSpotProblem">An association with a type that does not exist was asked for.</exception>
    public static HubSpotSelection Of(HubSpotCall call, HubSpotTable table) => Of(
        table,
        call.QueryList("properties"),
        call.QueryList("propertiesWithHistory"),
        [.. call.QueryList("associations").Select(name => call.TableNamed(name).Type).Distinct()]);

    /// <summary>From <c>properties</c> and <c>propertiesWithHistory</c> of a body.</summary>
    public static HubSpotSelection Of(JsonElement body, HubSpotTable table, long asOf = long.MaxValue) =>
        Of(table, HubSpotJson.Strings(body, "properties"), HubSpotJson.Strings(body, "propertiesWithHistory"), asOf: asOf);

    private static HubSpotProperty[] Resolve(HubSpotTable table, IEnumerable<string> names) =>
        [.. names.Distinct().Select(table.Properties.Find).OfType<HubSpotProperty>().OrderBy(property => property.Name, StringComparer.Ordinal)];
}
