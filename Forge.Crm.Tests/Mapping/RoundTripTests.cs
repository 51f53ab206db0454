using System.Collections.Immutable;
using System.Globalization;
using CsCheck;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Mapping;

/// <summary>
/// Every field of every mapping table, both ways: what is written and read back is what it was, and what is read and written back is read
/// the same again. Else a push would come back as an edit.
/// </summary>
public sealed class RoundTripTests
{
    private const int Cases = 300;

    private static readonly ImmutableArray<string> Zones = ["UTC", "Asia/Seoul", "America/New_York", "Pacific/Auckland", "Pacific/Kiritimati", "Pacific/Pago_Pago"];
    private static readonly ImmutableArray<string> Texts =
        ["Ann", " Müller ", "line\r\nline", "e\u0301", "日本語", "a;b", "'\"<>&%00", "0", "true", "2026-01-01"];

    private static readonly ImmutableArray<Owner> Owners = [.. Enumerable.Range(1, 3).Select(n => new Owner($"{n}", Id(n), $"o{n}@example.com", $"O{n}", true))];
    private static readonly ImmutableArray<Stage> Stages =
        [.. Enumerable.Range(1, 4).Select(n => new Stage($"p{n % 2}", $"s{n}", Id(100 + (n % 2)), Id(n), "P", $"S{n}", n, 0.5m, n == 4 ? "won" : "open", false))];

    public static TheoryData<string, RemoteKind> Tables =>
        new()
        {
            { "hubspot", RemoteKind.Contact }, { "hubspot", RemoteKind.Company }, { "hubspot", RemoteKind.Deal },
            { "pipedrive", RemoteKind.Contact }, { "pipedrive", RemoteKind.Company }, { "pipedrive", RemoteKind.Deal },
            { "pipedrive", RemoteKind.Call }, { "pipedrive", RemoteKind.Task },
        };

    [Theory]
    [MemberData(nameof(Tables))]
    public void What_is_written_is_read_back(string platform, RemoteKind kind) =>
        Gen.Int.Sample(
            seed =>
            {
                var dice = new Random(seed);
                var values = Values(dice, kind);
                var (mapper, lookups) = (MapperOf(platform, kind), LookupsIn(Zones[dice.Next(Zones.Length)]));
                var properties = mapper.Write(values, _ => true, lookups);
                var back = Read(mapper, properties, lookups);
                for (var i = 0; i < values.Length; i++)
                {
                    if (mapper.Writable[i])
                        back[i].Value.ShouldBe(values[i], mapper.Shape.Fields[i].Name);
                }
            },
            iter: Cases);

    [Theory]
    [MemberData(nameof(Tables))]
    public void What_is_read_and_written_back_reads_the_same_again(string platform, RemoteKind kind) =>
        Gen.Int.Sample(
            seed =>
            {
                var dice = new Random(seed);
                var properties = Properties(dice, platform, kind);
                var (mapper, lookups) = (MapperOf(platform, kind), LookupsIn(Zones[dice.Next(Zones.Length)]));
                var first = Read(mapper, properties, lookups);
                var written = mapper.Write([.. first.Select(field => field.Value)], _ => true, lookups);
                var again = Read(mapper, new Dictionary<string, string?>(properties.Concat(written).GroupBy(p => p.Key).Select(p => p.Last())), lookups);
                again.Select(field => field.Value).ShouldBe(first.Select(field => field.Value));
            },
            iter: Cases);

    private static RecordMapper MapperOf(string platform, RemoteKind kind) => platform switch
    {
        "hubspot" => HubSpotFields.MapperOf(kind, StandardFields.Of(kind.ToRecordKind())),
        "pipedrive" => PipedriveFields.MapperOf(kind, StandardFields.Of(kind.ToRecordKind())),
        _ => throw new ArgumentOutOfRangeException(nameof(platform)),
    };

    private static ImmutableArray<RemoteField> Read(RecordMapper mapper, IReadOnlyDictionary<string, string?> properties, Lookups lookups) =>
        mapper.Read(properties.GetValueOrDefault, (_, _) => new(DateTimeOffset.UnixEpoch, Platform.HubSpot), lookups);

    private static Lookups LookupsIn(string zone) => new(TenantLocale.Default with { Zone = TimeZoneInfo.FindSystemTimeZoneById(zone) }, Owners, Stages);

    // As the hub holds them.
    private static ImmutableArray<string?> Values(Random dice, RemoteKind kind) =>
    [
        .. StandardFields.Of(kind.ToRecordKind()).Fields.Select(field =>
            (kind.ToRecordKind(), field.Name) switch
            {
                (RecordKind.Activity, "type") => kind.ToName(), // what the kind of the platform's record says
                (RecordKind.Task, "status") => dice.Next(2) == 0 ? "completed" : "not_started",
                _ => dice.Next(6) == 0 ? null : Canonical.Of(field.Type, Raw(dice, field), TenantLocale.Default),
            }),
    ];

    // As a platform might: ids of its own where the hub has references, and texts that are not canonical yet.
    private static Dictionary<string, string?> Properties(Random dice, string platform, RemoteKind kind)
    {
        var mapper = MapperOf(platform, kind);
        string? TextOf(Field field) => dice.Next(6) == 0 ? null : field.Name switch
        {
            "owner_id" => $"{dice.Next(1, 4)}",
            "pipeline_id" => $"p{dice.Next(2)}",
            "stage_id" => $"s{dice.Next(1, 5)}",
            _ => Raw(dice, field),
        };
        var properties = mapper.Maps.DistinctBy(map => map.Property).ToDictionary(map => map.Property, map => TextOf(mapper.Shape.Fields[mapper.Shape.IndexOf(map.Field)]));
        if (properties.ContainsKey("done"))
            properties["done"] = dice.Next(2) == 0 ? "true" : "false"; // Pipedrive always says
        return properties;
    }

    private static string Raw(Random dice, Field field) => (field.Name, field.Type) switch
    {
        ("owner_id", _) => Id(dice.Next(1, 4)).ToString(),
        ("pipeline_id", _) => Id(100 + dice.Next(2)).ToString(),
        ("stage_id", _) => Id(dice.Next(1, 5)).ToString(),
        ("duration_seconds", _) => (60 * dice.Next(1, 600)).ToString(CultureInfo.InvariantCulture),
        (_, FieldType.Number) => (dice.NextInt64(-9_999_999_999, 9_999_999_999) / 10_000m).ToString(CultureInfo.InvariantCulture),
        (_, FieldType.WholeNumber) => dice.Next().ToString(CultureInfo.InvariantCulture),
        (_, FieldType.Date) => new DateOnly(1900, 1, 1).AddDays(dice.Next(400_000)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        (_, FieldType.Time) => DateTimeOffset.FromUnixTimeSeconds(dice.NextInt64(4_102_444_800)).ToString("O", CultureInfo.InvariantCulture),
        (_, FieldType.Flag) => dice.Next(2) == 0 ? "true" : "FALSE",
        (_, FieldType.Email) => $" Ann{dice.Next(100)}@Example.COM",
        (_, FieldType.Phone) => $"(555) 010-{dice.Next(10_000):0000}",
        (_, FieldType.HostName) => $"https://www.Example{dice.Next(100)}.com/about",
        (_, FieldType.Set) => string.Join(';', Enumerable.Range(0, 4).Select(_ => (char)('a' + dice.Next(6)))),
        _ => Texts[dice.Next(Texts.Length)],
    };

    private static Guid Id(int n) => new(n, 0, 0, new byte[8]);
}
