using System.Text.Json;
using System.Text.Json.Serialization;

namespace Forge.Crm.Adapters.Pipedrive;

// The shapes of Pipedrive's API as far as we read or send them. Records stay JSON: their fields are the account's own.

/// <summary>A page of version 2, or of the parts of version 1 that have no successor.</summary>
internal sealed record PipedrivePage(List<JsonElement>? Data, [property: JsonPropertyName("additional_data")] PipedrivePaging? AdditionalData);

internal sealed record PipedriveOne(JsonElement? Data);

/// <summary>
/// Where the next page begins. Version 2: an opaque cursor. Version 1: a place in a list, given under <c>pagination</c> (documentation) or
/// one level above it (the description of leads).
/// </summary>
internal sealed record PipedrivePaging(
    [property: JsonPropertyName("next_cursor")] string? NextCursor,
    PipedrivePlace? Pagination,
    [property: JsonPropertyName("next_start")] int? NextStart,
    [property: JsonPropertyName("more_items_in_collection")] bool? HasMore,
    int? Start,
    int? Limit)
{
    public int? Next => (Pagination ?? new(NextStart, HasMore, Start, Limit)).Next;
}

internal sealed record PipedrivePlace(
    [property: JsonPropertyName("next_start")] int? NextStart,
    [property: JsonPropertyName("more_items_in_collection")] bool? HasMore,
    int? Start,
    int? Limit)
{
    public int? Next => HasMore != true ? null : NextStart ?? Start + Limit;
}

internal sealed record PipedriveUsers(List<PipedriveUser>? Data);

internal sealed record PipedriveMe(PipedriveUser? Data);

internal sealed record PipedriveUser(
    long? Id,
    string? Name,
    string? Email,
    [property: JsonPropertyName("active_flag")] bool? IsActive,
    [property: JsonPropertyName("timezone_name")] string? TimeZone,
    [property: JsonPropertyName("default_currency")] string? Currency,
    [property: JsonPropertyName("company_id")] long? CompanyId);

internal sealed record PipedrivePipelines(List<PipedrivePipeline>? Data, [property: JsonPropertyName("additional_data")] PipedrivePaging? AdditionalData);

internal sealed record PipedrivePipeline(
    long? Id,
    string? Name,
    [property: JsonPropertyName("is_deal_probability_enabled")] bool? HasProbability,
    [property: JsonPropertyName("is_deleted")] bool? IsDeleted);

internal sealed record PipedriveStages(List<PipedriveStage>? Data, [property: JsonPropertyName("additional_data")] PipedrivePaging? AdditionalData);

internal sealed record PipedriveStage(
    long? Id,
    string? Name,
    [property: JsonPropertyName("order_nr")] int? Order,
    [property: JsonPropertyName("deal_probability")] int? Probability,
    [property: JsonPropertyName("pipeline_id")] long? PipelineId,
    [property: JsonPropertyName("is_deleted")] bool? IsDeleted);

internal sealed record PipedriveToken(
    [property: JsonPropertyName("access_token")] string? AccessToken,
    [property: JsonPropertyName("refresh_token")] string? RefreshToken,
    [property: JsonPropertyName("expires_in")] int? ExpiresIn,
    [property: JsonPropertyName("api_domain")] Uri? ApiDomain);
