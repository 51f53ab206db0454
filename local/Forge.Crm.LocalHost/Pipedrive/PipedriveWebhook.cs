using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>A webhook that somebody made: what it is told of, where, and how that went.</summary>
internal sealed class PipedriveWebhook
{
    public required long Id { get; init; }
    public required Uri Url { get; init; }

    /// <summary><c>create</c>, <c>change</c>, <c>delete</c>; <c>*</c> for all.</summary>
    public required string Action { get; init; }

    /// <summary>E.g. <c>person</c>; <c>*</c> for all.</summary>
    public required string Entity { get; init; }

    public required string Name { get; init; }
    public string Version { get; init; } = "2.0";
    public long UserId { get; init; }
    public string? AuthUser { get; init; }
    public string? AuthPassword { get; init; }
    public required DateTimeOffset MadeAt { get; init; }

    public int? LastStatus { get; set; }
    public DateTimeOffset? LastDeliveryAt { get; set; }
    public DateTimeOffset? LastSuccessAt { get; set; }

    /// <summary>Why it is gone; null while it is there.</summary>
    public string? RemovedFor { get; set; }

    public DateTimeOffset? RemovedAt { get; set; }

    /// <summary>Events whose first delivery failed since the last ban.</summary>
    public int Failures { get; set; }

    public DateTimeOffset? BannedUntil { get; set; }

    // In version 1 a merge is one event, of the survivor.
    public bool Wants(PipedriveEvent item) =>
        RemovedFor is null && (Version != "1.0" || item.MergedTo is null) && (Action == "*" || Action == item.Action) && (Entity == "*" || Entity == item.Entity);

    public JsonObject ToJson(long companyId) => new()
    {
        ["id"] = Id,
        ["company_id"] = companyId,
        ["owner_id"] = UserId,
        ["user_id"] = UserId,
        ["event_action"] = Action,
        ["event_object"] = Entity,
        ["subscription_url"] = Url.OriginalString,
        ["version"] = Version,
        ["is_active"] = RemovedFor is null ? 1 : 0,
        ["add_time"] = PipedriveTime.Precise(MadeAt),
        ["remove_time"] = RemovedAt is { } at ? PipedriveTime.Precise(at) : null,
        ["type"] = "general",
        ["http_auth_user"] = AuthUser,
        ["http_auth_password"] = AuthPassword,
        ["remove_reason"] = RemovedFor,
        ["last_delivery_time"] = LastDeliveryAt is { } delivered ? PipedriveTime.Precise(delivered) : null,
        ["last_http_status"] = LastStatus,
        ["admin_id"] = UserId,
        ["name"] = Name,
    };
}
