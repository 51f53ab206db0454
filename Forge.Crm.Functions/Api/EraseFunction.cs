using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>Deletion for privacy, everywhere, and its certificate.</summary>
public sealed class EraseFunction(SupabaseTokens tokens, Erasures erasures)
{
    private const int MaxBodyBytes = 4 * 1024;

    private readonly ApiGate _gate = new(tokens);

    /// <summary><c>{"kind": "contact", "id": "01a2…"}</c>, the hub's id. It cannot be undone.</summary>
    [Function("erase")]
    public Task<IResult> EraseAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/erase")] HttpRequest request, CancellationToken ct) =>
        _gate.AdminAsync(
            request,
            async (tenant, person) =>
                await JsonBody.ReadAsync<EraseBody>(request, MaxBodyBytes, ct) is not { } body
                || !Names.TryParse<RecordKind>(body.Kind, out var kind) || !Guid.TryParse(body.Id, out var id)
                    ? Answers.Problem(StatusCodes.Status400BadRequest, "The body names a kind and an id of the hub.")
                : await erasures.EraseAsync(tenant, kind, id, person, ct)
                    ? Answers.RawJson((await erasures.CertificateAsync(tenant, kind, id, ct))!)
                    : Answers.Problem(StatusCodes.Status404NotFound),
            ct);

    [Function("read-erasure")]
    public Task<IResult> ReadAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/erasures/{kind}/{id}")] HttpRequest request, string kind, string id, CancellationToken ct) =>
        _gate.AdminAsync(
            request,
            async (tenant, _) => Names.TryParse<RecordKind>(kind, out var ofKind) && Guid.TryParse(id, out var record)
                && await erasures.CertificateAsync(tenant, ofKind, record, ct) is { } certificate
                    ? Answers.RawJson(certificate)
                    : Answers.Problem(StatusCodes.Status404NotFound),
            ct);

    private sealed record EraseBody(string? Kind, string? Id);
}
