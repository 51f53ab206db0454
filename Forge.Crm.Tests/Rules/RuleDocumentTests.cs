using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;

namespace Forge.Crm.Tests.Rules;

public sealed class RuleDocumentTests
{
    private const string Then = """ "then": [{ "do": "set", "record": "record", "fields": { "city": "Seoul" } }] """;

    [Theory]
    [InlineData("contact-on-reply", "activity:create")]
    [InlineData("deal-on-meeting", "activity:create")]
    [InlineData("task-on-proposal", "deal:create,deal:set:stage_id")]
    [InlineData("alert-at-risk", "")]
    public void Every_ready_made_rule_is_one_and_listens_to_what_it_is_for(string preset, string listens) =>
        string.Join(',', A.Preset(preset).Listens).ShouldBe(listens);

    [Theory]
    [InlineData("{", "", "no JSON")]
    [InlineData("[]", "", "")]
    [InlineData("""{ "when": { "on": "created", "kind": "contact" } }""", "", "then")]
    [InlineData("""{ "when": { "on": "sometimes" }, "then": [{ "do": "set", "record": "record", "fields": { "city": "x" } }] }""", "/when/on", "")]
    [InlineData("""{ "when": { "on": "created" }, "then": [{ "do": "set", "record": "record", "fields": { "city": "x" } }] }""", "/when", "kind")]
    [InlineData("""{ "when": { "on": "created", "kind": "contact", "field": "city" }, "then": [{ "do": "set", "record": "record", "fields": { "city": "x" } }] }""", "/when/field", "belongs")]
    [InlineData("""{ "when": { "on": "changed", "kind": "contact", "field": "colour" }, "then": [{ "do": "set", "record": "record", "fields": { "city": "x" } }] }""", "/when/field", "no field 'colour'")]
    [InlineData("""{ "when": { "on": "created", "kind": "contact" }, "then": [{ "do": "set", "record": "record", "fields": { "colour": "x" } }] }""", "/then/0/fields/colour", "no field 'colour'")]
    [InlineData("""{ "when": { "on": "created", "kind": "contact" }, "then": [{ "do": "set", "record": "deal", "fields": { "name": "x" } }] }""", "/then/0/record", "stands for no record")]
    [InlineData("""{ "when": { "on": "created", "kind": "contact" }, "then": [{ "do": "set", "record": "record", "fields": { "city": "{{ record.town }}" } }] }""", "/then/0/fields/city", "no field 'town'")]
    [InlineData("""{ "when": { "on": "created", "kind": "contact" }, "then": [{ "do": "set", "record": "record", "fields": { "city": "{{ record.city" } }] }""", "/then/0/fields/city", "template")]
    [InlineData("""{ "when": { "on": "created", "kind": "contact" }, "then": [{ "do": "set", "record": "record", "fields": { "city": "{{ settings.city }}" } }] }""", "/then/0/fields/city", "no setting 'city'")]
    [InlineData("""{ "when": { "on": "stage_entered", "stage": "{{ record.name }}" }, "then": [{ "do": "set", "record": "record", "fields": { "name": "x" } }] }""", "/when/stage", "settings alone")]
    [InlineData("""{ "when": { "on": "created", "kind": "contact" }, "then": [{ "do": "move_stage", "record": "record", "stage": "Won" }] }""", "/then/0/record", "is a contact")]
    [InlineData("""{ "when": { "on": "created", "kind": "deal" }, "then": [{ "do": "hubspot_lead", "record": "record", "name": "x" }] }""", "/then/0/record", "is a deal")]
    [InlineData("""{ "when": { "on": "created", "kind": "contact" }, "then": [{ "do": "hubspot_lead", "record": "record" }] }""", "/then/0", "name")]
    [InlineData("""{ "when": { "on": "created", "kind": "company" }, "then": [{ "do": "create", "kind": "company", "fields": { "name": "x" }, "link": ["record"] }] }""", "/then/0/link/0", "not associated")]
    [InlineData("""{ "when": { "on": "created", "kind": "contact" }, "then": [{ "do": "webhook", "url": "http://x", "secret": "s", "body": { "a": "b" } }] }""", "/then/0/url", "")]
    [InlineData("""{ "when": { "on": "created", "kind": "contact" }, "then": [{ "do": "webhook", "url": "https://u:p@x", "secret": "s", "body": { "a": "b" } }] }""", "/then/0/url", "https address")]
    [InlineData("""{ "when": [{ "on": "created", "kind": "contact" }, { "on": "created", "kind": "deal" }], "then": [{ "do": "alert", "to": "owner", "subject": "x", "text": "y" }] }""", "/when", "different kinds")]
    [InlineData("""{ "when": { "on": "time", "kind": "deal", "field": "name", "within_days": 7 }, "then": [{ "do": "alert", "to": "owner", "subject": "x", "text": "y" }] }""", "/when/field", "date or a time")]
    [InlineData("""{ "when": { "on": "created", "kind": "contact" }, "if": { "field": "record.city" }, "then": [{ "do": "alert", "to": "owner", "subject": "x", "text": "y" }] }""", "/if", "")]
    [InlineData("""{ "when": { "on": "created", "kind": "contact" }, "if": { "exists": "deal" }, "then": [{ "do": "alert", "to": "owner", "subject": "x", "text": "y" }] }""", "/if/exists", "stands for no record")]
    public void What_is_no_rule_is_refused_with_the_place_and_the_reason(string document, string path, string reason)
    {
        var fault = Should.Throw<RuleFault>(() => A.Rule(document));
        fault.Path.ShouldBe(path);
        fault.Reason.ShouldContain(reason);
    }

    [Fact]
    public void What_is_looked_for_needs_no_order_and_what_names_itself_in_a_circle_is_refused()
    {
        var rule = A.Rule($$"""
            { "when": { "on": "created", "kind": "activity" }, {{Then.Replace("city", "subject", StringComparison.Ordinal)}},
              "find": { "deal": { "kind": "deal", "of": "contact" }, "contact": { "kind": "contact", "of": "record" } } }
            """);
        rule.Find.Select(find => find.Alias).ShouldBe(["contact", "deal"]);
        Should.Throw<RuleFault>(() => A.Rule($$"""
            { "when": { "on": "created", "kind": "activity" }, {{Then.Replace("city", "subject", StringComparison.Ordinal)}},
              "find": { "deal": { "kind": "deal", "of": "contact" }, "contact": { "kind": "contact", "of": "deal" } } }
            """)).Path.ShouldBe("/find/deal/of");
    }

    [Fact]
    public void A_name_that_stands_twice_is_refused() =>
        Should.Throw<RuleFault>(() => A.Rule("""{ "when": { "on": "created", "kind": "contact" }, "when": { "on": "created", "kind": "deal" }, "then": [] }""")).Reason.ShouldContain("twice");

    [Fact]
    public void What_a_condition_can_say_without_looking_for_anything_is_known()
    {
        var rule = A.Rule($$"""
            { "when": { "on": "created", "kind": "contact" }, "find": { "deal": { "kind": "deal", "of": "record" } },
              "if": { "all": [{ "field": "record.city", "is": "Seoul" }, { "missing": "deal" }, { "not": { "field": "deal.amount", "gt": 5 } }] }, {{Then}} }
            """);
        rule.First.ShouldHaveSingleItem().ShouldBeOfType<RuleCondition.Compare>().Path.ShouldBe("record.city");
    }

    [Fact]
    public void A_rule_about_a_tenants_own_field_is_one_where_there_is_such()
    {
        RecordShape ShapeOf(RecordKind kind) => kind == RecordKind.Contact ? StandardFields.Contact.With([new("custom.region", FieldType.Text)]) : StandardFields.Of(kind);
        var document = """{ "when": { "on": "changed", "kind": "contact", "field": "custom.region" }, "then": [{ "do": "set", "record": "record", "fields": { "custom.region": "{{ record.custom.region | upcase }}" } }] }""";
        RuleDocument.Read(Guid.NewGuid(), "x", 1, document, ShapeOf).Listens.ShouldBe(["contact:set:custom.region"]);
        Should.Throw<RuleFault>(() => A.Rule(document)).Path.ShouldBe("/when/field");
    }
}
