using System.Text.Json;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>Makes a <see cref="ChangeEvent"/> of what a webhook told.</summary>
internal static class PipedriveEventReader
{
    private static readonly Dictionary<string, ChangeType> Types = new()
    {
        ["create"] = ChangeType.Created,
        ["change"] = ChangeType.Changed,
        ["delete"] = ChangeType.Deleted,
    };

    /// <returns>Null for something that we do not sync.</returns>
    public static ChangeEvent? Read(PipedriveTold told)
    {
        // A deletion shows the record only as it was.
        var kind = PipedriveObjects.KindOf(told.Entity, told.Data.ValueKind == JsonValueKind.Object ? told.Data : told.Previous);
        if (kind is null || !Types.TryGetValue(told.Action!, out var type))
            return null;
        var (survivor, loser) = Merge(told);
        return new(
            loser is null ? type : ChangeType.Merged, new RemoteRef(kind.Value, survivor), told.OccurredAt,
            MergedIds: loser is null ? null : [loser], Actor: told.Actor,
            Changes: Changes(told, type), Version: type == ChangeType.Deleted ? null : Version(told.Data));
    }

    // To the second: an event may say it more precisely than a read, which would then seem to be from before it for ever.
    private static DateTimeOffset? Version(JsonElement data) =>
        PipedriveValues.TimeOf(data, "update_time") is { } at ? at.AddTicks(-(at.Ticks % TimeSpan.TicksPerSecond)) : null;

    /// <summary>A merge is a deletion and a change, and either half names the other record: both say the same.</summary>
    private static (string Survivor, string? Loser) Merge(PipedriveTold told) =>
        told.MergedTo is { } survivor && survivor != told.EntityId ? (survivor, told.EntityId)
        : told.MergedFrom is { } loser && loser != told.EntityId ? (told.EntityId!, loser)
        : (told.EntityId!, null);

    // A creation tells nothing that the record's own time does not: most of what it shows nobody chose.
    private static Dictionary<string, string?>? Changes(PipedriveTold told, ChangeType type) => type switch
    {
        ChangeType.Changed when told.Previous.ValueKind == JsonValueKind.Object =>
            PipedriveProperties.Changed(told.Data, told.Previous, told.IsFirstVersion),
        _ => null,
    };
}
