using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>
/// The step next to the network. PostgREST passes on what PostgreSQL says, and that quotes rows ("Failing row contains ..."): of an error
/// only its code and the names of the schema go further, and of a statement that ran out of time that trying again may help.
/// </summary>
internal sealed partial class SupabaseProjectErrorHandler : DelegatingHandler
{
    private const long MaxBytes = 64 * 1024;
    private const string TimedOut = "57014";

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (response.IsSuccessStatusCode || response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.OrdinalIgnoreCase) != true)
            return response;
        var (code, about) = await ReadAsync(response.Content, cancellationToken);
        // 500, as PostgREST says it, would be tried again at once, with the same end.
        if (code == TimedOut)
            response.StatusCode = HttpStatusCode.GatewayTimeout;
        response.Content.Dispose();
        response.Content = JsonContent.Create(new Dictionary<string, string?> { ["code"] = code, ["errorType"] = about });
        return response;
    }

    private static async Task<(string? Code, string? About)> ReadAsync(HttpContent content, CancellationToken ct)
    {
        try
        {
            await content.LoadIntoBufferAsync(MaxBytes, ct);
            using var body = JsonDocument.Parse(await content.ReadAsByteArrayAsync(ct));
            string? Text(string name) => SupabaseProjectValues.TextOf(body.RootElement, name);
            return (Text("code"), About(Text("code") ?? "", Text("message") ?? "", Text("details") ?? ""));
        }
        catch (Exception e) when (e is JsonException or HttpRequestException)
        {
            return (null, null);
        }
    }

    /// <summary>
    /// The nearest name of the schema: of the columns, else of the rule, else of the table. Messages of class 22 quote the value, which may look
    /// like a name: only the type in front of it is taken. What a trigger says (P0) is anybody's words.
    /// </summary>
    private static string? About(string code, string message, string details) =>
        code.StartsWith("22", StringComparison.Ordinal) ? First(message, Type())
        : code.StartsWith("P0", StringComparison.Ordinal) ? null
        : Key().Match(details) is { Success: true } key ? key.Groups[1].Value.Replace(", ", "-", StringComparison.Ordinal)
        : First(message, Column(), Rule(), Table());

    private static string? First(string message, params Regex[] names) => names.Select(name => name.Match(message))
        .FirstOrDefault(match => match.Success)?.Groups.Values.Skip(1).First(group => group.Success).Value;

    /// <summary>Of a key that is taken, or leads nowhere, the columns; the values stand behind the second bracket.</summary>
    [GeneratedRegex("""\AKey \(([\p{L}_][\p{L}\p{Nd}_$, ]*)\)=""", RegexOptions.CultureInvariant)]
    private static partial Regex Key();

    // PostgreSQL's quotes, and PostgREST's.
    [GeneratedRegex("""\bcolumn "([\p{L}_][\p{L}\p{Nd}_$]{0,62})"|'([\p{L}_][\p{L}\p{Nd}_$]{0,62})' column\b""", RegexOptions.CultureInvariant)]
    private static partial Regex Column();

    [GeneratedRegex("""\bconstraint "([\p{L}_][\p{L}\p{Nd}_$]{0,62})\b""", RegexOptions.CultureInvariant)]
    private static partial Regex Rule();

    [GeneratedRegex("""\A[^":]*\b(?:type|enum) "?([\p{L}_][\p{L}\p{Nd}_$]{0,62})\b""", RegexOptions.CultureInvariant)]
    private static partial Regex Type();

    [GeneratedRegex("""\b(?:relation|table|view) ["']?([\p{L}_][\p{L}\p{Nd}_$]{0,62})\b""", RegexOptions.CultureInvariant)]
    private static partial Regex Table();
}
