using System.Text.Json;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Mapping;

/// <summary>A mapping of a tenant's own fields that contradicts itself, the account or another mapping is refused, with the place and the remedy.</summary>
public sealed class CustomFieldDocumentTests
{
    private const string Key = "3d0fa3429dfa2d3dec265b4fc5dc8258ab66cdf3";

    [Fact]
    public void It_is_read_as_it_is_written()
    {
        const string json = """{"contact":{"region":{"property":"sales_region","type":"choice","options":{"emea":"EMEA"}},"size":{"property":"size","type":"whole_number"}},"note":{"mood":{"property":"mood","type":"text"}}}""";
        CustomFieldDocument.Write(CustomFieldDocument.Read(json, HubSpotCustomFields.Form)).ShouldBe(json);
        CustomFieldDocument.Read("{}", PipedriveCustomFields.Form).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("[]", "mapping is no JSON object; write {\"contact\"")]
    [InlineData("{", "mapping is no JSON at line 1, byte 2")]
    [InlineData("""{"contact":{"a":{"property":"a","type":"text"},"a":{"property":"b","type":"text"}}}""", "names a member twice")]
    [InlineData("""{"person":{}}""", "mapping.\"person\" is no kind whose records have fields of your own there; there are: contact, company, deal, call")]
    [InlineData("""{"lead":{}}""", "mapping.\"lead\" is no kind")]
    [InlineData("""{"contact":7}""", "mapping.\"contact\" is no object")]
    [InlineData("""{"contact":{"Region":{"property":"r","type":"text"}}}""", "contact.custom.Region: a key begins with a small letter")]
    [InlineData("""{"contact":{"a.b":{"property":"r","type":"text"}}}""", "contact.custom.a.b: a key begins")]
    [InlineData("""{"contact":{"region":"sales_region"}}""", "contact.custom.region is no object")]
    [InlineData("""{"contact":{"region":{"type":"text"}}}""", "contact.custom.region has no property; write")]
    [InlineData("""{"contact":{"region":{"property":"r"}}}""", "contact.custom.region has no type; write")]
    [InlineData("""{"contact":{"region":{"property":7,"type":"text"}}}""", "contact.custom.region.property is no text")]
    [InlineData("""{"contact":{"region":{"property":"r","type":"string"}}}""", "contact.custom.region.type is none of: text, choice, multi_choice, number, whole_number, money, boolean, date, datetime, phone, email")]
    [InlineData("""{"contact":{"region":{"property":"r","type":"text","label":"x"}}}""", "contact.custom.region.\"label\" is not known; there are: property, type, options")]
    [InlineData("""{"contact":{"region":{"property":"no such thing","type":"text"}}}""", "contact.custom.region.property is no name of a field there: the internal name")]
    [InlineData("""{"contact":{"region":{"property":"../../x","type":"text"}}}""", "is no name of a field there")]
    [InlineData("""{"contact":{"mail":{"property":"email","type":"text"}}}""", "contact.custom.mail.property 'email' is used already; the standard fields have it")]
    [InlineData("""{"contact":{"id":{"property":"forge_sync_id","type":"text"}}}""", "'forge_sync_id' is used already")]
    [InlineData("""{"contact":{"a":{"property":"x","type":"text"},"b":{"property":"x","type":"text"}}}""", "contact.custom.a.property 'x' is mapped twice")]
    [InlineData("""{"call":{"a":{"property":"x","type":"text"}},"note":{"a":{"property":"y","type":"number"}}}""", "call.custom.a is of type text, and note.custom.a, which is the same field, of type number")]
    [InlineData("""{"contact":{"a":{"property":"x","type":"text","options":{"b":"c"}}}}""", "contact.custom.a.options mean nothing to a field of type text")]
    [InlineData("""{"contact":{"a":{"property":"x","type":"choice","options":{}}}}""", "contact.custom.a.options name none")]
    [InlineData("""{"contact":{"a":{"property":"x","type":"choice","options":["b"]}}}""", "contact.custom.a.options is no object")]
    [InlineData("""{"contact":{"a":{"property":"x","type":"choice","options":{"b":true}}}}""", "contact.custom.a.options.\"b\" is no text")]
    [InlineData("""{"contact":{"a":{"property":"x","type":"choice","options":{"b":"1","c":"1"}}}}""", "contact.custom.a.options name an option twice")]
    [InlineData("""{"contact":{"a":{"property":"x","type":"choice","options":{"b":"1"," b ":"2"}}}}""", "contact.custom.a.options name an option twice")]
    [InlineData("""{"contact":{"a":{"property":"x","type":"multi_choice","options":{"b;c":"1"}}}}""", "contact.custom.a.options.\"b;c\" is no option")]
    [InlineData("""{"contact":{"a":{"property":"x","type":"choice","options":{" ":"1"}}}}""", "is no option: it is empty")]
    [InlineData("""{"contact":{"a":{"property":"x","type":"boolean","options":{"yes":"1","no":"2"}}}}""", "contact.custom.a.options are not those of true and false")]
    public void A_contradiction_is_refused_with_its_place_and_the_remedy(string json, string message) =>
        Should.Throw<FormatException>(() => CustomFieldDocument.Read(json, HubSpotCustomFields.Form)).Message.ShouldContain(message);

    [Theory]
    [InlineData("""{"contact":{"a":{"property":"name","type":"text"}}}""", "contact.custom.a.property is no name of a field there: the key of a field that the account added, forty hexadecimal digits")]
    [InlineData("""{"call":{}}""", "mapping.\"call\" is no kind whose records have fields of your own there; there are: contact, company, deal")]
    public void Pipedrives_fields_have_keys_and_not_all_kinds_have_such(string json, string message) =>
        Should.Throw<FormatException>(() => CustomFieldDocument.Read(json, PipedriveCustomFields.Form)).Message.ShouldContain(message);

    [Fact]
    public void There_are_only_so_many() =>
        Should.Throw<FormatException>(() => CustomFieldDocument.Read(
            $"{{\"deal\":{{{string.Join(',', Enumerable.Range(0, 101).Select(n => $"\"f{n}\":{{\"property\":\"f{n}\",\"type\":\"text\"}}"))}}}}}", HubSpotCustomFields.Form))
            .Message.ShouldBe("mapping.\"deal\" names 101 fields, and there can be 100; leave out what no other system needs.");

    [Theory]
    [InlineData("text", "string", "text", false, false, null)]
    [InlineData("number", "string", "text", false, false, "contact.custom.a: 'x' is of type string (text) at HubSpot, which cannot hold a number; write \"type\": \"text\" or \"choice\" or \"phone\" or \"email\".")]
    [InlineData("choice", "enumeration", "checkbox", false, false, "which cannot hold a choice; write \"type\": \"multi_choice\".")]
    [InlineData("multi_choice", "enumeration", "select", false, false, "which cannot hold a multi_choice; write \"type\": \"choice\" or \"boolean\".")]
    [InlineData("date", "datetime", "date", false, false, "which cannot hold a date; write \"type\": \"datetime\".")]
    [InlineData("text", "json", "text", false, false, "which cannot hold a text; no field can hold it: name another property.")]
    [InlineData("number", "number", "number", true, false, "HubSpot works out 'x' itself, and nobody can write it; name another property.")]
    [InlineData("text", "string", "text", false, true, "the property 'x' is archived at HubSpot")]
    [InlineData("boolean", "enumeration", "radio", false, false, "contact.custom.a.options: 'x' has no option 'true' at HubSpot; there are: EMEA, APAC")]
    public void A_HubSpot_property_that_cannot_hold_the_field_is_refused(string type, string propertyType, string fieldType, bool isReadOnly, bool isArchived, string? message)
    {
        var property = new HubSpotProperty("x", "X", propertyType, fieldType, "g", false, false, null)
        {
            ModificationMetadata = new(isReadOnly),
            Archived = isArchived,
            Options = [new("EMEA"), new("APAC")],
        };
        ShouldBe(() => HubSpotCustomFields.Check(Field(type, "x"), property), message);
    }

    [Theory]
    [InlineData("text", "varchar", true, "", null)]
    [InlineData("number", "monetary", true, "", "contact.custom.a: '3d0fa3429dfa2d3dec265b4fc5dc8258ab66cdf3' is of type monetary at Pipedrive, which cannot hold a number; write \"type\": \"money\".")]
    [InlineData("datetime", "date", true, "", "which cannot hold a datetime; write \"type\": \"date\".")]
    [InlineData("text", "user", true, "", "which cannot hold a text; no field can hold it: name another.")]
    [InlineData("text", "picture", true, "", "is of type picture at Pipedrive, which cannot hold a text; no field can hold it")]
    [InlineData("text", "varchar", false, "", "is no field that people fill in at Pipedrive, and nobody may write it; name another.")]
    [InlineData("boolean", "enum", true, "", "contact.custom.a does not say which option is true; write \"options\": { \"true\": \"...\", \"false\": \"...\" } of: 1 (Yes), 2 (No)")]
    [InlineData("choice", "enum", true, "3", "contact.custom.a.options: '3d0fa3429dfa2d3dec265b4fc5dc8258ab66cdf3' has no option '3' at Pipedrive; there are: 1 (Yes), 2 (No)")]
    [InlineData("choice", "varchar", true, "1", "contact.custom.a.options mean nothing to a field of type varchar; leave them out.")]
    public void A_Pipedrive_field_that_cannot_hold_the_field_is_refused(string type, string fieldType, bool isCustom, string option, string? message)
    {
        var shown = JsonDocument.Parse($$"""{"field_code":"{{Key}}","field_name":"A","field_type":"{{fieldType}}","is_custom_field":{{(isCustom ? "true" : "false")}},"options":[{"id":1,"label":"Yes"},{"id":2,"label":"No"}]}""").RootElement;
        ShouldBe(() => PipedriveCustomFields.Check(Field(type, Key) with { Options = option.Length == 0 ? [] : [new("one", option)] }, shown), message);
    }

    [Fact]
    public void Options_that_are_not_named_are_called_by_their_labels_and_a_field_that_is_not_there_is_refused()
    {
        var shown = JsonDocument.Parse("""{"field_type":"set","is_custom_field":true,"options":[{"id":1,"label":" Golf "},{"id":2,"label":"Tea"}]}""").RootElement;
        PipedriveCustomFields.Check(Field("multi_choice", Key), shown).Options.ShouldBe([new("Golf", "1"), new("Tea", "2")]);
        var twins = JsonDocument.Parse("""{"field_type":"enum","options":[{"id":1,"label":"Golf"},{"id":2,"label":"Golf"}]}""").RootElement;
        ShouldBe(() => PipedriveCustomFields.Check(Field("choice", Key), twins), "contact.custom.a: labels of");
        ShouldBe(() => PipedriveCustomFields.Check(Field("text", Key), default), "contact.custom.a: Pipedrive shows no field of the key");
    }

    [Fact]
    public void One_field_has_one_type_on_all_platforms_and_is_one_field_of_the_tenant()
    {
        CustomField[] hubSpot = [new(RemoteKind.Call, "b", CustomType.Text, "b", []), new(RemoteKind.Note, "b", CustomType.Text, "b", []), Field("number", "x")];
        var shapes = TenantShapes.Of(hubSpot);
        shapes.Of(RecordKind.Activity).Fields[^1].ShouldBe(new("custom.b", FieldType.Text));
        shapes.Of(RecordKind.Activity).Count.ShouldBe(StandardFields.Activity.Count + 1);
        shapes.Of(RecordKind.Deal).ShouldBeSameAs(StandardFields.Deal, "what a tenant has no fields of is made for nobody anew");
        TenantShapes.Of([]).ShouldBeSameAs(TenantShapes.Standard);
        TenantShapes.Clash([Field("text", Key)], [.. hubSpot.Select(field => (Platform.HubSpot, field))]).ShouldBe(
            "contact.custom.a is of type text here and of type number in the mapping of hubspot; give both one type, or another key to one.");
        TenantShapes.Clash([Field("number", Key)], [.. hubSpot.Select(field => (Platform.HubSpot, field))]).ShouldBeNull();
    }

    private static CustomField Field(string type, string property) => new(RemoteKind.Contact, "a", Names.Parse<CustomType>(type), property, []);

    private static void ShouldBe(Action check, string? message)
    {
        if (message is null)
            Should.NotThrow(check);
        else
            Should.Throw<FormatException>(check).Message.ShouldContain(message);
    }
}
