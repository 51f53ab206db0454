using System.Globalization;
using System.Net;

namespace Forge.Crm.Adapters.Http;

/// <summary>
/// The innermost step: reads the whole answer within the attempt's time, so that a connection lost half way is retried like any other;
/// turns an error into a <see cref="CallFault"/>; feeds what the platform says of its limits back into the budget.
/// </summary>
internal sealed class AnswerHandler(CrmHttpSettings settings, IRateBudget budget, TimeProvider time) : DelegatingHandler
{
    /// <summary>After decompression. The largest answer that we ask for, a hundred records with all properties, has well under one.</summary>
    internal const long MaxBytes = 10 * 1024 * 1024;

    private static readonly byte[] Null = "null"u8.ToArray();

    private const long MaxErrorBytes = 64 * 1024;
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(24);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        CallCount.Add();
        var response = await base.SendAsync(request, cancellationToken);
        try
        {
            var call = CrmCall.Of(request);
            await LearnAsync(call, response, cancellationToken);
            if (!response.IsSuccessStatusCode)
                throw new CallFaultException(await RefusedAsync(call, response, cancellationToken));
            await response.Content.LoadIntoBufferAsync(MaxBytes, cancellationToken);
            if (response.StatusCode != HttpStatusCode.NoContent && !IsJson(response.Content))
                throw new CallFaultException(new(CallOutcome.Unusable, response.StatusCode, "answer is not JSON"));
            if (response.StatusCode != HttpStatusCode.NoContent && await IsNothingAsync(response.Content, cancellationToken))
                throw new CallFaultException(new(CallOutcome.Unusable, response.StatusCode, "the answer has no body"));
            if (await ErrorWithinAsync(call, response.Content, cancellationToken) is { } detail)
                throw new CallFaultException(new(CallOutcome.Unusable, response.StatusCode, detail));
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    // What no call of ours answers, and what would be taken for the absence of an answer.
    private static async ValueTask<bool> IsNothingAsync(HttpContent content, CancellationToken ct) =>
        content.Headers.ContentLength is 0
        || (content.Headers.ContentLength == Null.Length && (await content.ReadAsByteArrayAsync(ct)).AsSpan().SequenceEqual(Null));

    // A success by its status alone; what is larger than an error can be is none.
    private static async ValueTask<string?> ErrorWithinAsync(CrmCall call, HttpContent content, CancellationToken ct) =>
        content.Headers.ContentLength is > 0 and <= MaxErrorBytes && await content.ReadAsByteArrayAsync(ct) is var body && ErrorBody.IsError(body)
            ? $"an error within: {ErrorBody.Read(body, call.Names).Detail}"
            : null;

    private async Task<CallFault> RefusedAsync(CrmCall call, HttpResponseMessage response, CancellationToken ct)
    {
        var (detail, policy) = IsJson(response.Content)
            ? ErrorBody.Read(await ErrorBytesAsync(response.Content, ct), call.Names)
            : ("no JSON", null);
        var fault = new CallFault(CallOutcome.Refused, response.StatusCode, detail, policy ?? CrmHttpSettings.PolicyOf(response), RetryAfter(response));
        return RetryRule.IsForAll(fault) && call.Price is [var first, ..] ? await BlockedAsync(call, first.Bucket, fault, ct) : fault;
    }

    // Once for all workers and lanes. A day that is used up ends when the budget says so, unless the platform does.
    private async Task<CallFault> BlockedAsync(CrmCall call, string own, CallFault fault, CancellationToken ct)
    {
        var bucket = fault.Policy is { } policy ? settings.Policies.GetValueOrDefault(policy, own) : own;
        var isDay = bucket == settings.DayBucket;
        DateTimeOffset? asked = isDay && fault.RetryAfter is null ? null : time.GetUtcNow() + RetryRule.WaitOf(fault, 1);
        var until = await budget.BlockAsync(call.Tenant, call.Platform, bucket, asked, ct);
        return isDay ? fault with { RetryAfter = until - time.GetUtcNow(), DayEnds = until } : fault;
    }

    private static async Task<byte[]> ErrorBytesAsync(HttpContent content, CancellationToken ct)
    {
        try
        {
            await content.LoadIntoBufferAsync(MaxErrorBytes, ct);
            return await content.ReadAsByteArrayAsync(ct);
        }
        catch (HttpRequestException)
        {
            // The status is worth more than the body that could not be read.
            return [];
        }
    }

    private async ValueTask LearnAsync(CrmCall call, HttpResponseMessage response, CancellationToken ct)
    {
        foreach (var names in settings.Headers.Where(names => call.Price.Any(part => part.Bucket == names.Bucket)))
        {
            var per = names.Interval is null ? names.Per : Milliseconds(response, names.Interval);
            var max = names.Max is null ? null : Number(response, names.Max);
            if (Number(response, names.Remaining) is { } remaining && per > TimeSpan.Zero && (names.Max is null || max > 0))
                await budget.LearnAsync(call.Tenant, call.Platform, names.Bucket, max is { } calls ? new(calls, per.Value) : null, remaining, ct);
        }
    }

    // What is no number of seconds and no date is not there at all.
    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var asked = response.Headers.RetryAfter is { } header ? header.Delta ?? (header.Date - time.GetUtcNow()) : null;
        return asked is { } wait ? TimeSpan.FromTicks(Math.Clamp(wait.Ticks, 0, LongestRetryAfter.Ticks)) : null;
    }

    private static TimeSpan? Milliseconds(HttpResponseMessage response, string header) =>
        Number(response, header) is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;

    private static int? Number(HttpResponseMessage response, string header) =>
        response.Headers.TryGetValues(header, out var values)
        && int.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    private static bool IsJson(HttpContent content) =>
        content.Headers.ContentType?.MediaType is { } type
        && (type.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase));
}
