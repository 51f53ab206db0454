using Forge.Crm.Adapters.Http;
using Refit;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>
/// The part of HubSpot's API that we call. Paths come from <see cref="HubSpotPaths"/>; flags are texts, since HubSpot wants them in lower case.
/// </summary>
internal interface IHubSpotApi
{
    [Get("/{**path}")]
    Task<HubSpotPage> ListAsync(
        string path, int limit, string? after, string archived, string properties, string? associations,
        [Authorize("Bearer")] string token, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Post("/{**path}/batch/read")]
    Task<HubSpotRecords> ReadAsync(
        string path, [Body] HubSpotReadInput input,
        [Authorize("Bearer")] string token, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Get("/{**path}/{id}")]
    Task<HubSpotRecord> RecordAsync(
        string path, string id, string properties,
        [Authorize("Bearer")] string token, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Post("/{**path}/search")]
    Task<HubSpotPage> SearchAsync(
        string path, [Body] HubSpotSearch search,
        [Authorize("Bearer")] string token, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Post("/{**path}/batch/update")]
    Task<HubSpotWritten> UpdateAsync(
        string path, [Body] HubSpotWriteBatch batch,
        [Authorize("Bearer")] string token, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Post("/{**path}/batch/create")]
    Task<HubSpotWritten> CreateAsync(
        string path, [Body] HubSpotWriteBatch batch,
        [Authorize("Bearer")] string token, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Post("/{**path}/batch/archive")]
    Task ArchiveAsync(
        string path, [Body] HubSpotIds ids,
        [Authorize("Bearer")] string token, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Post("/{**path}/gdpr-delete")]
    Task EraseAsync(
        string path, [Body] HubSpotErasure erasure,
        [Authorize("Bearer")] string token, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Post("/{**path}/merge")]
    Task<HubSpotRecord> MergeAsync(
        string path, [Body] HubSpotMergeInput merge,
        [Authorize("Bearer")] string token, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Get("/{**path}/{name}")]
    Task<HubSpotProperty> PropertyAsync(
        string path, string name, [Authorize("Bearer")] string token, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Post("/{**path}")]
    Task<HubSpotProperty> AddPropertyAsync(
        string path, [Body] HubSpotProperty property,
        [Authorize("Bearer")] string token, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Post("/{**path}/groups")]
    Task<HubSpotPropertyGroup> AddGroupAsync(
        string path, [Body] HubSpotPropertyGroup group,
        [Authorize("Bearer")] string token, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Post("/{**path}/batch/read")]
    Task<HubSpotAssociationRecords> ReadAssociationsAsync(
        string path, [Body] HubSpotAssociationInput input,
        [Authorize("Bearer")] string token, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Post("/{**path}/batch/create")]
    Task<HubSpotLinks> AssociateAsync(
        string path, [Body] HubSpotLinkBatch batch,
        [Authorize("Bearer")] string token, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Post("/{**path}/batch/archive")]
    Task DissociateAsync(
        string path, [Body] HubSpotUnlinkBatch batch,
        [Authorize("Bearer")] string token, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Get("/{**path}")]
    Task<HubSpotOwnerPage> OwnersAsync(
        string path, int limit, string? after, string archived,
        [Authorize("Bearer")] string token, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Get("/{**path}/deals")]
    Task<HubSpotPipelines> DealPipelinesAsync(
        string path, [Authorize("Bearer")] string token, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Get("/{**path}")]
    Task<HubSpotAccountDetails> DetailsAsync(
        string path, [Authorize("Bearer")] string token, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Post("/{**path}")]
    Task<HubSpotToken> RefreshAsync(
        string path, [Body(BodySerializationMethod.UrlEncoded)] Dictionary<string, string> form,
        [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);
}
