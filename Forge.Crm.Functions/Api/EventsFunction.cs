using System.Globalization;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Supabase;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>The journal: what came and what became of it, and once more for what failed.</summary>
public sealed class EventsFunction(SupabaseTokens tokens, EventList events)
{
    private readonly ApiGate _gate = new(tokens);

    [Function("list-events")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/events")] HttpRequest request, CancellationToken ct) =>
        _gate.ReadAsync(
            request,
            async tenant =>
            {
                string? status = request.Query["status"];
                if (status is not null && !EventList.IsStatus(status))
                    return Answers.Problem(StatusCodes.Status400BadRequest, "'status' is none that an event can have.");
                if (!Ids.TryParse(request.Query["after"], out var after))
                    return Answers.Problem(StatusCodes.Status400BadRequest, "'after' is no id of an event.");
                return Answers.Json(await events.ReadAsync(tenant, status, after ?? 0, ct));
            },
            ct);

    [Function("redrive-event")]
    public Task<IResult> RedriveAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/events/{id}/redrive")] HttpRequest request, string id,
        CancellationToken ct) =>
        _gate.WriteAsync(
            request,
            async (tenant, person) => !Ids.TryParse(id, out var number)
                ? Answers.Problem(StatusCodes.Status404NotFound)
                : await events.RedriveAsync(tenant, number!.Value, person, ct) switch
                {
                    Redrive.Pending => Answers.Json(new { Status = "pending" }, StatusCodes.Status202Accepted),
                    Redrive.Refused => Answers.Problem(StatusCodes.Status409Conflict, "What the event says was erased, or is still none that this version knows."),
                    Redrive.NotFailed => Answers.Problem(StatusCodes.Status409Conflict, "The event did not fail."),
                    _ => Answers.Problem(StatusCodes.Status404NotFound),
                },
            ct);
}

internal static class Ids
{
    /// <summary>Digits only; absent is null, anything else is no id.</summary>
    public static bool TryParse(string? text, out long? id)
    {
        var isNumber = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        id = isNumber ? number : null;
        return isNumber || text is null;
    }
}
