using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>A record of the hub: its fields, where they came from, and what happened to it.</summary>
public sealed class RecordsFunction(SupabaseTokens tokens, RecordViews records)
{
    private readonly ApiGate _gate = new(tokens);

    [Function("get-record")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/records/{kind}/{id}")] HttpRequest request, string kind, string id,
        CancellationToken ct) =>
        _gate.ReadAsync(request, tenant => FindAsync(kind, id, (known, record) => records.FindAsync(tenant, known, record, ct)), ct);

    [Function("get-record-history")]
    public Task<IResult> GetHistoryAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/records/{kind}/{id}/history")] HttpRequest request, string kind, string id,
        CancellationToken ct) =>
        _gate.ReadAsync(
            request,
            async tenant => Ids.TryParse(request.Query["before"], out var before)
                ? await FindAsync(kind, id, (known, record) => records.HistoryAsync(tenant, known, record, before, ct))
                : Answers.Problem(StatusCodes.Status400BadRequest, "'before' is no id of a history entry."),
            ct);

    private static async Task<IResult> FindAsync(string kind, string id, Func<RecordKind, Guid, Task<string?>> find) =>
        Names.TryParse<RecordKind>(kind, out var known) && Guid.TryParseExact(id, "D", out var record) && await find(known, record) is { } json
            ? Answers.RawJson(json)
            : Answers.Problem(StatusCodes.Status404NotFound);
}
