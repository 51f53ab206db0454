using System.Net;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Refit;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>Sends one account's calls with its token, and makes of every failure a <see cref="CrmCallException"/>.</summary>
internal sealed class PipedriveCaller(IPipedriveApi api, PipedriveTokens tokens, TenantId tenant, PipedriveCredential credential, CallLane lane)
{
    /// <param name="isRepeatable">False for what would be done twice, if it is sent again because no answer came.</param>
    public async Task<T> CallAsync<T>(
        Func<IPipedriveApi, PipedriveAccess, CrmCall, Task<T>> send, CancellationToken ct, bool isRepeatable = true)
        where T : class
    {
        var call = new CrmCall(tenant, Platform.Pipedrive, PipedrivePrices.Unpriced, lane, isRepeatable);
        var access = await tokens.AccessAsync(tenant, credential, ct);
        try
        {
            return await SendAsync(send, access, call);
        }
        catch (CrmCallException e) when (e.IsUnauthorized && tokens.TryForget(tenant, credential, access))
        {
            // An access token can end before its time (the app was installed anew). Once, with a new one, settles which it was.
            return await SendAsync(send, await tokens.AccessAsync(tenant, credential, ct), call);
        }
    }

    /// <returns>Null where Pipedrive has no such thing, or none that the token's user may see.</returns>
    public async Task<T?> FindAsync<T>(Func<IPipedriveApi, PipedriveAccess, CrmCall, Task<T>> send, CancellationToken ct)
        where T : class
    {
        try
        {
            return await CallAsync(send, ct);
        }
        catch (CrmCallException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.Forbidden)
        {
            return null;
        }
    }

    /// <summary>For an answer that is JSON but lacks what it must have.</summary>
    /// <param name="path">Of the call, where it is not plain which it was.</param>
    public static CrmCallException Unreadable(string what, string? path = null) => new(Platform.Pipedrive, HttpStatusCode.OK, $"the answer has no {what}", call: path);

    private async Task<T> SendAsync<T>(Func<IPipedriveApi, PipedriveAccess, CrmCall, Task<T>> send, PipedriveAccess access, CrmCall call)
        where T : class
    {
        try
        {
            return await send(api, access, call) ?? throw Unreadable("body");
        }
        catch (ApiException e)
        {
            // Not passed on as the inner exception: it holds the answer's text.
            throw UnreadableAnswer.Of(Platform.Pipedrive, e);
        }
    }
}
