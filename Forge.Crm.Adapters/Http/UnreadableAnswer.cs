using System.Text.Json;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Refit;

namespace Forge.Crm.Adapters.Http;

/// <summary>Makes of an answer that does not have the shape that it must have an error that names the call and the place in the answer.</summary>
internal static class UnreadableAnswer
{
    private const int LongestPlace = 100;

    /// <remarks>Refit's own exception is not passed on as the inner one: it holds the answer's text.</remarks>
    public static CrmCallException Of(Platform platform, ApiException e) =>
        new(platform, e.StatusCode, $"the answer cannot be read{Place(e.InnerException as JsonException)}", call: CrmCall.NameOf(e.HttpMethod, e.Uri));

    // Names of members and numbers; nothing else that an answer may call one gets into a log.
    private static string Place(JsonException? e) =>
        e?.Path is { Length: > 1 and <= LongestPlace } path && path.All(c => char.IsAsciiLetterOrDigit(c) || c is '$' or '.' or '[' or ']' or '_' or '-') ? $" at {path}" : "";
}
