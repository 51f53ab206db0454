using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace Forge.Crm.Functions.Api;

/// <summary>
/// Stands before every function of the API: who is calling, for which tenant, and may they. What belongs to another tenant is answered like
/// what is not there.
/// </summary>
internal sealed class ApiGate(SupabaseTokens tokens)
{
    private const string Scheme = "Bearer ";
    private const int LongestToken = 8 * 1024;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(3);

    /// <summary>For whoever belongs to a tenant.</summary>
    public Task<IResult> ReadAsync(HttpRequest request, Func<TenantId, Task<IResult>> work, CancellationToken ct) =>
        PassAsync(request, CrmRole.Viewer, (tenant, _) => work(tenant), ct);

    /// <summary>For members and administrators; <paramref name="work"/> hears who it is.</summary>
    public Task<IResult> WriteAsync(HttpRequest request, Func<TenantId, string, Task<IResult>> work, CancellationToken ct) =>
        PassAsync(request, CrmRole.Member, work, ct);

    /// <summary>For administrators.</summary>
    public Task<IResult> AdminAsync(HttpRequest request, Func<TenantId, string, Task<IResult>> work, CancellationToken ct) =>
        PassAsync(request, CrmRole.Admin, work, ct);

    private async Task<IResult> PassAsync(HttpRequest request, CrmRole atLeast, Func<TenantId, string, Task<IResult>> work, CancellationToken ct)
    {
        if (Token(request) is not { } token || await tokens.CheckAsync(token, ct) is not { } caller)
            return Answers.Problem(StatusCodes.Status401Unauthorized);
        if (caller.Tenant is not { } tenant || caller.Role < atLeast)
            return Answers.Problem(StatusCodes.Status403Forbidden);
        try
        {
            return await work(tenant, caller.Subject);
        }
        catch (Exception e) when (e is NpgsqlException { IsTransient: true } or TimeoutException)
        {
            return Answers.Problem(StatusCodes.Status503ServiceUnavailable, retryAfter: RetryAfter);
        }
    }

    private static string? Token(HttpRequest request) =>
        request.Headers.Authorization is [{ Length: < LongestToken } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..].Trim()
            : null;
}
