using System.Text.Json;
using System.Text.Json.Serialization;

namespace Forge.Crm.Adapters.HubSpot;

// The shapes of HubSpot's API as far as we read or send them.

internal sealed record HubSpotPage(List<HubSpotRecord>? Results, HubSpotPaging? Paging, long? Total);

/// <summary>The answer to a batch read: 200, or 207 where some of the ids are not there.</summary>
internal sealed record HubSpotRecords(List<HubSpotRecord>? Results);

internal sealed record HubSpotPaging(HubSpotNext? Next);

internal sealed record HubSpotNext(string? After);

internal sealed record HubSpotRecord(
    [property: JsonConverter(typeof(HubSpotIdConverter))] string? Id,
    [property: JsonConverter(typeof(HubSpotPropertiesConverter))] Dictionary<string, string?>? Properties,
    Dictionary<string, List<HubSpotVersion>>? PropertiesWithHistory,
    DateTimeOffset? CreatedAt,
    DateTimeOffset? UpdatedAt,
    bool? Archived,
    DateTimeOffset? ArchivedAt,
    Dictionary<string, HubSpotAssociatedIds>? Associations)
{
    /// <summary>Of the input that a write answers.</summary>
    public string? ObjectWriteTraceId { get; init; }
}

internal sealed record HubSpotVersion(string? Value, DateTimeOffset Timestamp);

internal sealed record HubSpotAssociatedIds(List<HubSpotAssociatedId>? Results, HubSpotPaging? Paging);

internal sealed record HubSpotAssociatedId([property: JsonConverter(typeof(HubSpotIdConverter))] string? Id, string? Type);

/// <param name="IdProperty">The unique property whose values the inputs are; null where they are ids.</param>
internal sealed record HubSpotReadInput(
    IReadOnlyList<string> Properties, IReadOnlyList<string>? PropertiesWithHistory, IReadOnlyList<HubSpotId> Inputs, string? IdProperty = null);

internal sealed record HubSpotId([property: JsonConverter(typeof(HubSpotIdConverter))] string? Id, string? After = null);

internal sealed record HubSpotSearch(
    IReadOnlyList<HubSpotFilterGroup> FilterGroups, IReadOnlyList<HubSpotSort> Sorts, IReadOnlyList<string> Properties, int Limit);

internal sealed record HubSpotFilterGroup(IReadOnlyList<HubSpotFilter> Filters);

internal sealed record HubSpotFilter(string PropertyName, string Operator, string? Value, IReadOnlyList<string>? Values = null);

internal sealed record HubSpotSort(string PropertyName, string Direction);

internal sealed record HubSpotIds(IReadOnlyList<HubSpotId> Inputs);

internal sealed record HubSpotWriteBatch(IReadOnlyList<HubSpotWriteInput> Inputs);

/// <param name="Id">Null for a creation.</param>
/// <param name="ObjectWriteTraceId">Comes back with the input's result or error. Inputs that have one fail alone ("Batch create" in the documentation).</param>
/// <param name="Associations">At least an empty list for a creation, which must have one (HubSpot's description); null for an update.</param>
internal sealed record HubSpotWriteInput(
    string? Id, IReadOnlyDictionary<string, string> Properties, string ObjectWriteTraceId, IReadOnlyList<HubSpotNewAssociation>? Associations = null);

internal sealed record HubSpotNewAssociation(HubSpotId To, IReadOnlyList<HubSpotLinkType> Types);

/// <summary>The answer to a batch of writes: 200 or 201, or 207 where some failed.</summary>
internal sealed record HubSpotWritten(List<HubSpotRecord>? Results, List<JsonElement>? Errors) : IHubSpotBatchAnswer<HubSpotRecord>;

internal sealed record HubSpotErasure(string ObjectId);

internal sealed record HubSpotMergeInput(string PrimaryObjectId, string ObjectIdToMerge);

internal sealed record HubSpotProperty(
    string Name, string Label, string Type, string FieldType, string GroupName, bool HasUniqueValue, bool FormField, string? Description)
{
    public bool? Calculated { get; init; }

    public bool? Archived { get; init; }

    public HubSpotModification? ModificationMetadata { get; init; }

    /// <summary>Of an enumeration.</summary>
    public List<HubSpotOption>? Options { get; init; }
}

internal sealed record HubSpotModification(bool? ReadOnlyValue);

internal sealed record HubSpotOption(string? Value);

internal sealed record HubSpotPropertyGroup(string Name, string Label);

internal sealed record HubSpotAssociationInput(IReadOnlyList<HubSpotId> Inputs);

internal sealed record HubSpotAssociationRecords(List<HubSpotAssociations>? Results);

internal sealed record HubSpotAssociations(HubSpotId? From, List<HubSpotAssociation>? To, HubSpotPaging? Paging);

internal sealed record HubSpotAssociation(
    [property: JsonConverter(typeof(HubSpotIdConverter))] string? ToObjectId, List<HubSpotAssociationType>? AssociationTypes);

internal sealed record HubSpotAssociationType(string? Category, int TypeId);

internal sealed record HubSpotLinkBatch(IReadOnlyList<HubSpotLinkInput> Inputs);

internal sealed record HubSpotLinkInput(HubSpotId From, HubSpotId To, IReadOnlyList<HubSpotLinkType> Types);

internal sealed record HubSpotLinkType(string AssociationCategory, int AssociationTypeId);

internal sealed record HubSpotUnlinkBatch(IReadOnlyList<HubSpotUnlinkInput> Inputs);

internal sealed record HubSpotUnlinkInput(HubSpotId From, IReadOnlyList<HubSpotId> To);

internal sealed record HubSpotLinks(List<HubSpotLinked>? Results, List<JsonElement>? Errors) : IHubSpotBatchAnswer<HubSpotLinked>;

internal sealed record HubSpotLinked(
    [property: JsonConverter(typeof(HubSpotIdConverter))] string? FromObjectId, [property: JsonConverter(typeof(HubSpotIdConverter))] string? ToObjectId);

internal sealed record HubSpotOwnerPage(List<HubSpotOwner>? Results, HubSpotPaging? Paging);

internal sealed record HubSpotOwner(
    [property: JsonConverter(typeof(HubSpotIdConverter))] string? Id, string? Email, string? FirstName, string? LastName, bool? Archived);

internal sealed record HubSpotPipelines(List<HubSpotPipeline>? Results);

internal sealed record HubSpotPipeline(string? Id, string? Label, bool? Archived, List<HubSpotStage>? Stages);

internal sealed record HubSpotStage(string? Id, string? Label, int? DisplayOrder, bool? Archived, Dictionary<string, string?>? Metadata);

internal sealed record HubSpotAccountDetails([property: JsonConverter(typeof(HubSpotIdConverter))] string? PortalId, string? TimeZone, string? CompanyCurrency);

internal sealed record HubSpotToken(
    [property: JsonPropertyName("access_token")] string? AccessToken,
    [property: JsonPropertyName("refresh_token")] string? RefreshToken,
    [property: JsonPropertyName("expires_in")] int? ExpiresIn);
