using System.Collections.Immutable;
using System.Text.Json;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>An account's own description of its fields.</summary>
internal static class PipedriveFieldList
{
    private const int PageSize = 500;

    /// <summary>Whose records may have fields of the account's own: activities and notes have none in the API.</summary>
    public static readonly ImmutableArray<RemoteKind> Kinds = [RemoteKind.Contact, RemoteKind.Company, RemoteKind.Deal];

    private static readonly ImmutableArray<string> Entities = ["person", "organization", "deal"];

    public static string EntityOf(RemoteKind kind) => Entities[Kinds.IndexOf(kind)];

    /// <exception cref="Domain.Ports.CrmCallException">The account could not be asked.</exception>
    public static async Task<List<JsonElement>> ReadAsync(PipedriveCaller caller, RemoteKind kind, CancellationToken ct)
    {
        var fields = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var from = cursor;
            var page = await caller.CallAsync((api, access, call) => api.FieldsAsync(EntityOf(kind), PageSize, from, access, call, ct), ct);
            fields.AddRange(page.Data ?? throw PipedriveCaller.Unreadable("data", $"{EntityOf(kind)}Fields"));
            cursor = page.AdditionalData?.NextCursor;
        }
        while (!string.IsNullOrEmpty(cursor));
        return fields;
    }
}

/// <summary>One choice of a field.</summary>
/// <param name="Label">Canonical.</param>
internal readonly record struct PipedriveOption(string Id, string Label)
{
    public static ImmutableArray<PipedriveOption> Of(JsonElement field) =>
        PipedriveValues.Member(field, "options") is { ValueKind: JsonValueKind.Array } options
            ? [.. options.EnumerateArray().Select(option => new PipedriveOption(
                PipedriveValues.TextOf(option, "id") ?? "", Canonical.Of(FieldType.Text, PipedriveValues.TextOf(option, "label"), TenantLocale.Default) ?? ""))]
            : [];
}
