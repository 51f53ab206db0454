using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;

namespace Forge.Crm.Tests.Rules;

public sealed class RuleEngineTests
{
    private const string Alert = """ "then": [{ "do": "alert", "to": "owner", "subject": "x", "text": "y" }] """;

    [Theory]
    [InlineData("""{ "on": "changed", "kind": "deal", "field": "amount" }""", true)]
    [InlineData("""{ "on": "changed", "kind": "deal", "field": "amount", "from": 5 }""", true)]
    [InlineData("""{ "on": "changed", "kind": "deal", "field": "amount", "from": 6 }""", false)]
    [InlineData("""{ "on": "changed", "kind": "deal", "field": "amount", "to": "10.00" }""", true)]
    [InlineData("""{ "on": "changed", "kind": "deal", "field": "amount", "to": 11 }""", false)]
    [InlineData("""{ "on": "changed", "kind": "deal", "field": "name" }""", false)]
    [InlineData("""{ "on": "created", "kind": "deal" }""", false)]
    public void A_change_is_told_by_its_field_and_its_ends(string trigger, bool fires)
    {
        var deal = A.Record(RecordKind.Deal, ("amount", "10"));
        (A.Decide(A.Rule($$"""{ "when": {{trigger}}, {{Alert}} }"""), A.Changed(deal, "amount", "5", "10"), deal) is not null).ShouldBe(fires);
    }

    [Theory]
    [InlineData("Proposal Sent", true)]
    [InlineData("proposal sent", true)]
    [InlineData("Won", false)]
    [InlineData("Nowhere", false)]
    public void A_stage_is_entered_by_a_new_deal_and_by_one_that_moves(string stage, bool fires)
    {
        var rule = A.Rule($$"""{ "when": { "on": "stage_entered", "stage": "{{stage}}" }, {{Alert}} }""");
        var deal = A.Record(RecordKind.Deal, ("stage_id", A.StageId(3).ToString()));
        (A.Decide(rule, A.Created(deal), deal) is not null).ShouldBe(fires);
        (A.Decide(rule, A.Changed(deal, "stage_id", A.StageId(2).ToString(), A.StageId(3).ToString()), deal) is not null).ShouldBe(fires);
        A.Decide(rule, A.Changed(deal, "amount", "1", "2"), deal).ShouldBeNull();
    }

    [Fact]
    public void A_stage_that_nobody_has_is_said()
    {
        A.Preset("task-on-proposal").Unmapped(A.Facts()).ShouldBeEmpty();
        A.Rule(ReadyMadeRules.All[2].Document.Replace("\"Proposal Sent\"", "\"Offer out\"", StringComparison.Ordinal)).Unmapped(A.Facts()).ShouldBe(["Offer out"]);
    }

    [Fact]
    public void A_deal_is_moved_forward_and_never_back_unless_the_rule_says_so()
    {
        const string Move = """{ "when": { "on": "changed", "kind": "deal", "field": "amount" }, "then": [{ "do": "move_stage", "record": "record", "stage": "Meeting Scheduled" }] }""";
        RuleDecision? Moved(string document, int from, string status = "open")
        {
            var deal = A.Record(RecordKind.Deal, ("stage_id", A.StageId(from).ToString()), ("pipeline_id", "00000000-0000-0000-0000-0000000000ff"), ("status", status));
            return A.Decide(A.Rule(document), A.Changed(deal, "amount", "1", "2"), deal);
        }

        Moved(Move, from: 1)!.Effects.ShouldHaveSingleItem().ShouldBeOfType<RuleEffect.Set>().Values["stage_id"].ShouldBe(A.StageId(2).ToString());
        Moved(Move, from: 3)!.Effects.ShouldBeEmpty();
        Moved(Move, from: 2)!.Effects.ShouldBeEmpty();
        Moved(Move, from: 1, status: "lost")!.Effects.ShouldBeEmpty();
        var back = Move.Replace("\"stage\":", "\"backwards\": true, \"stage\":", StringComparison.Ordinal);
        Moved(back, from: 3)!.Effects.ShouldHaveSingleItem();
        Should.Throw<RuleRunException>(() => Moved(Move.Replace("Meeting Scheduled", "Nowhere", StringComparison.Ordinal), from: 1)).Message.ShouldContain("no stage is called 'Nowhere'");
    }

    [Theory]
    [InlineData(""" "name": "x" """, 1, "open")]
    [InlineData(""" "stage_id": "Proposal Sent" """, 3, "open")]
    [InlineData(""" "stage_id": "Won" """, 4, "won")]
    [InlineData(""" "stage_id": "Lost" """, 5, "lost")]
    [InlineData(""" "stage_id": "Won", "status": "open" """, 4, "open")]
    public void A_new_deal_is_open_won_or_lost_as_its_stage_says(string fields, int stage, string status)
    {
        var contact = A.Record(RecordKind.Contact);
        var rule = A.Rule($$"""{ "when": { "on": "created", "kind": "contact" }, "then": [{ "do": "create", "kind": "deal", "fields": { {{fields}} } }] }""");
        var deal = A.Decide(rule, A.Created(contact), contact)!.Effects.ShouldHaveSingleItem().ShouldBeOfType<RuleEffect.Create>();
        (deal.Values["stage_id"], deal.Values["status"]).ShouldBe((A.StageId(stage).ToString(), status));
    }

    [Fact]
    public void Owners_take_turns_and_who_owns_it_keeps_it()
    {
        var rule = A.Rule("""{ "when": { "on": "created", "kind": "deal" }, "then": [{ "do": "assign", "record": "record", "by": "round_robin", "owners": "ann@example.com, bo@example.com, gone@example.com" }] }""");
        RuleDecision Assigned(long turn, string? owner = null)
        {
            var deal = A.Record(RecordKind.Deal, ("owner_id", owner));
            return RuleEngine.Decide(RuleEngine.Fires(rule, A.Created(deal), deal, A.Facts())!, Guid.NewGuid, turn)!;
        }

        string? OwnerOf(RuleDecision decision) => ((RuleEffect.Set)decision.Effects.Single()).Values["owner_id"];
        OwnerOf(Assigned(0)).ShouldBe(A.Ann.ToString());
        OwnerOf(Assigned(1)).ShouldBe(A.Bo.ToString());
        OwnerOf(Assigned(2)).ShouldBe(A.Ann.ToString());
        Assigned(0).Notes.ShouldHaveSingleItem().ShouldContain("not there, or not active");
        Assigned(0, owner: A.Bo.ToString()).ShouldSatisfyAllConditions(kept => kept.Effects.ShouldBeEmpty(), kept => kept.TurnTaken.ShouldBeFalse());
    }

    [Fact]
    public void The_least_loaded_has_the_fewest_open_deals_and_where_nobody_is_free_it_is_said()
    {
        var deal = A.Record(RecordKind.Deal);
        RuleDecision Assigned(string owners)
        {
            var rule = A.Rule($$"""{ "when": { "on": "created", "kind": "deal" }, "then": [{ "do": "assign", "record": "record", "by": "least_loaded", "owners": {{owners}} }] }""");
            rule.CountsDeals.ShouldBeTrue();
            var scope = RuleEngine.Fires(rule, A.Created(deal), deal, A.Facts())!;
            scope.Count(new Dictionary<Guid, int> { [A.Ann] = 3, [A.Bo] = 2 });
            return RuleEngine.Decide(scope, Guid.NewGuid, 0)!;
        }

        ((RuleEffect.Set)Assigned("[]").Effects.Single()).Values["owner_id"].ShouldBe(A.Bo.ToString());
        Assigned("""["gone@example.com"]""").ShouldSatisfyAllConditions(none => none.Effects.ShouldBeEmpty(), none => none.Notes.ShouldContain("no owner is free: none that the rule names is active"));
    }

    [Fact]
    public void A_lead_is_named_in_one_line_and_without_contact_or_name_it_is_left_out()
    {
        const string Rule = """
            { "when": { "on": "created", "kind": "deal" }, "find": { "contact": { "kind": "contact", "of": "record" } },
              "then": [{ "do": "hubspot_lead", "record": "contact", "name": " {{ record.name }}\n{{ record.deal_type }} " }] }
            """;
        var contact = A.Record(RecordKind.Contact);
        RuleDecision Decided(string? name, params (string, RuleRecord)[] found)
        {
            var deal = A.Record(RecordKind.Deal, ("name", name));
            return A.Decide(A.Rule(Rule), A.Created(deal), deal, null, found)!;
        }

        Decided("스마트  교실\t구축", ("contact", contact)).Effects.ShouldBe([new RuleEffect.HubSpotLead(contact.Id, "스마트 교실 구축")]);
        Decided(new string('x', 499) + "😀", ("contact", contact)).Effects.ShouldBe([new RuleEffect.HubSpotLead(contact.Id, new string('x', 499))]);
        Decided("x").ShouldSatisfyAllConditions(none => none.Effects.ShouldBeEmpty(), none => none.Notes.ShouldHaveSingleItem().ShouldContain("there is no contact"));
        Decided(" ", ("contact", contact)).ShouldSatisfyAllConditions(none => none.Effects.ShouldBeEmpty(), none => none.Notes.ShouldBe(["a lead without a name was left out"]));
    }

    [Fact]
    public void What_a_field_cannot_hold_fails_without_saying_the_value()
    {
        var contact = A.Record(RecordKind.Contact, ("city", "my secret"));
        var rule = A.Rule("""{ "when": { "on": "created", "kind": "contact" }, "then": [{ "do": "set", "record": "record", "fields": { "lead_value": "{{ record.city }}" } }] }""");
        Should.Throw<RuleRunException>(() => A.Decide(rule, A.Created(contact), contact)).Message.ShouldBe("contact.lead_value: The value is not a number below 10^15.");
    }

    [Theory]
    [InlineData("{{ record.name }}", "<b>김 & Söhne</b>")]
    [InlineData("{{ record.amount }} {{ record.currency }}", "1250000 KRW")]
    [InlineData("{{ record.description | default: 'none' }}", "none")]
    [InlineData("{{ record.owner_id | owner }}", "보라")]
    [InlineData("{{ record.stage_id | stage }}", "Proposal Sent")]
    [InlineData("{{ today | in_days: settings.days }}", "2026-12-03")]
    [InlineData("{{ today | in_days: settings.days, settings.working | at: '09:00' }}", "2026-12-03T00:00:00Z")]
    [InlineData("{% if record.amount > 1000 %}big{% else %}small{% endif %}", "big")]
    [InlineData("{% for i in (1..3) %}{{ i }}{% endfor %}", "123")]
    public void Templates_see_fields_settings_and_days_of_the_tenant(string template, string text)
    {
        var deal = A.Record(
            RecordKind.Deal, ("name", "<b>김 & Söhne</b>"), ("amount", "1250000"), ("currency", "KRW"), ("owner_id", A.Bo.ToString()), ("stage_id", A.StageId(3).ToString()));
        var rule = A.Rule($$"""
            { "settings": { "days": 3, "working": true }, "when": { "on": "created", "kind": "deal" }, "then": [{ "do": "alert", "to": "owner", "subject": "x", "text": "{{template}}" }] }
            """);
        // Monday, the 30th, six in the evening in Seoul.
        A.Decide(rule, A.Created(deal), deal, A.Facts("Asia/Seoul"))!.Effects.ShouldHaveSingleItem().ShouldBeOfType<RuleEffect.Alert>().Text.ShouldBe(text);
    }

    [Fact]
    public void A_template_that_does_not_end_fails_and_what_a_value_says_is_no_template()
    {
        var contact = A.Record(RecordKind.Contact, ("first_name", "{{ record.email }}"), ("email", "ann@example.com"));
        string Text(string template) => ((RuleEffect.Alert)A.Decide(
            A.Rule($$"""{ "when": { "on": "created", "kind": "contact" }, "then": [{ "do": "alert", "to": "owner", "subject": "x", "text": "{{template}}" }] }"""), A.Created(contact), contact)!.Effects[0]).Text;
        Text("{{ record.first_name }}").ShouldBe("{{ record.email }}");
        Should.Throw<RuleRunException>(() => Text("{% for i in (1..100000) %}{% for j in (1..100000) %}{{ j }}{% endfor %}{% endfor %}"));
        Should.Throw<RuleRunException>(() => Text("{{ record.first_name | nosuchfilter }}"));
    }
}
