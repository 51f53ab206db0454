using Forge.Crm.Adapters.Apps;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>Our own apps: which of them may send events for the tenant, and what their events hold.</summary>
public sealed class AppsFunction(SupabaseTokens tokens, AppSettings settings)
{
    private const int MaxBodyBytes = 4 * 1024;

    private readonly ApiGate _gate = new(tokens);

    [Function("get-apps")]
    public Task<IResult> GetAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/apps")] HttpRequest request, CancellationToken ct) =>
        _gate.ReadAsync(request, tenant => ShowAsync(tenant, ct), ct);

    /// <summary><c>{"apps": ["bidflow", "folio"]}</c>: all of them; one that is new to the tenant brings its rules.</summary>
    [Function("set-apps")]
    public Task<IResult> SetAsync([HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v1/apps")] HttpRequest request, CancellationToken ct) =>
        _gate.AdminAsync(
            request,
            async (tenant, person) =>
            {
                if (await JsonBody.ReadAsync<AppsBody>(request, MaxBodyBytes, ct) is not { Apps: { } names } || !names.All(name => Names.TryParse<PlatformApp>(name, out _)))
                    return Answers.Problem(StatusCodes.Status400BadRequest, $"The body names apps, some of: {string.Join(", ", Enum.GetValues<PlatformApp>().Select(app => app.ToName()))}.");
                return await settings.SetAsync(tenant, [.. names.Select(Names.Parse<PlatformApp>)], person, ct)
                    ? await ShowAsync(tenant, ct)
                    : Answers.Problem(StatusCodes.Status404NotFound);
            },
            ct);

    /// <summary>The JSON Schema of a type's data, its newest version; <c>envelope</c>: that of the message around it.</summary>
    [Function("app-schema")]
    public Task<IResult> SchemaAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/apps/schemas/{type}")] HttpRequest request, string type, CancellationToken ct) =>
        _gate.ReadAsync(
            request,
            _ => Task.FromResult((type == "envelope" ? AppContract.Envelope : AppContract.All.FirstOrDefault(contract => contract.Type == type)?.Schema) is { } schema
                ? Answers.RawJson(schema)
                : Answers.Problem(StatusCodes.Status404NotFound)),
            ct);

    private async Task<IResult> ShowAsync(TenantId tenant, CancellationToken ct) => await settings.FindAsync(tenant, ct) is { } enabled
        ? Answers.Json(new
        {
            Apps = Enum.GetValues<PlatformApp>().Select(app => new
            {
                Name = app.ToName(),
                Enabled = enabled.Contains(app),
                Queue = Queues.OfApp(app),
                Events = AppContract.All.Where(contract => contract.App == app)
                    .Select(contract => new { contract.Type, contract.Version, Dataschema = contract.DataSchema, Schema = $"/api/v1/apps/schemas/{contract.Type}" }),
            }),
        })
        : Answers.Problem(StatusCodes.Status404NotFound);

    private sealed record AppsBody(IReadOnlyList<string>? Apps);
}
