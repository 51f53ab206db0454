using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.LocalHost.Pipedrive;

namespace Forge.Crm.Tests.Mapping;

/// <summary>Every type of a tenant's own fields, over what each platform makes of the value that is written: what is written is read back.</summary>
public sealed class CustomFieldRoundTripTests
{
    private const string Key = "3d0fa3429dfa2d3dec265b4fc5dc8258ab66cdf3";

    private static readonly string[] Zones = ["UTC", "Asia/Seoul", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"];
    private static readonly (long, string)[] Labels = [(7, "Golf"), (8, "Chess"), (91, "Tea")];

    public static TheoryData<CustomType, string, string> HubSpotTypes => new()
    {
        { CustomType.Text, "string", "text" }, { CustomType.Choice, "enumeration", "select" }, { CustomType.Choice, "string", "text" }, { CustomType.MultiChoice, "enumeration", "checkbox" },
        { CustomType.Number, "number", "number" }, { CustomType.WholeNumber, "number", "number" }, { CustomType.Money, "number", "number" },
        { CustomType.Boolean, "bool", "booleancheckbox" }, { CustomType.Boolean, "enumeration", "radio" }, { CustomType.Date, "date", "date" }, { CustomType.Datetime, "datetime", "date" },
        { CustomType.Phone, "phone_number", "phonenumber" }, { CustomType.Email, "string", "text" },
    };

    public static TheoryData<CustomType, string> PipedriveTypes => new()
    {
        { CustomType.Text, "varchar" }, { CustomType.Text, "text" }, { CustomType.Choice, "varchar_auto" }, { CustomType.Choice, "enum" }, { CustomType.MultiChoice, "set" },
        { CustomType.Number, "double" }, { CustomType.WholeNumber, "double" }, { CustomType.Money, "monetary" }, { CustomType.Money, "double" },
        { CustomType.Boolean, "enum" }, { CustomType.Date, "date" }, { CustomType.Phone, "phone" }, { CustomType.Email, "varchar" },
    };

    [Theory]
    [MemberData(nameof(HubSpotTypes))]
    public void What_is_written_to_HubSpot_is_read_back(CustomType type, string propertyType, string fieldType)
    {
        var hasOptions = propertyType == "enumeration";
        var field = new CustomField(RemoteKind.Contact, "own", type, "its_name", hasOptions ? OptionsOf(type, (option, i) => option.ToUpperInvariant()) : []);
        var property = new LocalHost.HubSpot.HubSpotProperty(field.Property, "Own", propertyType, fieldType, 0)
        {
            HubSpotDefined = false,
            Options = [.. field.Options.Select(option => new LocalHost.HubSpot.HubSpotOption(option.Theirs, option.Theirs))],
        };
        HubSpotCustomFields.Check(field, new(field.Property, "Own", propertyType, fieldType, "g", false, false, null) { Options = [.. field.Options.Select(option => new Adapters.HubSpot.HubSpotOption(option.Theirs))] });
        ShouldComeBack(field, HubSpotCustomFields.MapOf(field), written => HubSpotValues.Accept(property, written) is { Text: { } kept } ? kept : throw new FormatException("refused"));
    }

    [Theory]
    [MemberData(nameof(PipedriveTypes))]
    public void What_is_written_to_Pipedrive_is_read_back_from_the_API_and_from_webhooks(CustomType type, string fieldType)
    {
        var there = new PipedriveCustomField(Key, "Own", fieldType, fieldType is "enum" or "set" ? Labels : []);
        var shown = JsonSerializer.SerializeToElement(new
        {
            field_code = Key,
            field_type = fieldType,
            is_custom_field = true,
            options = there.Options.Select(option => new { id = option.Id, label = option.Label }),
        });
        var named = type == CustomType.Boolean ? OptionsOf(type, (_, i) => Labels[i].Item1.ToString(CultureInfo.InvariantCulture)) : [];
        var field = PipedriveCustomFields.Check(new(RemoteKind.Contact, "own", type, Key, named), shown);
        JsonNode? Kept(string written) => there.Accept(PipedriveCustomFields.Write(fieldType, written, "EUR") is { } value ? JsonNode.Parse(value.ToJsonString()) : null);
        ShouldComeBack(field, field.Map(), written => PipedriveValues.Read(Element(Kept(written))));
        ShouldComeBack(field, field.Map(), written => PipedriveValues.Read(Element(there.Typed(Kept(written)))));
    }

    [Theory]
    [MemberData(nameof(HubSpotTypes))]
    public void An_empty_text_clears(CustomType type, string propertyType, string fieldType)
    {
        var map = HubSpotCustomFields.MapOf(new(RemoteKind.Contact, "own", type, $"{propertyType}_{fieldType}", OptionsOf(type, (option, _) => option)));
        map.Write!(null, LookupsIn("UTC")).ShouldBe("");
        new[] { null, "" }.ShouldAllBe(empty => Canonical.Of(type.ToFieldType(), map.Read(empty, LookupsIn("UTC")), TenantLocale.Default) == null);
    }

    [Theory]
    [InlineData("America/New_York")]
    [InlineData("Pacific/Kiritimati")]
    public void A_day_that_a_webhook_tells_in_milliseconds_is_that_day_in_every_zone(string zone)
    {
        var map = HubSpotCustomFields.MapOf(new(RemoteKind.Contact, "own", CustomType.Date, "since", []));
        Canonical.Of(FieldType.Date, map.Read("1772323200000", LookupsIn(zone)), LookupsIn(zone).Locale).ShouldBe("2026-03-01");
    }

    [Fact]
    public void An_option_that_the_mapping_does_not_name_goes_as_it_is_so_that_the_other_side_refuses_it_by_its_name()
    {
        var map = new CustomField(RemoteKind.Contact, "own", CustomType.MultiChoice, Key, [new("golf", "7")]).Map();
        map.Read("7;99", LookupsIn("UTC")).ShouldBe("golf;99");
        map.Write!("golf;chess", LookupsIn("UTC")).ShouldBe("7;chess");
        Should.Throw<FormatException>(() => PipedriveCustomFields.Write("set", "7;chess", null)).Message.ShouldNotContain("chess");
    }

    private static void ShouldComeBack(CustomField field, FieldMap map, Func<string, string?> keep) => Values(field).Sample(
        ours =>
        {
            foreach (var lookups in Zones.Select(LookupsIn))
            {
                var value = Canonical.Of(field.Field.Type, ours, lookups.Locale);
                var written = map.Write!(value, lookups).ShouldNotBeNull();
                var back = Canonical.Of(field.Field.Type, map.Read(written.Length == 0 ? null : keep(written), lookups), lookups.Locale);
                back.ShouldBe(value);
                map.Write(back, lookups).ShouldBe(written);
            }
        },
        iter: 200);

    private static Gen<string> Values(CustomField field) => field.Type switch
    {
        CustomType.Boolean => One(["true", "false"]),
        CustomType.Choice => One(field.Options.IsEmpty ? ["a", "b c"] : [.. field.Options.Select(option => option.Ours)]),
        CustomType.MultiChoice => One([.. field.Options.Select(option => option.Ours)]).Array[0, 4].Select(members => string.Join(';', members)),
        CustomType.Number or CustomType.Money => Gen.Decimal[-99_999_999m, 99_999_999m].Select(number => number.ToString(CultureInfo.InvariantCulture)),
        CustomType.WholeNumber => Gen.Long[-1_000_000_000, 1_000_000_000].Select(number => number.ToString(CultureInfo.InvariantCulture)),
        CustomType.Date => Gen.Date[new DateTime(1900, 1, 1), new DateTime(2099, 1, 1)].Select(at => at.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
        // HubSpot keeps milliseconds.
        CustomType.Datetime => Gen.Long[0, 4_102_444_800_000].Select(at => DateTimeOffset.FromUnixTimeMilliseconds(at).ToString("O", CultureInfo.InvariantCulture)),
        CustomType.Phone => Gen.Long[2_000_000_000, 9_999_999_999].Select(number => number.ToString("(000) 000-0000", CultureInfo.InvariantCulture)),
        CustomType.Email => Gen.String[Gen.Char['a', 'z'], 1, 9].Select(name => $" {name}@Example.ORG"),
        _ => Gen.String[Gen.Char["aäé́ \r\n\t\"<>;"], 0, 20],
    };

    private static Gen<string> One(string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static System.Collections.Immutable.ImmutableArray<CustomOption> OptionsOf(CustomType type, Func<string, int, string> theirs)
    {
        string[] ours = type == CustomType.Boolean ? ["true", "false"] : type.HasOptions() ? ["golf", "chess", "tea with milk"] : [];
        return [.. ours.Select((option, i) => new CustomOption(option, theirs(option, i)))];
    }

    private static JsonElement Element(JsonNode? node) => JsonDocument.Parse(node?.ToJsonString() ?? "null").RootElement;

    private static Lookups LookupsIn(string zone) => Lookups.None(TenantLocale.Default with { Zone = TimeZoneInfo.FindSystemTimeZoneById(zone) });
}
