using System.Text.Json;
using System.Text.Json.Serialization;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.ServiceBus;

/// <summary>"Look into this lane." Ids only: no personal data is ever in the broker or in its dead-letter queue.</summary>
/// <param name="Events">
/// Journal ids that the ring is for; only for people who trace one. The handler takes whatever is pending, so a ring for more events than
/// <see cref="MaxEvents"/> names the first of them.
/// </param>
internal sealed record LaneRing(Guid Tenant, string Platform, int Lane, IReadOnlyList<long> Events)
{
    /// <summary>20 characters each, at most: a message stays under 4 KB.</summary>
    public const int MaxEvents = 150;

    public static LaneRing For(Lane lane, IEnumerable<long> events) =>
        new(lane.Tenant.Value, lane.Platform.ToName(), lane.Number, [.. events.Take(MaxEvents)]);

    public Lane ToLane() => new(new(Tenant), Names.Parse<Platform>(Platform), Lane);
}

/// <summary>"Take step n of this job"; a step that was taken already is left alone.</summary>
internal sealed record StepRing(Guid Tenant, string Platform, Guid Job, long Step)
{
    [JsonIgnore]
    public string SessionId => $"{Tenant}:{Platform}:sync";
}

/// <summary>"Look for what this tenant is to be told."</summary>
internal sealed record NoticeRing(Guid Tenant);

/// <summary>"Show this tenant's rules what waits for them."</summary>
internal sealed record RuleRing(Guid Tenant);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true, MaxDepth = 4)]
[JsonSerializable(typeof(LaneRing))]
[JsonSerializable(typeof(StepRing))]
[JsonSerializable(typeof(NoticeRing))]
[JsonSerializable(typeof(RuleRing))]
internal sealed partial class BusMessages : JsonSerializerContext
{
    /// <summary>Reads a message of ours.</summary>
    /// <exception cref="FormatException">Not a message that this queue carries. Says nothing of its content.</exception>
    public static T Read<T>(BinaryData body)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(body.ToMemory().Span, typeof(T), Default) as T ?? throw new FormatException(NotOurs<T>());
        }
        catch (JsonException e)
        {
            throw new FormatException(NotOurs<T>(), e);
        }
    }

    public static BinaryData Write<T>(T message)
        where T : class => new(JsonSerializer.SerializeToUtf8Bytes(message, typeof(T), Default));

    private static string NotOurs<T>() => $"The message is no {typeof(T).Name}.";
}
