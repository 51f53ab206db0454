using System.Collections.Frozen;
using System.Text.Json;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>The names of the mapped properties, so that reading a record makes no new strings of them.</summary>
internal static class HubSpotPropertyNames
{
    private const int Longest = 64;

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Known =
        HubSpotFields.Kinds
            .SelectMany(kind => HubSpotFields.PropertiesOf(kind))
            .Append(HubSpotObjects.Id)
            .ToFrozenSet(StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();

    public static string Of(ref Utf8JsonReader reader)
    {
        if (reader.HasValueSequence || reader.ValueSpan.Length > Longest)
            return reader.GetString()!;
        Span<char> name = stackalloc char[Longest];
        return Known.TryGetValue(name[..reader.CopyString(name)], out var known) ? known : reader.GetString()!;
    }
}
