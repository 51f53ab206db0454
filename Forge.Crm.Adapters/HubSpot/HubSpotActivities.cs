using System.Collections.Immutable;
using System.Globalization;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>What HubSpot wants of an activity beside the properties that the hub's fields are mapped to, and what the hub wants beside HubSpot's.</summary>
internal static class HubSpotActivities
{
    /// <summary>Between a meeting's start and its end, in seconds: a property that only we have.</summary>
    public const string Duration = "meeting.duration";

    /// <summary>Of the first and the last name of who wrote an e-mail: a property that only we have.</summary>
    public const string Sender = "email.sender";

    public const string SenderAddress = "hs_email_from_email";

    public const string At = "hs_timestamp";
    public const string Starts = "hs_meeting_start_time";
    public const string Ends = "hs_meeting_end_time";

    private const string SenderFirst = "hs_email_from_firstname";
    private const string SenderLast = "hs_email_from_lastname";

    private static readonly ImmutableDictionary<RemoteKind, ImmutableArray<string>> Sources = new Dictionary<RemoteKind, ImmutableArray<string>>
    {
        [RemoteKind.Email] = [SenderFirst, SenderLast],
        [RemoteKind.Meeting] = [At],
    }.ToImmutableDictionary();

    private static readonly ImmutableDictionary<RemoteKind, Action<Dictionary<string, string?>>> Derived = new Dictionary<RemoteKind, Action<Dictionary<string, string?>>>
    {
        [RemoteKind.Email] = Name,
        [RemoteKind.Meeting] = Length,
    }.ToImmutableDictionary();

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

    /// <summary>Whether a property is one that only we have.</summary>
    public static bool IsDerived(string property) => property is Duration or Sender;

    /// <summary>What has to be asked for to derive them.</summary>
    public static ImmutableArray<string> SourcesOf(RemoteKind kind) => Sources.GetValueOrDefault(kind, []);

    public static void Derive(RemoteKind kind, Dictionary<string, string?> properties) => Derived.GetValueOrDefault(kind)?.Invoke(properties);

    private static void Name(Dictionary<string, string?> properties) =>
        properties[Sender] = $"{properties.GetValueOrDefault(SenderFirst)} {properties.GetValueOrDefault(SenderLast)}";

    private static void Length(Dictionary<string, string?> properties)
    {
        if (string.IsNullOrEmpty(properties.GetValueOrDefault(Starts)))
            properties[Starts] = properties.GetValueOrDefault(At);
        properties[Duration] = Time(properties, Starts) is { } starts && Time(properties, Ends) is { } ends && ends >= starts
            ? ((long)(ends - starts).TotalSeconds).ToString(CultureInfo.InvariantCulture)
            : null;
    }

    private static DateTimeOffset? Time(Dictionary<string, string?> properties, string name) => HubSpotSnapshots.TimeOf(properties.GetValueOrDefault(name));
}
