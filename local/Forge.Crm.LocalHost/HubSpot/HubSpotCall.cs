using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>Answers one request: writes the body and returns the status. Runs under the account's gate.</summary>
internal delegate int HubSpotHandler(HubSpotCall call, Utf8JsonWriter json);

/// <summary>One authorised request, as handlers see it.</summary>
internal sealed class HubSpotCall(HttpRequest request, HubSpotToken token, JsonElement body)
{
    public HubSpotAccount Account { get; } = token.Account;
    public HubSpotToken Token { get; } = token;
    public JsonElement Body { get; } = body;
    public HubSpotOrigin Origin { get; } = HubSpotOrigin.App(token.Account.Options.AppId);
    public bool Archived => Query("archived") is { } text && bool.TryParse(text, out var archived) && archived;
    public HttpRequest Request => request;

    /// <summary>The date of a date-versioned path, null for v3 and v4.</summary>
    public string? DateVersion => request.RouteValues["version"] as string;

    public HubSpotTable Table => TableOf("type");

    public string Route(string name) => (string)request.RouteValues[name]!;

    /// <exception cref="HubSpotProblem">There is no such object type.</exception>
    public HubSpotTable TableOf(string routeValue) => TableNamed(Route(routeValue));

    public HubSpotTable TableNamed(string name)
    {
        var type = HubSpotObjectType.Find(name) ?? throw HubSpotProblem.Invalid($"Unable to infer object type from: {name}");
        return type != HubSpotObjectType.Lead || Account.HasLeads
            ? Account.Table(type)
            : throw new HubSpotProblem(403, "MISSING_SCOPES", "The scope needed for this API call isn't available for this account.");
    }

    public string? Query(string name) => request.Query.TryGetValue(name, out var values) ? values[^1] : null;

    /// <summary>Repeated, or divided by commas.</summary>
    public string[] QueryList(string name) => request.Query.TryGetValue(name, out var values)
        ? [.. values.OfType<string>().SelectMany(value => value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))]
        : [];

    public int Limit(int standard, int most)
    {
        if (Query("limit") is not { } text)
            return standard;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) || limit < 1)
            throw HubSpotProblem.Invalid("limit must be a positive number");
        return limit <= most ? limit : throw HubSpotProblem.Invalid($"limit must not exceed {most}, but was {limit}");
    }

    /// <summary>The id after which a page starts; 0 for the first page.</summary>
    public long After()
    {
        if (Query("after") is not { Length: > 0 } text)
            return 0;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var after)
            ? after
            : throw HubSpotProblem.Invalid("The given 'after' value is not valid");
    }

    /// <summary>The elements of <c>inputs</c>.</summary>
    public JsonElement[] Inputs(int most)
    {
        var inputs = HubSpotJson.RequiredElements(Body, "inputs");
        return inputs.Length <= most
            ? inputs
            : throw HubSpotProblem.Invalid($"The maximum number of inputs in a batch request is {most}, but there were {inputs.Length}");
    }

    /// <summary>A next-page link of HubSpot's form: the same request from another place.</summary>
    public string Link(string after)
    {
        var query = request.Query.Where(pair => pair.Key != "after").SelectMany(pair => pair.Value.Select(value => (pair.Key, Value: value)));
        var rest = string.Concat(query.Select(pair => $"&{pair.Key}={Uri.EscapeDataString(pair.Value ?? "")}"));
        return $"https://api.hubapi.com{request.Path}?after={Uri.EscapeDataString(after)}{rest}";
    }
}
