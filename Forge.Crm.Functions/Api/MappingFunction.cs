using System.Text.Json;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>
/// Which fields of a platform are a tenant's own fields: <c>{"contact": {"region": {"property": "sales_region", "type": "text"}}}</c>; of a Supabase project of
/// its own, which tables and columns are what here: <c>{"contact": {"table": "people", "fields": {"email": "mail"}}}</c>. Held against the account
/// before it is saved.
/// </summary>
public sealed class MappingFunction(SupabaseTokens tokens, MappingSettings mappings)
{
    private const int MaxBodyBytes = 64 * 1024;

    private readonly ApiGate _gate = new(tokens);

    /// <summary>What is set, and as <c>problem</c> why it cannot be read, where it was written past this API.</summary>
    [Function("get-mapping")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/connections/{platform}/mapping")] HttpRequest request, string platform,
        CancellationToken ct) =>
        _gate.ReadAsync(request, tenant => FindAsync(tenant, platform, ct), ct);

    [Function("set-mapping")]
    public Task<IResult> SetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v1/connections/{platform}/mapping")] HttpRequest request, string platform,
        CancellationToken ct) =>
        _gate.WriteAsync(
            request,
            async (tenant, person) =>
            {
                if (!Names.TryParse<Platform>(platform, out var known))
                    return Answers.Problem(StatusCodes.Status404NotFound);
                using var body = await JsonBody.ReadAsync<JsonDocument>(request, MaxBodyBytes, ct);
                if (body is null)
                    return Answers.Problem(StatusCodes.Status400BadRequest, "The body is no JSON object of at most 64 KiB.");
                try
                {
                    return await mappings.SetAsync(tenant, known, body.RootElement, person, ct)
                        ? await FindAsync(tenant, platform, ct)
                        : Answers.Problem(StatusCodes.Status404NotFound);
                }
                catch (FormatException e)
                {
                    return Answers.Problem(StatusCodes.Status400BadRequest, e.Message);
                }
                catch (CrmCallException e)
                {
                    return Answers.Problem(StatusCodes.Status502BadGateway, e.Message);
                }
            },
            ct);

    private async Task<IResult> FindAsync(TenantId tenant, string platform, CancellationToken ct) =>
        Names.TryParse<Platform>(platform, out var known) && await mappings.FindAsync(tenant, known, ct) is { } stored
            ? Answers.Json(new { stored.Mapping, stored.Problem })
            : Answers.Problem(StatusCodes.Status404NotFound);
}
