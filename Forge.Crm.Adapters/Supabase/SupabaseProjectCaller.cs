using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Refit;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>Sends one project's calls with its key, and makes of every failure a <see cref="CrmCallException"/>.</summary>
internal sealed class SupabaseProjectCaller(ISupabaseProjectApi api, SupabaseProjectAccess access, TenantId tenant, CallLane lane)
{
    /// <summary>The bucket of a project's budget.</summary>
    public const string Rest = "rest";

    private static readonly ImmutableArray<BucketPrice> Price = [new(Rest, 1)];

    /// <summary>Asks for a total: exact as far as the project's row cap, what the database guesses above it.</summary>
    public const string Counted = "count=estimated";

    public const string Shown = "return=representation";

    public delegate Task<ApiResponse<List<JsonElement>>> Send(ISupabaseProjectApi api, SupabaseProjectAccess access, CrmCall call);

    public async Task<JsonObject> DescribeAsync(CancellationToken ct)
    {
        try
        {
            return await api.DescribeAsync(access, Call(isRepeatable: true), ct) ?? throw Unreadable("body");
        }
        catch (ApiException e)
        {
            throw UnreadableAnswer.Of(Platform.SupabaseProject, e);
        }
    }

    public async Task<SupabaseProjectRows> ReadAsync(string table, Dictionary<string, string> query, string? prefer, CancellationToken ct) =>
        await CallAsync((api, access, call) => api.ReadAsync(table, query, prefer, access, call, ct));

    /// <param name="isRepeatable">Whether doing it twice is the same as doing it once.</param>
    public async Task<SupabaseProjectRows> CallAsync(Send send, bool isRepeatable = true)
    {
        try
        {
            using var response = await send(api, access, Call(isRepeatable));
            if (response.StatusCode == HttpStatusCode.NoContent)
                return new([], null);
            // Its error holds the answer's text.
            return response is { Error: null, Content: { } rows }
                ? new(rows, Total(response))
                : throw (response.Error is ApiException e ? UnreadableAnswer.Of(Platform.SupabaseProject, e) : Unreadable("body"));
        }
        catch (ApiException e)
        {
            throw UnreadableAnswer.Of(Platform.SupabaseProject, e);
        }
    }

    /// <summary>For an answer that is JSON but lacks what it must have.</summary>
    public static CrmCallException Unreadable(string what, string? path = null) => new(Platform.SupabaseProject, HttpStatusCode.OK, $"the answer has no {what}", call: path);

    private CrmCall Call(bool isRepeatable) => new(tenant, Platform.SupabaseProject, Price, lane, isRepeatable);

    // Content-Range: 0-24/3573, which names no unit and so is no header of its standard.
    private static long? Total(ApiResponse<List<JsonElement>> response) =>
        response.ContentHeaders is { } headers && headers.NonValidated.TryGetValues("Content-Range", out var values)
        && long.TryParse(values.ToString().Split('/')[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var total)
            ? total
            : null;
}

/// <param name="Total">How many there are in all, where it was asked for.</param>
internal sealed record SupabaseProjectRows(List<JsonElement> Rows, long? Total);
