using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>What both versions of a webhook say, under one set of names.</summary>
/// <param name="Action">In the words of version 2: <c>create</c>, <c>change</c>, <c>delete</c>.</param>
/// <param name="Data">The record after the change; not there where it was deleted.</param>
/// <param name="Previous">What it was before: of a change, the changed members (version 2) or all of them (version 1).</param>
/// <param name="Flaw">What is missing; null where nothing is.</param>
internal sealed record PipedriveTold(
    bool IsFirstVersion, string? CompanyId, string? Action, string? Entity, string? EntityId, JsonElement Data, JsonElement Previous,
    DateTimeOffset OccurredAt, string? MergedTo, string? MergedFrom, string? Actor, string EventKey, string? Flaw)
{
    private const int LongestKey = 160;

    /// <summary>An earlier delivery of it was not accepted.</summary>
    public bool IsRetry { get; private init; }

    // Version 1's words; its "merged" tells of the survivor.
    private static readonly Dictionary<string, string> FirstVersionActions = new()
    {
        ["added"] = "create",
        ["updated"] = "change",
        ["merged"] = "change",
        ["deleted"] = "delete",
    };

    public static PipedriveTold Of(JsonElement root, DateTimeOffset receivedAt)
    {
        var meta = Member(root, "meta");
        var isFirst = PipedriveValues.TextOf(meta, "v") == "1";
        var (data, previous) = isFirst ? (Member(root, "current"), Member(root, "previous")) : (Member(root, "data"), Member(root, "previous"));
        string? Meta(string name) => PipedriveValues.TextOf(meta, name);
        var (action, entity, id) = isFirst
            ? (Meta("action") is { } word ? FirstVersionActions.GetValueOrDefault(word, word) : null, Meta("object"), Meta("id"))
            : (Meta("action"), Meta("entity"), Meta("entity_id"));
        // In version 1 a merge is one event, of the survivor: its former state is the other's last one (seen in integrations; not documented).
        var loser = isFirst && Meta("action") == "merged" ? PipedriveValues.TextOf(data, "merge_what_id") ?? PipedriveValues.TextOf(previous, "id") : null;
        if (loser is not null)
            previous = default;
        var told = Moment(meta, isFirst);
        var flaw = Meta("company_id") is null ? "has no company_id"
            : action is null ? "has no action"
            : entity is null ? "has no entity"
            : id is null ? "has no entity id"
            : told is null ? "has no timestamp"
            : null;
        var occurredAt = Edited(told ?? receivedAt, PipedriveValues.TimeOf(data, "update_time"));
        var unique = isFirst ? $"v1:{Meta("timestamp_micro") ?? Meta("timestamp")}" : Unique(Meta("id"), told);
        return new(
            isFirst, Meta("company_id"), action, entity, id, data, previous, occurredAt,
            isFirst ? null : Meta("merged_to_id"), isFirst ? loser : Meta("merged_from_id"),
            Who(Meta("change_source"), Meta("user_id")), Short($"{Meta("company_id")}:{entity}:{id}:{Meta("action")}:{unique}"), flaw)
        {
            IsRetry = isFirst ? Number(PipedriveValues.TextOf(root, "retry")) > 0 : Number(Meta("attempt")) > 1,
        };
    }

    /// <summary>
    /// Most events have an id of their own, the same for every attempt; events of users have their entity's (documentation, "Webhooks v2").
    /// </summary>
    private static string Unique(string? id, DateTimeOffset? at) =>
        Guid.TryParse(id, out _) ? id : string.Create(CultureInfo.InvariantCulture, $"{at?.ToUnixTimeMilliseconds()}");

    /// <summary>ISO 8601; seconds (events of users, version 1); microseconds beside them in version 1.</summary>
    private static DateTimeOffset? Moment(JsonElement meta, bool isFirst)
    {
        var text = PipedriveValues.TextOf(meta, "timestamp");
        if (isFirst && Number(PipedriveValues.TextOf(meta, "timestamp_micro")) is { } microseconds and < 253_402_300_800_000_000)
            return DateTimeOffset.UnixEpoch.AddMicroseconds(microseconds);
        if (Number(text) is { } seconds)
            return seconds < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
        return PipedriveValues.TimeOf(meta, "timestamp");
    }

    /// <summary>
    /// When the edit was made. The record's own time says it to the second; the event's says it more precisely, unless the event was raised
    /// later than the edit (bulk edits).
    /// </summary>
    private static DateTimeOffset Edited(DateTimeOffset told, DateTimeOffset? updatedAt) =>
        updatedAt is { } at && at < told && told - at >= TimeSpan.FromSeconds(1) ? at : told;

    private static string? Who(string? source, string? user) => user is null ? source : source is null or "app" ? $"userId:{user}" : $"{source}:{user}";

    private static string Short(string key) =>
        key.Length <= LongestKey ? key : $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}";

    private static long? Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : default;
}
