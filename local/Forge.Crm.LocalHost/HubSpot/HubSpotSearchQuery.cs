using System.Globalization;
using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>A search as asked for, checked against the documented limits ("Search the CRM").</summary>
internal sealed class HubSpotSearchQuery
{
    /// <summary>No search leads beyond this many results.</summary>
    public const int Cap = 10_000;

    private const int MostPerPage = 200;
    private const int MostGroups = 5;
    private const int MostFiltersOfGroup = 6;
    private const int MostFilters = 18;
    private const int MostCharacters = 3_000;

    /// <summary>A record matches when every filter of one of these does; none at all matches every record.</summary>
    public required HubSpotFilter[][] Groups { get; init; }

    public required string? Text { get; init; }
    public required HubSpotProperty? SortBy { get; init; }
    public required bool Descending { get; init; }
    public required int Limit { get; init; }
    public required int After { get; init; }

    /// <exception cref="HubSpotProblem">Something is beyond a limit, or no such property.</exception>
    public static HubSpotSearchQuery Read(HubSpotCall call, HubSpotTable table)
    {
        var body = call.Body.ValueKind == JsonValueKind.Object ? call.Body : throw HubSpotProblem.InvalidJson("Expected an object");
        if (body.GetRawText().Length > MostCharacters)
            throw HubSpotProblem.Invalid($"The request body must not exceed {MostCharacters} characters");
        var limit = Number(body, "limit", 10);
        var after = Number(body, "after", 0);
        if (limit is < 0 or > MostPerPage)
            throw HubSpotProblem.Invalid($"limit must be between 0 and {MostPerPage}, but was {limit}");
        if (after + limit > Cap)
            throw HubSpotProblem.Invalid($"Paging through more than {Cap} results is not supported");
        var (sortBy, descending) = Sort(body, table);
        return new()
        {
            Groups = ReadGroups(call, table, body),
            Text = HubSpotJson.Optional(body, "query"),
            SortBy = sortBy,
            Descending = descending,
            Limit = limit,
            After = after,
        };
    }

    private static HubSpotFilter[][] ReadGroups(HubSpotCall call, HubSpotTable table, JsonElement body)
    {
        var groups = (HubSpotJson.Elements(body, "filterGroups") ?? []).Select(group => HubSpotJson.Elements(group, "filters") ?? []).ToArray();
        if (groups.Length > MostGroups || groups.Any(group => group.Length > MostFiltersOfGroup) || groups.Sum(group => group.Length) > MostFilters)
        {
            throw HubSpotProblem.Invalid(
                $"A search may have {MostGroups} filter groups of {MostFiltersOfGroup} filters each, and {MostFilters} filters in all");
        }
        return [.. groups.Select(group => group.Select(filter => HubSpotFilter.Read(call, table, filter)).ToArray())];
    }

    private static (HubSpotProperty? Property, bool Descending) Sort(JsonElement body, HubSpotTable table)
    {
        var sorts = HubSpotJson.Elements(body, "sorts") ?? [];
        if (sorts.Length == 0)
            return (null, false);
        if (sorts.Length > 1)
            throw HubSpotProblem.Invalid("Only one sort is supported");
        var text = HubSpotJson.Text(sorts[0]);
        var name = text?.TrimStart('-') ?? HubSpotJson.Required(sorts[0], "propertyName");
        var descending = text?.StartsWith('-') ?? HubSpotJson.Optional(sorts[0], "direction") == "DESCENDING";
        return (table.Properties.Find(name) ?? throw HubSpotFilter.NoSuchProperty(name), descending);
    }

    private static int Number(JsonElement body, string name, int standard)
    {
        if (HubSpotJson.Optional(body, name) is not { Length: > 0 } text)
            return standard;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw HubSpotProblem.Invalid($"{name} must be a number");
    }
}
