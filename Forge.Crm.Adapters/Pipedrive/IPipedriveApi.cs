using System.Text.Json.Nodes;
using Forge.Crm.Adapters.Http;
using Refit;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>The part of Pipedrive's API that we call: version 2, and version 1 where it has no successor.</summary>
internal interface IPipedriveApi
{
    /// <param name="entity">In the plural: <c>persons</c>; <c>deals/archived</c> for deals that were put away.</param>
    /// <param name="ids">At most a hundred, joined by commas.</param>
    /// <param name="since">RFC 3339, inclusive.</param>
    [Get("/api/v2/{**entity}")]
    Task<PipedrivePage> ListAsync(
        string entity, int limit, string? cursor, string? ids, string? status,
        [AliasAs("updated_since")] string? since, [AliasAs("sort_by")] string? sortBy, [AliasAs("sort_direction")] string? direction,
        [AliasAs("include_fields")] string? include,
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Get("/api/v2/{entity}/{id}")]
    Task<PipedriveOne> ReadAsync(
        string entity, string id, [AliasAs("include_fields")] string? include,
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Get("/api/v2/pipelines")]
    Task<PipedrivePipelines> PipelinesAsync(
        int limit, string? cursor,
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Get("/api/v2/stages")]
    Task<PipedriveStages> StagesAsync(
        int limit, string? cursor,
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Post("/api/v2/{entity}")]
    Task<PipedriveOne> CreateAsync(
        string entity, [Body] JsonObject fields,
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Patch("/api/v2/{entity}/{id}")]
    Task<PipedriveOne> UpdateAsync(
        string entity, string id, [Body] JsonObject fields,
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Delete("/api/v2/{entity}/{id}")]
    Task<PipedriveOne> DeleteAsync(
        string entity, string id,
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    /// <param name="entity">In the singular: <c>person</c>.</param>
    [Get("/api/v2/{entity}Fields")]
    Task<PipedrivePage> FieldsAsync(
        string entity, int limit, string? cursor,
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    /// <inheritdoc cref="FieldsAsync"/>
    [Post("/api/v2/{entity}Fields")]
    Task<PipedriveOne> AddFieldAsync(
        string entity, [Body] JsonObject field,
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    /// <summary>Only version 1 merges.</summary>
    /// <param name="id">Of the record that goes.</param>
    [Put("/v1/{entity}/{id}/merge")]
    Task<PipedriveOne> MergeAsync(
        string entity, string id, [Body] JsonObject survivor,
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    /// <summary>Finds what a lost reply may have created. The index of the search lags behind.</summary>
    [Get("/api/v2/{entity}/search")]
    Task<PipedriveOne> SearchAsync(
        string entity, string term, string fields, [AliasAs("exact_match")] string isExact,
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    /// <summary>Leads and notes, which version 2 does not have.</summary>
    /// <param name="start">A place in the list: paging of version 1.</param>
    [Get("/v1/{**entity}")]
    Task<PipedrivePage> ListFirstAsync(
        string entity, int limit, int start, string? sort, [AliasAs("updated_since")] string? since,
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Get("/v1/{entity}/{id}")]
    Task<PipedriveOne> ReadFirstAsync(
        string entity, string id,
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Post("/v1/{entity}")]
    Task<PipedriveOne> CreateFirstAsync(
        string entity, [Body] JsonObject fields,
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Patch("/v1/leads/{id}")]
    Task<PipedriveOne> UpdateLeadAsync(
        string id, [Body] JsonObject fields,
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Put("/v1/notes/{id}")]
    Task<PipedriveOne> UpdateNoteAsync(
        string id, [Body] JsonObject fields,
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Delete("/v1/{entity}/{id}")]
    Task<PipedriveOne> DeleteFirstAsync(
        string entity, string id,
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Get("/v1/webhooks")]
    Task<PipedrivePage> WebhooksAsync(
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Get("/v1/activityTypes")]
    Task<PipedrivePage> ActivityTypesAsync(
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Get("/v1/users")]
    Task<PipedriveUsers> UsersAsync(
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Get("/v1/users/me")]
    Task<PipedriveMe> MeAsync(
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Post("/oauth/token")]
    Task<PipedriveToken> RefreshAsync(
        [Body(BodySerializationMethod.UrlEncoded)] Dictionary<string, string> form,
        [Property(PipedriveAccess.OptionName)] PipedriveAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);
}
