using System.Text.Json;
using System.Text.Json.Nodes;
using Forge.Crm.Adapters.Apps;
using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;

namespace Forge.Crm.Tests.Apps;

/// <summary>The contract of every event, by tables: nothing but the published schemas decides.</summary>
public sealed class AppContractTests
{
    private static readonly TenantId Tenant = new(Guid.Parse("01900000-0000-7000-8000-000000000001"));

    public static TheoryData<string> Types => [.. AppContract.All.Select(contract => contract.Type)];

    public static TheoryData<string, string> Required => new()
    {
        { "bidflow.inquiry.submitted", "inquiry_id" }, { "bidflow.inquiry.submitted", "title" }, { "bidflow.inquiry.submitted", "channel" },
        { "bidflow.inquiry.submitted", "contact" }, { "bidflow.inquiry.submitted", "estimated_value.amount" }, { "bidflow.inquiry.submitted", "estimated_value.currency" },
        { "folio.transaction.completed", "store" }, { "folio.transaction.completed", "store.id" }, { "folio.transaction.completed", "store.name" },
        { "folio.transaction.completed", "transaction_id" }, { "folio.transaction.completed", "status" }, { "folio.transaction.completed", "amount" },
        { "folio.transaction.completed", "currency" },
        { "hephaitos.student.signed_up", "student_id" }, { "hephaitos.student.signed_up", "contact" }, { "hephaitos.student.signed_up", "course" },
        { "hephaitos.student.signed_up", "course.name" },
    };

    public static TheoryData<string, string, string, string> Broken => new()
    {
        { "bidflow.inquiry.submitted", "inquiry_id", "\"a:b\"", "/data/inquiry_id: breaks 'pattern'" },
        { "bidflow.inquiry.submitted", "title", "\"  \"", "/data/title: breaks 'pattern'" },
        { "bidflow.inquiry.submitted", "title", "7", "/data/title: breaks 'type'" },
        { "bidflow.inquiry.submitted", "contact", "{\"name\":\"김민수\"}", "/data/contact: " },
        { "bidflow.inquiry.submitted", "contact.email", "\"minsu\"", "/data/contact/email: breaks 'pattern'" },
        { "bidflow.inquiry.submitted", "contact.email", "\"a@b.example, c@d.example\"", "/data/contact/email: breaks 'pattern'" },
        { "bidflow.inquiry.submitted", "estimated_value.amount", "45000.5", "/data/estimated_value/amount: breaks 'multipleOf'" },
        { "bidflow.inquiry.submitted", "estimated_value.amount", "-1", "/data/estimated_value/amount: breaks 'minimum'" },
        { "bidflow.inquiry.submitted", "estimated_value.currency", "\"won\"", "/data/estimated_value/currency: breaks 'pattern'" },
        { "folio.transaction.completed", "amount", "1e15", "/data/amount: breaks 'maximum'" },
        { "folio.transaction.completed", "amount", "12900.50", "/data/amount: breaks 'multipleOf'" },
        { "folio.transaction.completed", "amount", "\"12900\"", "/data/amount: breaks 'type'" },
        { "folio.transaction.completed", "status", "\"cancelled\"", "/data/status: breaks 'enum'" },
        { "hephaitos.student.signed_up", "course", "\"용접\"", "/data/course: breaks 'type'" },
    };

    [Theory, MemberData(nameof(Types))]
    public void An_event_as_it_is_published_is_taken_and_what_it_does_not_name_is_passed_over(string type)
    {
        FaultOf(AppMessages.Of(type, Tenant)).ShouldBeNull();
        FaultOf(AppMessages.Of(type, Tenant).With("data.new_field", "새로운").With("data.contact.nickname", new JsonObject()).With("traceparent", "00-1-2-00")).ShouldBeNull();
        FaultOf(AppMessages.Of(type, Tenant).With("datacontenttype", null)).ShouldBeNull();
    }

    [Theory, MemberData(nameof(Required))]
    public void A_field_that_is_missing_is_named(string type, string path) =>
        FaultOf(AppMessages.Of(type, Tenant).With($"data.{path}", null)).ShouldNotBeNull()
            .ShouldBe($"/data{string.Concat(path.Split('.')[..^1].Select(name => $"/{name}"))}: Required properties [\"{path.Split('.')[^1]}\"] are not present");

    [Theory, MemberData(nameof(Broken))]
    public void What_breaks_the_contract_is_said_by_place_and_keyword_and_never_by_value(string type, string path, string json, string reason) =>
        FaultOf(AppMessages.Of(type, Tenant).With($"data.{path}", JsonNode.Parse(json))).ShouldNotBeNull().ShouldStartWith(reason);

    [Theory, MemberData(nameof(Types))]
    public void Money_without_decimals_may_be_written_with_zeros_and_other_money_with_cents(string type)
    {
        var path = type.StartsWith("bidflow", StringComparison.Ordinal) ? "data.estimated_value." : "data.";
        FaultOf(AppMessages.Of(type, Tenant).With($"{path}amount", JsonNode.Parse("12900.00"))).ShouldBeNull();
        FaultOf(AppMessages.Of(type, Tenant).With($"{path}amount", JsonNode.Parse("12.90")).With($"{path}currency", "EUR")).ShouldBeNull();
    }

    [Fact]
    public void An_unknown_version_or_type_is_said_to_be_one()
    {
        FaultOf(AppMessages.Inquiry(Tenant).With("dataschema", "urn:forge-crm:bidflow.inquiry.submitted:2")).ShouldBe(
            "'dataschema' names a version that is not known; there are: urn:forge-crm:bidflow.inquiry.submitted:1");
        FaultOf(AppMessages.Inquiry(Tenant).With("type", "bidflow.inquiry.withdrawn")).ShouldBe("no event of this type is known");
    }

    [Theory]
    [InlineData("specversion")]
    [InlineData("id")]
    [InlineData("source")]
    [InlineData("type")]
    [InlineData("time")]
    [InlineData("dataschema")]
    [InlineData("tenantid")]
    [InlineData("data")]
    public void An_envelope_without_one_of_its_attributes_is_none(string attribute) => AppEnvelope.Read(AppMessages.Inquiry(Tenant).With(attribute, null).Bytes()).ShouldBeNull();

    [Theory]
    [InlineData("specversion", "\"0.3\"")]
    [InlineData("id", "7")]
    [InlineData("id", "\"\"")]
    [InlineData("type", "\"Bidflow Inquiry\"")]
    [InlineData("time", "\"yesterday\"")]
    [InlineData("time", "\"2026-02-31T00:00:00Z\"")]
    [InlineData("time", "\"2026-02-01\"")]
    [InlineData("tenantid", "\"acme\"")]
    [InlineData("datacontenttype", "\"text/xml\"")]
    [InlineData("data", "[]")]
    public void An_envelope_with_something_else_in_one_is_none(string attribute, string json) =>
        AppEnvelope.Read(AppMessages.Inquiry(Tenant).With(attribute, JsonNode.Parse(json)).Bytes()).ShouldBeNull();

    [Fact]
    public void An_event_has_one_key_whoever_delivers_it_and_no_two_events_share_one()
    {
        string Key(string source, string id) => AppEnvelope.Read(AppMessages.Inquiry(Tenant).With("source", source).With("id", id).Bytes())!.EventKey(PlatformApp.Bidflow);
        Key("urn:a", "1").ShouldBe(Key("urn:a", "1"));
        new[] { Key("urn:a", "1"), Key("urn:a", "11"), Key("urn:a1", "1"), Key("urn:b", "1") }.ShouldBeUnique();
        Key("urn:a", "kim@x.example").ShouldStartWith("bidflow:");
        Key("urn:a", "kim@x.example").ShouldNotContain("kim");
    }

    [Fact]
    public void Every_ready_made_rule_of_an_app_is_a_rule_and_listens_to_a_published_event()
    {
        foreach (var ready in ReadyMadeRules.All.Where(rule => rule.App is not null))
        {
            var rule = RuleDocument.Read(Guid.Empty, "", 1, ready.Document, StandardFields.Of);
            var type = rule.Listens.ShouldHaveSingleItem()["event:".Length..];
            AppContract.All.Single(contract => contract.Type == type).App.ToName().ShouldBe(ready.App);
        }
    }

    [Theory, MemberData(nameof(Types))]
    public void A_schema_names_its_type_and_version(string type)
    {
        var contract = AppContract.All.Single(each => each.Type == type);
        JsonDocument.Parse(contract.Schema).RootElement.GetProperty("$id").GetString().ShouldBe(contract.DataSchema);
        type.ShouldStartWith($"{contract.App.ToName()}.");
    }

    private static string? FaultOf(JsonObject message)
    {
        var envelope = AppEnvelope.Read(message.Bytes()).ShouldNotBeNull();
        return AppContract.Fault(envelope.Type, envelope.DataSchema, envelope.Data);
    }
}
