using System.Text.Json;
using System.Text.Json.Nodes;
using Forge.Crm.Adapters.Http;
using Refit;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>The part of PostgREST that we call. Filters, order and selection are the members of <c>query</c>, since columns are the project's own.</summary>
internal interface ISupabaseProjectApi
{
    /// <summary>The project's tables and columns, in the form of Swagger 2.0.</summary>
    [Get("/rest/v1/")]
    Task<JsonObject> DescribeAsync(
        [Property(SupabaseProjectAccess.OptionName)] SupabaseProjectAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Get("/rest/v1/{table}")]
    Task<ApiResponse<List<JsonElement>>> ReadAsync(
        string table, [Query] Dictionary<string, string> query, [Header("Prefer")] string? prefer,
        [Property(SupabaseProjectAccess.OptionName)] SupabaseProjectAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Post("/rest/v1/{table}")]
    Task<ApiResponse<List<JsonElement>>> InsertAsync(
        string table, [Query] Dictionary<string, string> query, [Header("Prefer")] string? prefer, [Body] JsonArray rows,
        [Property(SupabaseProjectAccess.OptionName)] SupabaseProjectAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Patch("/rest/v1/{table}")]
    Task<ApiResponse<List<JsonElement>>> UpdateAsync(
        string table, [Query] Dictionary<string, string> query, [Header("Prefer")] string? prefer, [Body] JsonObject values,
        [Property(SupabaseProjectAccess.OptionName)] SupabaseProjectAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);

    [Delete("/rest/v1/{table}")]
    Task<ApiResponse<List<JsonElement>>> DeleteAsync(
        string table, [Query] Dictionary<string, string> query, [Header("Prefer")] string? prefer,
        [Property(SupabaseProjectAccess.OptionName)] SupabaseProjectAccess access, [Property(CrmCall.OptionName)] CrmCall call, CancellationToken ct);
}
