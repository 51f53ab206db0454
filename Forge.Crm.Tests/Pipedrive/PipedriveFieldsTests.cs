using System.Globalization;
using System.Text.Json;
using CsCheck;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Pipedrive;

public sealed class PipedriveFieldsTests
{
    private static readonly Guid OwnerId = Guid.Parse("22222222-2222-2222-2222-222222222222");
    private static readonly Stage Demo = new(
        "1", "3", Guid.Parse("33333333-3333-3333-3333-333333333333"), new Guid(3, 0, 0, new byte[8]), "Sales", "Demo", 3, 0.6m, "open", false);

    private static readonly RemoteKind[] Kinds = Enum.GetValues<RemoteKind>();

    public static TheoryData<RemoteKind, string, string> Rows
    {
        get
        {
            var rows = new TheoryData<RemoteKind, string, string>();
            foreach (var (kind, map) in Kinds.SelectMany(kind => Mapper(kind).Maps.Select(map => (kind, map))))
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
    [MemberData(nameof(Rows))]
    public void Every_field_that_can_be_written_is_cleared_by_an_empty_text(RemoteKind kind, string property, string field)
    {
        var (map, type) = Row(kind, property, field);
        if (map.Field == "type" && kind != RemoteKind.Task || map.Property == "done")
            return; // an activity always has a type, and is done or not
        Canonical.Of(type, map.Read("", Lookups("UTC")), TenantLocale.Default).ShouldBeNull();
        Canonical.Of(type, map.Read(null, Lookups("UTC")), TenantLocale.Default).ShouldBeNull();
        if (map.Write is not null)
            map.Write(null, Lookups("UTC")).ShouldBe("");
    }

    [Fact]
    public void What_Pipedrive_works_out_itself_is_never_written() =>
        Kinds.SelectMany(kind => Mapper(kind).Maps.Where(map => map.Write is null).Select(map => $"{kind} {map.Property}")).Distinct().ShouldBe(
        [
            "Company website", "Company address.street", "Company address.locality", "Company address.admin_area_level_1", "Company address.postal_code",
            "Company address.country", "Lead source_name", "Lead is_archived", "Call ends", "Email ends", "Meeting ends", "Note type", "Note add_time", "Note owner_id",
            "Task marked_as_done_time",
        ]);

    [Fact]
    public void A_person_is_taken_apart()
    {
        var person = Read(RemoteKind.Contact, """
            {"id":8,"first_name":"Ada","last_name":"Example","owner_id":9001,
             "emails":[{"value":"b@x.org","primary":false,"label":"home"},{"value":"A@x.org","primary":true,"label":"work"},{"value":"c@x.org","label":"x"}],
             "phones":[{"value":"+372 555 0100","primary":true,"label":"Mobile"},{"value":"+372 555 0200","primary":false,"label":"work"}]}
            """);
        person["email"].ShouldBe("a@x.org");
        person["additional_emails"].ShouldBe("b@x.org;c@x.org");
        (person["phone"], person["mobile_phone"]).ShouldBe(("+3725550200", "+3725550100"));
        (person["first_name"], person["last_name"], person["owner_id"]).ShouldBe(("Ada", "Example", OwnerId.ToString()));
    }

    [Theory]
    [InlineData("[]", null, null)]
    [InlineData("""[{"value":"+3725550100","label":"work"}]""", "+3725550100", null)]
    [InlineData("""[{"value":"+3725550100","label":"mobile","primary":true}]""", null, "+3725550100")]
    [InlineData("""[{"value":"","label":"work"},{"value":"+3725550300"}]""", "+3725550300", null)]
    public void A_mobile_number_is_the_one_that_says_so(string phones, string? phone, string? mobile)
    {
        var person = Read(RemoteKind.Contact, $$"""{"id":8,"phones":{{phones}}}""");
        (person["phone"], person["mobile_phone"]).ShouldBe((phone, mobile));
    }

    [Fact]
    public void An_organization_has_the_parts_of_its_address_and_the_domain_of_its_website()
    {
        var company = Read(RemoteKind.Company, """
            {"id":1,"name":"Acme","website":"https://www.acme.example/de","employee_count":50,"annual_revenue":1000000.5,
             "address":{"value":"Main St 5, Tartu","route":"Main St","street_number":"5","locality":"Tartu","admin_area_level_1":"Tartumaa","postal_code":"50090","country":"Estonia"}}
            """);
        (company["domain"], company["website"]).ShouldBe(("acme.example", "https://www.acme.example/de"));
        (company["street"], company["city"], company["state"], company["postal_code"], company["country"]).ShouldBe(("Main St 5", "Tartu", "Tartumaa", "50090", "Estonia"));
        (company["employee_count"], company["annual_revenue"]).ShouldBe(("50", "1000000.5"));
    }

    [Theory]
    [InlineData("open")]
    [InlineData("won")]
    [InlineData("lost")]
    public void A_deals_status_is_its_own_whatever_its_stage(string status)
    {
        var deal = Read(RemoteKind.Deal, $$"""
            {"id":8,"title":"Deal","value":150,"currency":"EUR","stage_id":3,"pipeline_id":1,"status":"{{status}}","probability":60,"expected_close_date":"2026-10-30","lost_reason":null}
            """);
        (deal["status"], deal["stage_id"], deal["pipeline_id"]).ShouldBe((status, Demo.StageId.ToString(), Demo.PipelineId.ToString()));
        (deal["name"], deal["amount"], deal["currency"], deal["probability"], deal["close_date"], deal["lost_reason"])
            .ShouldBe(("Deal", "150", "EUR", "0.6", "2026-10-30", null));
    }

    [Fact]
    public void An_activity_with_a_time_of_day_is_an_instant_and_ends_after_its_duration()
    {
        var call = Read(RemoteKind.Call, """{"id":2,"type":"call","subject":"Intro","note":"Hi","due_date":"2026-09-22","due_time":"15:00:00","duration":"00:30:00","location":{"value":"Here"}}""");
        (call["occurred_at"], call["ends_at"], call["duration_seconds"]).ShouldBe(("2026-09-22T15:00:00Z", "2026-09-22T15:30:00Z", "1800"));
        (call["type"], call["subject"], call["body"], call["location"]).ShouldBe(("call", "Intro", "Hi", "Here"));
    }

    [Theory]
    [InlineData("UTC", "2026-09-22T00:00:00Z")]
    [InlineData("America/New_York", "2026-09-22T04:00:00Z")]
    [InlineData("Asia/Tokyo", "2026-09-21T15:00:00Z")]
    public void An_activity_without_a_time_takes_the_tenants_whole_day(string zone, string instant)
    {
        var task = Read(RemoteKind.Task, """{"id":2,"type":"deadline","due_date":"2026-09-22","due_time":"","duration":"","done":true,"marked_as_done_time":"2026-09-21T10:00:00Z"}""", zone);
        (task["due_at"], task["status"], task["completed_at"], task["type"]).ShouldBe((instant, "completed", "2026-09-21T10:00:00Z", "deadline"));
        Row(RemoteKind.Task, PipedriveDue.Due, "due_at").Map.Write!(instant, Lookups(zone)).ShouldBe("2026-09-22");
    }

    [Fact]
    public void A_day_that_begins_an_hour_late_is_still_that_day()
    {
        // In Cuba the clocks go forward at midnight.
        var lookups = Lookups("America/Havana");
        var at = PipedriveDue.ToHub("2026-03-08", lookups.Locale);
        at.ShouldBe("2026-03-08T05:00:00Z");
        PipedriveDue.FromHub(at, lookups.Locale).ShouldBe("2026-03-08");
    }

    [Fact]
    public void An_owner_or_a_stage_that_Pipedrive_does_not_have_is_left_out()
    {
        var stranger = Guid.NewGuid().ToString();
        Row(RemoteKind.Contact, "owner_id", "owner_id").Map.Write!(stranger, Lookups("UTC")).ShouldBeNull();
        Row(RemoteKind.Deal, "stage_id", "stage_id").Map.Write!(stranger, Lookups("UTC")).ShouldBeNull();
        Row(RemoteKind.Deal, "pipeline_id", "pipeline_id").Map.Write!(stranger, Lookups("UTC")).ShouldBeNull();
    }

    [Fact]
    public void A_custom_field_is_the_property_that_the_mapping_names()
    {
        const string key = "3d0fa3429dfa2d3dec265b4fc5dc8258ab66cdf3";
        var shape = StandardFields.Deal.With([new("custom.bonus", FieldType.Number)]);
        var properties = PipedriveProperties.Of(Json($$"""{"id":8,"custom_fields":{"{{key}}":{"value":200.50,"currency":"EUR"} } }"""));
        var fields = PipedriveFields.MapperOf(RemoteKind.Deal, shape, [new(RemoteKind.Deal, "bonus", CustomType.Money, key, [])]).Read(properties.GetValueOrDefault, (_, _) => Stamp, Lookups("UTC"));
        fields[shape.IndexOf("custom.bonus")].Value.ShouldBe("200.5");
    }

    [Theory]
    [InlineData("varchar", "Zoë", "\"Zo\\u00EB\"")]
    [InlineData("double", "42.5", "42.5")]
    [InlineData("monetary", "200.5", """{"value":200.5,"currency":"EUR"}""")]
    [InlineData("enum", "7", "7")]
    [InlineData("set", "1;2", "[1,2]")]
    [InlineData("user", "9001", "9001")]
    [InlineData("date", "2026-09-22", "\"2026-09-22\"")]
    [InlineData("daterange", "2026-01-01/2026-02-01", """{"value":"2026-01-01","until":"2026-02-01"}""")]
    [InlineData("time", "12:00:00", """{"value":"12:00:00"}""")]
    [InlineData("address", "Main St 5", """{"value":"Main St 5"}""")]
    public void A_custom_value_is_written_in_the_form_of_its_type_and_read_as_the_same_text(string type, string text, string json)
    {
        var written = PipedriveCustomFields.Write(type, text, "EUR")!.ToJsonString();
        written.ShouldBe(json);
        PipedriveValues.Read(Json(written)).ShouldBe(text);
        PipedriveCustomFields.Write(type, null, null).ShouldBeNull();
    }

    [Theory]
    [InlineData("double", "secret")]
    [InlineData("enum", "secret")]
    [InlineData("daterange", "secret")]
    [InlineData("picture", "secret")]
    public void A_text_that_the_type_cannot_hold_is_refused_without_quoting_it(string type, string text) =>
        Should.Throw<FormatException>(() => PipedriveCustomFields.Write(type, text, null)).Message.ShouldNotContain("secret");

    private static Stamp Stamp => new(DateTimeOffset.UnixEpoch, Platform.Pipedrive);

    private static Dictionary<string, string?> Read(RemoteKind kind, string json, string zone = "UTC")
    {
        var shape = StandardFields.Of(kind.ToRecordKind());
        var fields = Mapper(kind).Read(PipedriveProperties.Of(Json(json)).GetValueOrDefault, (_, _) => Stamp, Lookups(zone));
        return shape.Fields.Select((field, i) => (field.Name, fields[i].Value)).ToDictionary(row => row.Name, row => row.Value);
    }

    private static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;

    private static Gen<string> TextOf(FieldType type, FieldMap map) => (map.Property, type) switch
    {
        ("owner_id", _) => Gen.Const("9001"),
        ("stage_id", _) => Gen.Const("3"),
        ("pipeline_id", _) => Gen.Const("1"),
        ("status", _) => OneOf("open", "won", "lost"),
        ("done" or "is_archived", _) => OneOf("true", "false"),
        ("duration", _) => Gen.Int[0, 86_399].Select(seconds => TimeSpan.FromSeconds(seconds).ToString("hh\\:mm\\:ss", CultureInfo.InvariantCulture)),
        ("probability", _) => Gen.Int[0, 100].Select(percent => percent.ToString(CultureInfo.InvariantCulture)),
        (PipedriveDue.Due, _) => Gen.DateTime[new DateTime(1990, 1, 1), new DateTime(2090, 1, 1)].SelectMany(at =>
            OneOf(at.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture))),
        (_, FieldType.Time) => Gen.DateTime[new DateTime(1990, 1, 1), new DateTime(2090, 1, 1)].Select(at => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
        (_, FieldType.Date) => Gen.Date[new DateTime(1990, 1, 1), new DateTime(2090, 1, 1)].Select(at => at.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
        (_, FieldType.Email) => Gen.String[Gen.Char['a', 'z'], 1, 9].Select(name => $" {name}@Example.ORG"),
        (_, FieldType.Phone) => Gen.Long[2_000_000_000, 9_999_999_999].Select(number => number.ToString("(000) 000-0000", CultureInfo.InvariantCulture)),
        (_, FieldType.HostName) => Gen.String[Gen.Char['A', 'z'], 1, 9].Where(name => name.All(char.IsLetter)).Select(name => $"https://www.{name}.com/about"),
        (_, FieldType.WholeNumber) => Gen.Long[-1_000_000_000, 1_000_000_000].Select(number => number.ToString(CultureInfo.InvariantCulture)),
        (_, FieldType.Number) => Gen.Decimal[-99_999_999m, 99_999_999m].Select(number => number.ToString(CultureInfo.InvariantCulture)),
        (_, FieldType.Set) => Gen.String[Gen.Char["abc;@. "], 0, 30],
        _ => Gen.String[Gen.Char["aäé́ \r\n\t\"<>;"], 0, 20],
    };

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static (FieldMap Map, FieldType Type) Row(RemoteKind kind, string property, string field)
    {
        var shape = StandardFields.Of(kind.ToRecordKind());
        return (Mapper(kind).Maps.Single(map => map.Property == property && map.Field == field), shape.Fields[shape.IndexOf(field)].Type);
    }

    private static RecordMapper Mapper(RemoteKind kind) => PipedriveFields.MapperOf(kind, StandardFields.Of(kind.ToRecordKind()));

    private static Lookups Lookups(string zone) =>
        new(new(TimeZoneInfo.FindSystemTimeZoneById(zone), "EE", "EUR"), [new("9001", OwnerId, "a@x.org", "Ann", true)], [Demo]);
}
