using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>Answers one request with the body. Runs under the account's gate.</summary>
internal delegate JsonObject PipedriveHandler(PipedriveCall call);

/// <summary>One authorised request, as handlers see it.</summary>
internal sealed class PipedriveCall(HttpRequest request, PipedriveToken token, JsonNode? body)
{
    public PipedriveAccount Account { get; } = token.Account;

    /// <summary>What the status is where it is not 200.</summary>
    public int Status { get; set; } = 200;

    /// <exception cref="PipedriveProblem">There is none, or it is no object.</exception>
    public JsonObject Body => body as JsonObject ?? throw PipedriveProblem.Invalid("Request body is not a JSON object");

    public string Route(string name) => (string)request.RouteValues[name]!;

    public string? Query(string name) => request.Query.TryGetValue(name, out var values) && values[^1] is { Length: > 0 } text ? text : null;

    /// <summary>Divided by commas; empty where it is not given.</summary>
    public string[] QueryList(string name) => Query(name)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    public bool? Flag(string name) => Query(name) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        _ => throw PipedriveProblem.Invalid($"{name} must be true or false"),
    };

    public int Number(string name, int standard, int least, int most)
    {
        if (Query(name) is not { } text)
            return standard;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw PipedriveProblem.Invalid($"{name} must be between {least} and {most}");
    }

    public DateTimeOffset? Time(string name) => Query(name) is { } text ? PipedriveTime.Parse(text) : null;

    public static JsonObject Success(JsonNode? data, JsonObject? additional = null)
    {
        var answer = new JsonObject { ["success"] = true, ["data"] = data };
        if (additional is not null)
            answer["additional_data"] = additional;
        return answer;
    }
}
