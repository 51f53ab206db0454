using System.Globalization;
using CsCheck;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.HubSpot;

public sealed class HubSpotFieldsTests
{
    private static readonly Guid OwnerId = Guid.Parse("22222222-2222-2222-2222-222222222222");
    private static readonly Stage Open = Stage("open-1", 3, "open");
    private static readonly Stage Won = Stage("closedwon", 4, "won");

    public static TheoryData<RemoteKind, string, string> Rows
    {
        get
        {
            var rows = new TheoryData<RemoteKind, string, string>();
            foreach (var (kind, map) in Tables().SelectMany(table => table.Maps.Select(map => (table.Kind, map))))
                rows.Add(kind, map.Property, map.Field);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Every_row_names_a_field_and_reads_what_it_writes(RemoteKind kind, string property, string field)
    {
        var (map, type) = Row(kind, property, field);
        TextOf(type, map).Sample(
            theirs =>
            {
                foreach (var zone in new[] { "UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Asia/Kathmandu" })
                {
                    var lookups = Lookups(zone);
                    var ours = Canonical.Of(type, map.Read(theirs, lookups), lookups.Locale);
                    if (map.Write is null)
                        continue;
                    var written = map.Write(ours, lookups).ShouldNotBeNull();
                    Canonical.Of(type, map.Read(written, lookups), lookups.Locale).ShouldBe(ours);
                    map.Write(Canonical.Of(type, map.Read(written, lookups), lookups.Locale), lookups).ShouldBe(written);
                }
            },
            iter: 100);
    }

    [Theory]
    [InlineData(RemoteKind.Task, "hs_task_status", "status", "SUSPENDED", "suspended")]
    [InlineData(RemoteKind.Task, "hs_task_type", "type", "VISIT", "VISIT")]
    [InlineData(RemoteKind.Call, "hs_call_disposition", "outcome", "0d8a8b4e-0000-4000-8000-000000000001", "0d8a8b4e-0000-4000-8000-000000000001")]
    [InlineData(RemoteKind.Email, "hs_email_direction", "direction", "DRAFT_EMAIL", "DRAFT_EMAIL")]
    [InlineData(RemoteKind.Contact, "lifecyclestage", "lifecycle_stage", "81534096", "81534096")]
    [InlineData(RemoteKind.Company, "industry", "industry", "SPACE_MINING", "SPACE_MINING")]
    public void A_word_that_HubSpot_has_and_we_do_not_know_goes_as_it_is(RemoteKind kind, string property, string field, string theirs, string ours) =>
        Row(kind, property, field).Map.Read(theirs, Lookups("UTC")).ShouldBe(ours);

    [Theory]
    [MemberData(nameof(Rows))]
    public void Every_field_that_can_be_written_is_cleared_by_an_empty_text(RemoteKind kind, string property, string field)
    {
        var (map, type) = Row(kind, property, field);
        if (property == HubSpotObjects.Id)
            return; // the kind, which is never written
        Canonical.Of(type, map.Read("", Lookups("UTC")), TenantLocale.Default).ShouldBeNull();
        Canonical.Of(type, map.Read(null, Lookups("UTC")), TenantLocale.Default).ShouldBeNull();
        if (map.Write is not null)
            map.Write(null, Lookups("UTC")).ShouldBe("");
    }

    [Fact]
    public void What_HubSpot_works_out_itself_is_never_written() =>
        Tables().SelectMany(table => table.Maps).Where(map => map.Write is null).Select(map => map.Property).ShouldBe(
            [
                "hs_additional_emails", "hs_analytics_source", "dealstage", "hs_deal_stage_probability", "hs_object_id", "hs_object_id",
                "hs_email_from_email", "email.sender", "hs_object_id", "meeting.duration", "hs_object_id",
            ]);

    [Fact]
    public void A_deal_has_its_stage_and_its_status_from_the_same_property()
    {
        var deal = Read(RemoteKind.Deal, new() { ["dealstage"] = "closedwon", ["pipeline"] = "default", ["hubspot_owner_id"] = "77" }, Lookups("UTC"));
        deal["stage_id"].ShouldBe(Won.StageId.ToString());
        deal["pipeline_id"].ShouldBe(Won.PipelineId.ToString());
        deal["status"].ShouldBe("won");
        deal["owner_id"].ShouldBe(OwnerId.ToString());
    }

    [Theory]
    [InlineData("2026-03-01T04:30:00Z", "America/New_York", "2026-02-28")]
    [InlineData("2026-03-01T04:30:00Z", "UTC", "2026-03-01")]
    [InlineData("1772339400000", "Asia/Tokyo", "2026-03-01")]
    public void A_close_date_is_a_day_in_the_tenants_zone(string theirs, string zone, string day) =>
        Read(RemoteKind.Deal, new() { ["closedate"] = theirs }, Lookups(zone))["close_date"].ShouldBe(day);

    [Fact]
    public void A_day_is_written_as_its_noon_in_the_tenants_zone() =>
        Row(RemoteKind.Deal, "closedate", "close_date").Map.Write!("2026-07-14", Lookups("America/New_York")).ShouldBe("2026-07-14T16:00:00.000Z");

    [Fact]
    public void An_owner_or_a_stage_that_HubSpot_does_not_have_is_left_out()
    {
        var stranger = Guid.NewGuid().ToString();
        Row(RemoteKind.Contact, "hubspot_owner_id", "owner_id").Map.Write!(stranger, Lookups("UTC")).ShouldBeNull();
        Row(RemoteKind.Deal, "dealstage", "stage_id").Map.Write!(stranger, Lookups("UTC")).ShouldBeNull();
        Row(RemoteKind.Deal, "pipeline", "pipeline_id").Map.Write!(stranger, Lookups("UTC")).ShouldBeNull();
    }

    [Fact]
    public void An_owner_or_a_stage_that_we_do_not_know_yet_is_asked_for_again()
    {
        var lookups = Lookups("UTC");
        Read(RemoteKind.Deal, new() { ["dealstage"] = "new-stage" }, lookups)["stage_id"].ShouldBeNull();
        lookups.HasMissing.ShouldBeTrue();
    }

    [Fact]
    public void A_custom_field_is_the_property_that_the_mapping_names()
    {
        var shape = StandardFields.Contact.With([new("custom.shoe_size", FieldType.Number)]);
        var mapper = HubSpotFields.MapperOf(RemoteKind.Contact, shape, [new(RemoteKind.Contact, "shoe_size", CustomType.Number, "shoe", []), new(RemoteKind.Deal, "x", CustomType.Text, "x", [])]);
        var fields = mapper.Read(property => property == "shoe" ? "42.50" : null, (_, _) => new(DateTimeOffset.UnixEpoch, Platform.HubSpot), Lookups("UTC"));
        fields[shape.IndexOf("custom.shoe_size")].Value.ShouldBe("42.5");
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void An_own_property_that_the_account_has_no_more_is_not_shown_rather_than_empty(bool isThere, bool isKnown)
    {
        var shape = StandardFields.Contact.With([new("custom.shoe_size", FieldType.Number)]);
        var mapper = HubSpotFields.MapperOf(RemoteKind.Contact, shape, [new(RemoteKind.Contact, "shoe_size", CustomType.Number, "shoe", [])]);
        var properties = isThere ? new Dictionary<string, string?> { ["shoe"] = null } : [];
        var at = DateTimeOffset.UnixEpoch;
        var record = SnapshotReader.Read(new(new(RemoteKind.Contact, "1"), properties, at, at, null, at, [], []), mapper, Platform.HubSpot, [], Lookups("UTC"));
        record.Fields[shape.IndexOf("custom.shoe_size")].IsKnown.ShouldBe(isKnown);
        record.Fields[shape.IndexOf("email")].IsKnown.ShouldBeTrue();
    }

    [Theory]
    [InlineData("Ann", "Ash", "Ann Ash")]
    [InlineData(null, "Ash", "Ash")]
    [InlineData("Ann", "", "Ann")]
    [InlineData(null, null, null)]
    public void Who_wrote_an_e_mail_has_one_name(string? first, string? last, string? name)
    {
        var properties = new Dictionary<string, string?> { ["hs_email_from_email"] = "Ann@Example.com", ["hs_email_from_firstname"] = first, ["hs_email_from_lastname"] = last };
        HubSpotActivities.Derive(RemoteKind.Email, properties);
        var email = Read(RemoteKind.Email, properties, Lookups("UTC"));
        (email["from_email"], email["from_name"]).ShouldBe(("ann@example.com", name));
    }

    [Fact]
    public void A_kind_without_a_table_says_so() =>
        Should.Throw<ArgumentException>(() => HubSpotFields.MapperOf(RemoteKind.Lead, StandardFields.Contact)).Message.ShouldContain("lead");

    private static Dictionary<string, string?> Read(RemoteKind kind, Dictionary<string, string?> properties, Lookups lookups)
    {
        var shape = StandardFields.Of(kind.ToRecordKind());
        var fields = HubSpotFields.MapperOf(kind, shape)
            .Read(properties.GetValueOrDefault, (_, _) => new(DateTimeOffset.UnixEpoch, Platform.HubSpot), lookups);
        return shape.Fields.Select((field, i) => (field.Name, fields[i].Value)).ToDictionary(row => row.Name, row => row.Value);
    }

    private static Gen<string> TextOf(FieldType type, FieldMap map) => type switch
    {
        FieldType.Email => Gen.String[Gen.Char['a', 'z'], 1, 9].Select(name => $" {name}@Example.ORG"),
        FieldType.Phone => Gen.Long[2_000_000_000, 9_999_999_999].Select(number => number.ToString("(000) 000-0000", CultureInfo.InvariantCulture)),
        FieldType.HostName => Gen.String[Gen.Char['A', 'z'], 1, 9].Where(name => name.All(char.IsLetter)).Select(name => $"https://www.{name}.com/about"),
        FieldType.WholeNumber => Gen.Long[-1_000_000_000, 1_000_000_000].Select(number => number.ToString(CultureInfo.InvariantCulture)),
        FieldType.Number => Gen.Decimal[-99_999_999m, 99_999_999m].Select(number => number.ToString(CultureInfo.InvariantCulture)),
        FieldType.Date => Gen.DateTime[new DateTime(1990, 1, 1), new DateTime(2090, 1, 1)].Select(at => at.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)),
        FieldType.Reference => Gen.Const(map.Property switch { "hubspot_owner_id" => "77", "pipeline" => "default", _ => "closedwon" }),
        FieldType.Set => Gen.String[Gen.Char["abc;@. "], 0, 30],
        FieldType.Time => Gen.DateTime[new DateTime(1990, 1, 1), new DateTime(2090, 1, 1)].Select(at => at.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)),
        _ when map.Property == "hs_task_type" => Gen.Int[0, 2].Select(i => new[] { "TODO", "CALL", "EMAIL" }[i]),
        _ => map.Property == "dealstage" ? Gen.Const("open-1") : Gen.String[Gen.Char["aäé́ \r\n\t\"<>;😀"[..^2]], 0, 20],
    };

    private static (FieldMap Map, FieldType Type) Row(RemoteKind kind, string property, string field)
    {
        var shape = StandardFields.Of(kind.ToRecordKind());
        return (Tables().Single(table => table.Kind == kind).Maps.Single(map => map.Property == property && map.Field == field), shape.Fields[shape.IndexOf(field)].Type);
    }

    private static IEnumerable<RecordMapper> Tables() =>
        new[] { RemoteKind.Contact, RemoteKind.Company, RemoteKind.Deal, RemoteKind.Call, RemoteKind.Email, RemoteKind.Meeting, RemoteKind.Note, RemoteKind.Task }
            .Select(kind => HubSpotFields.MapperOf(kind, StandardFields.Of(kind.ToRecordKind())));

    private static Lookups Lookups(string zone) =>
        new(new(TimeZoneInfo.FindSystemTimeZoneById(zone), "US", "USD"), [new("77", OwnerId, "a@x.org", "Ann", true)], [Open, Won]);

    private static Stage Stage(string id, int number, string status) =>
        new("default", id, Guid.Parse("33333333-3333-3333-3333-333333333333"), new Guid(number, 0, 0, new byte[8]), "Sales", id, number, null, status, false);
}
