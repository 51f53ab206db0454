using System.Text.Json;
using Forge.Crm.Adapters.Notices;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>How much mail a tenant's people get: <c>{"mailsPerHour": 10, "digestMinutes": 0, "fallback": "crm-admins@example.com"}</c>.</summary>
public sealed class NoticeSettingsFunction(SupabaseTokens tokens, NoticeSettingsStore store)
{
    private const int MaxBodyBytes = 4 * 1024;

    private readonly ApiGate _gate = new(tokens);

    /// <summary>What is set, and as <c>problem</c> why it cannot be read, where it was written past this API; the defaults count then.</summary>
    [Function("get-notice-settings")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/notices/settings")] HttpRequest request, CancellationToken ct) =>
        _gate.ReadAsync(request, tenant => ShowAsync(tenant, ct), ct);

    /// <summary>What is left out is set to its default.</summary>
    [Function("set-notice-settings")]
    public Task<IResult> SetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v1/notices/settings")] HttpRequest request, CancellationToken ct) =>
        _gate.AdminAsync(
            request,
            async (tenant, person) =>
            {
                if (await JsonBody.ReadAsync<NoticeSettings>(request, MaxBodyBytes, ct) is not { } settings)
                    return Answers.Problem(StatusCodes.Status400BadRequest, "The body names mailsPerHour, digestMinutes and fallback, or some of them, and nothing else.");
                try
                {
                    return await store.SetAsync(tenant, settings, person, ct) ? await ShowAsync(tenant, ct) : Answers.Problem(StatusCodes.Status404NotFound);
                }
                catch (FormatException e)
                {
                    return Answers.Problem(StatusCodes.Status400BadRequest, e.Message);
                }
            },
            ct);

    private async Task<IResult> ShowAsync(TenantId tenant, CancellationToken ct) => await store.FindAsync(tenant, ct) is var (settings, problem)
        ? Answers.RawJson(JsonSerializer.Serialize(new { settings.MailsPerHour, settings.DigestMinutes, settings.Fallback, Problem = problem }, JsonSerializerOptions.Web))
        : Answers.Problem(StatusCodes.Status404NotFound);
}
