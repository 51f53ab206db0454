using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Forge.Crm.Functions;

/// <summary>What callers hear. Bodies are constant for each kind of answer: nobody learns more from one than they are meant to.</summary>
internal static class Answers
{
    private static readonly Dictionary<int, string> Problems = new()
    {
        [StatusCodes.Status400BadRequest] = "The request cannot be read.",
        [StatusCodes.Status401Unauthorized] = "A valid access token is needed.",
        [StatusCodes.Status403Forbidden] = "This account may not do that.",
        [StatusCodes.Status404NotFound] = "There is no such thing.",
        [StatusCodes.Status408RequestTimeout] = "The body took too long to arrive.",
        [StatusCodes.Status409Conflict] = "That is not possible in its present state.",
        [StatusCodes.Status410Gone] = "It is kept no longer.",
        [StatusCodes.Status413PayloadTooLarge] = "The body is larger than 1 MB.",
        [StatusCodes.Status415UnsupportedMediaType] = "The body must be application/json, in UTF-8, without a content encoding.",
        [StatusCodes.Status429TooManyRequests] = "Too many requests at once.",
        [StatusCodes.Status503ServiceUnavailable] = "Not available at the moment.",
    };

    // As PostgreSQL's own JSON has them, which the other answers are.
    private static readonly JsonSerializerOptions Names = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private static readonly JsonSerializerOptions ProblemJson = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static IResult Json(object value, int status = StatusCodes.Status200OK) =>
        new Answer(status, "application/json", JsonSerializer.SerializeToUtf8Bytes(value, Names));

    /// <param name="json">As the database made it.</param>
    public static IResult RawJson(string json, int status = StatusCodes.Status200OK) => new Answer(status, "application/json", Encoding.UTF8.GetBytes(json));

    public static IResult Status(int status) => new Answer(status, null, default);

    /// <param name="detail">Which of the things that can be wrong it is; constant words, nothing of the request but names of settings.</param>
    public static IResult Problem(int status, string? detail = null, TimeSpan? retryAfter = null) => new Answer(
        status,
        "application/problem+json",
        JsonSerializer.SerializeToUtf8Bytes(
            new ProblemBody(status, Problems.GetValueOrDefault(status, "The request was refused."), detail), ProblemJson),
        retryAfter);

    private sealed record ProblemBody(int Status, string Title, string? Detail);

    private sealed class Answer(int status, string? contentType, ReadOnlyMemory<byte> body, TimeSpan? retryAfter = null) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = status;
            response.ContentType = contentType;
            response.ContentLength = body.Length;
            if (retryAfter is { } wait)
                response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            if (status == StatusCodes.Status401Unauthorized && contentType is not null)
                response.Headers.WWWAuthenticate = "Bearer";
            await response.Body.WriteAsync(body, httpContext.RequestAborted);
        }
    }
}
