using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Rules;

public sealed class RuleConditionTests
{
    [Theory]
    // Numbers are compared as numbers, whatever they look like.
    [InlineData("""{ "field": "record.amount", "is": 1000 }""", true)]
    [InlineData("""{ "field": "record.amount", "is": "1000.00" }""", true)]
    [InlineData("""{ "field": "record.amount", "gt": 999.5 }""", true)]
    [InlineData("""{ "field": "record.amount", "gte": 1000 }""", true)]
    [InlineData("""{ "field": "record.amount", "lt": 200 }""", false)]
    [InlineData("""{ "field": "record.amount", "lte": 1000 }""", true)]
    // Dates and times as such, stages by their labels, owners by their addresses.
    [InlineData("""{ "field": "record.close_date", "gt": "2026-11-30" }""", true)]
    [InlineData("""{ "field": "record.close_date", "lte": "{{ today | in_days: 7 }}" }""", true)]
    [InlineData("""{ "field": "record.close_date", "lt": "{{ today | in_days: 2 }}" }""", false)]
    [InlineData("""{ "field": "record.stage_id", "is": "Proposal Sent" }""", true)]
    [InlineData("""{ "field": "record.stage_id", "in": ["Won", "proposal sent"] }""", true)]
    [InlineData("""{ "field": "record.stage_id", "is_not": "Won" }""", true)]
    [InlineData("""{ "field": "record.stage_id", "is": "Nowhere" }""", false)]
    [InlineData("""{ "field": "record.owner_id", "is": "ann@example.com" }""", true)]
    [InlineData("""{ "field": "record.owner_id", "is": "bo@example.com" }""", false)]
    // Texts.
    [InlineData("""{ "field": "record.name", "is": "삼성 Robotics" }""", true)]
    [InlineData("""{ "field": "record.name", "contains": "robot" }""", true)]
    [InlineData("""{ "field": "record.name", "starts_with": "삼성" }""", true)]
    [InlineData("""{ "field": "record.description", "empty": true }""", true)]
    [InlineData("""{ "field": "record.name", "empty": false }""", true)]
    [InlineData("""{ "field": "record.description", "is": "" }""", true)]
    [InlineData("""{ "field": "record.description", "gt": "a" }""", false)]
    // Together.
    [InlineData("""{ "all": [{ "field": "record.amount", "gt": 1 }, { "field": "record.amount", "lt": 2 }] }""", false)]
    [InlineData("""{ "any": [{ "field": "record.amount", "gt": 1 }, { "field": "record.amount", "lt": 2 }] }""", true)]
    [InlineData("""{ "not": { "field": "record.amount", "gt": 1 } }""", false)]
    [InlineData("""{ "colleague": "ANN@example.com" }""", true)]
    [InlineData("""{ "colleague": "gone@example.com" }""", false)]
    [InlineData("""{ "field": "settings.limit", "gt": 5 }""", true)]
    public void Conditions_compare_by_the_type_of_the_field(string condition, bool holds)
    {
        var deal = A.Record(
            RecordKind.Deal, ("name", "삼성 Robotics"), ("amount", "1000"), ("close_date", "2026-12-03"), ("stage_id", A.StageId(3).ToString()), ("owner_id", A.Ann.ToString()));
        var rule = A.Rule($$"""
            { "settings": { "limit": 10 }, "when": { "on": "created", "kind": "deal" }, "if": {{condition}}, "then": [{ "do": "alert", "to": "owner", "subject": "x", "text": "y" }] }
            """);
        (A.Decide(rule, A.Created(deal), deal) is not null).ShouldBe(holds);
    }

    [Theory]
    [InlineData("""{ "field": "event.data.total", "gte": 100 }""", true)]
    [InlineData("""{ "field": "event.data.store.name", "is": "Gangnam" }""", true)]
    [InlineData("""{ "field": "event.data.nothing", "empty": true }""", true)]
    [InlineData("""{ "field": "event.type", "is": "folio.transaction.completed" }""", true)]
    public void What_an_event_says_is_compared_too(string condition, bool holds)
    {
        var rule = A.Rule($$"""{ "when": { "on": "event", "type": "folio.transaction.completed" }, "if": {{condition}}, "then": [{ "do": "alert", "to": "administrators", "subject": "x", "text": "y" }] }""");
        var happened = A.FromApp("folio.transaction.completed", """{ "total": 250000, "store": { "name": "Gangnam" } }""");
        (A.Decide(rule, happened, null) is not null).ShouldBe(holds);
    }
}
