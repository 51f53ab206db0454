using System.Collections.Immutable;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Refit;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>Sends one account's calls with its token, and makes of every failure a <see cref="CrmCallException"/>.</summary>
internal sealed class HubSpotCaller(
    IHubSpotApi api, HubSpotTokens tokens, IRateBudget budget, TenantId tenant, HubSpotCredential credential, CallLane lane)
{
    /// <summary>The buckets of an account's budget: searches have a limit of their own, and every call is one of the day's.</summary>
    public const string BurstBucket = "burst";
    public const string SearchBucket = "search";
    public const string DayBucket = "daily";

    public static readonly ImmutableArray<BucketPrice> Burst = [new(BurstBucket, 1), new(DayBucket, 1)];
    public static readonly ImmutableArray<BucketPrice> Search = [new(SearchBucket, 1), new(DayBucket, 1)];

    private static readonly object Nothing = new();

    /// <param name="isRepeatable">False for what would be done twice, if it is sent again because no answer came.</param>
    public async Task<T> CallAsync<T>(
        ImmutableArray<BucketPrice> price, Func<IHubSpotApi, string, CrmCall, Task<T>> send, CancellationToken ct, bool isRepeatable = true)
        where T : class
    {
        var call = new CrmCall(tenant, Platform.HubSpot, price, lane, isRepeatable);
        var token = await tokens.AccessTokenAsync(tenant, credential, ct);
        try
        {
            return await SendAsync(send, token, call);
        }
        catch (CrmCallException e) when (e.IsUnauthorized && tokens.TryForget(tenant, credential, token))
        {
            // An access token can end before its time (the app was installed anew). Once, with a new one, settles which it was.
            return await SendAsync(send, await tokens.AccessTokenAsync(tenant, credential, ct), call);
        }
    }

    /// <summary>For a call whose answer says nothing.</summary>
    public Task RunAsync(Func<IHubSpotApi, string, CrmCall, Task> send, CancellationToken ct) => CallAsync(
        Burst,
        async (api, token, call) =>
        {
            await send(api, token, call);
            return Nothing;
        },
        ct);

    /// <summary>The account's day ends at midnight of its own zone.</summary>
    public ValueTask LearnZoneAsync(string zone, CancellationToken ct) => budget.LearnZoneAsync(tenant, Platform.HubSpot, DayBucket, zone, ct);

    /// <summary>For an answer that is JSON but lacks what it must have.</summary>
    /// <param name="path">Of the call, where it is not plain which it was.</param>
    public static CrmCallException Unreadable(string what, string? path = null) => new(Platform.HubSpot, System.Net.HttpStatusCode.OK, $"the answer has no {what}", call: path);

    private async Task<T> SendAsync<T>(Func<IHubSpotApi, string, CrmCall, Task<T>> send, string token, CrmCall call)
        where T : class
    {
        try
        {
            return await send(api, token, call) ?? throw Unreadable("body");
        }
        catch (ApiException e)
        {
            // Not passed on as the inner exception: it holds the answer's text.
            throw UnreadableAnswer.Of(Platform.HubSpot, e);
        }
    }
}
