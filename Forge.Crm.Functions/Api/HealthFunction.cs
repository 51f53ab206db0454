using Forge.Crm.Adapters;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>For load balancers and people: whether database, bus and vault can be reached. Needs no token and tells nothing else.</summary>
public sealed class HealthFunction(Health health)
{
    [Function("health")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/health")] HttpRequest request, CancellationToken ct)
    {
        var report = await health.CheckAsync(ct);
        var status = report is { Database: true, Bus: true } ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return Answers.Json(new { Database = Word(report.Database), Bus = Word(report.Bus), Vault = Word(report.Vault) }, status);
    }

    private static string Word(bool isReachable) => isReachable ? "ok" : "unreachable";
}
