using System.Collections.Immutable;
using System.Globalization;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>What HubSpot wants of an activity beside the properties that the hub's fields are mapped to, and what the hub wants beside HubSpot's.</summary>
internal static class HubSpotActivities
{
    /// <summary>Between a meeting's start and its end, in seconds: a property that only we have.</summary>
    public const string Duration = "meeting.duration";

    public const string At = "hs_timestamp";
    public const string Starts = "hs_meeting_start_time";
    public const string Ends = "hs_meeting_end_time";

    // Required of a new record, and no news of it. An activity without a time, which is required as well, is refused: to make one up would tell people
    // on every platform that something happened then.
    private static readonly ImmutableDictionary<RemoteKind, (string Property, string Value)> Required =
        new Dictionary<RemoteKind, (string, string)> { [RemoteKind.Email] = ("hs_email_direction", "EMAIL") }.ToImmutableDictionary();

    /// <summary>Adds what has to be written along with these properties.</summary>
    public static IReadOnlyDictionary<string, string?> Complete(RemoteKind kind, IReadOnlyDictionary<string, string?> properties, bool isNew)
    {
        // HubSpot's time line goes by the one, its calendar by the other (documentation, "Engagements: meetings").
        if (kind == RemoteKind.Meeting && properties.TryGetValue(Starts, out var start))
            return new Dictionary<string, string?>(properties) { [At] = start };
        if (isNew && Required.TryGetValue(kind, out var required) && string.IsNullOrEmpty(properties.GetValueOrDefault(required.Property)))
            return new Dictionary<string, string?>(properties) { [required.Property] = required.Value };
        return properties;
    }

    public static void Derive(RemoteKind kind, Dictionary<string, string?> properties)
    {
        if (kind != RemoteKind.Meeting)
            return;
        if (string.IsNullOrEmpty(properties.GetValueOrDefault(Starts)))
            properties[Starts] = properties.GetValueOrDefault(At);
        properties[Duration] = Time(properties, Starts) is { } starts && Time(properties, Ends) is { } ends && ends >= starts
            ? ((long)(ends - starts).TotalSeconds).ToString(CultureInfo.InvariantCulture)
            : null;
    }

    private static DateTimeOffset? Time(Dictionary<string, string?> properties, string name) => HubSpotSnapshots.TimeOf(properties.GetValueOrDefault(name));
}
