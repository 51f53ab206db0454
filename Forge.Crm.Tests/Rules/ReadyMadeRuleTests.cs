using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;

namespace Forge.Crm.Tests.Rules;

/// <summary>The four rules that every tenant has, decided; what they look for is given.</summary>
public sealed class ReadyMadeRuleTests
{
    private readonly RuleRecord _mail = A.Record(RecordKind.Activity, ("type", "email"), ("direction", "inbound"), ("from_email", "ji-woo@customer.kr"), ("from_name", "김지우"), ("owner_id", A.Ann.ToString()));

    [Fact]
    public void A_reply_from_nobody_we_know_makes_a_contact_and_a_deal()
    {
        var decision = A.Decide(A.Preset("contact-on-reply"), A.Created(_mail), _mail)!;
        var contact = decision.Effects[0].ShouldBeOfType<RuleEffect.Create>();
        contact.Values.ShouldBe(new Dictionary<string, string>
        {
            ["email"] = "ji-woo@customer.kr",
            ["first_name"] = "김지우",
            ["lead_source"] = "email",
            ["owner_id"] = A.Ann.ToString(),
        }, ignoreOrder: true);
        contact.Keys.ShouldBe(["email:ji-woo@customer.kr"]);
        contact.Links.ShouldBe([(RecordKind.Activity, _mail.Id)]);
        var deal = decision.Effects[1].ShouldBeOfType<RuleEffect.Create>();
        deal.Values["name"].ShouldBe("김지우");
        deal.Values["stage_id"].ShouldBe(A.StageId(1).ToString());
        deal.Values["status"].ShouldBe("open");
        deal.Links.ShouldBe([(RecordKind.Contact, contact.Id), (RecordKind.Activity, _mail.Id)]);
    }

    [Fact]
    public void A_reply_from_a_contact_without_an_open_deal_makes_the_deal_alone_and_with_one_nothing()
    {
        var contact = A.Record(RecordKind.Contact, ("first_name", "Ann"), ("last_name", "Lee"), ("email", "ji-woo@customer.kr"));
        var won = A.Record(RecordKind.Deal, ("status", "won"));
        A.Decide(A.Preset("contact-on-reply"), A.Created(_mail), _mail, null, ("contact", contact), ("deal", won))!
            .Effects.ShouldHaveSingleItem().ShouldBeOfType<RuleEffect.Create>().Values["name"].ShouldBe("Ann Lee");
        A.Decide(A.Preset("contact-on-reply"), A.Created(_mail), _mail, null, ("contact", contact), ("deal", A.Record(RecordKind.Deal))).ShouldBeNull();
    }

    [Theory]
    [InlineData("outbound", "ji-woo@customer.kr")]
    [InlineData("inbound", "ann@example.com")] // a colleague
    [InlineData("inbound", null)]
    public void What_is_no_reply_of_a_customers_makes_nothing(string direction, string? from)
    {
        var mail = A.Record(RecordKind.Activity, ("type", "email"), ("direction", direction), ("from_email", from));
        A.Decide(A.Preset("contact-on-reply"), A.Created(mail), mail).ShouldBeNull();
    }

    [Theory]
    [InlineData("2026-12-03T01:00:00Z", "2026-12-02T00:00:00Z")] // ten o'clock in Seoul: nine the day before
    [InlineData("2026-12-02T16:00:00Z", "2026-12-02T00:00:00Z")] // one in the night of the 3rd there
    public void A_meeting_to_come_moves_the_deal_and_a_task_to_prepare_is_due_the_day_before(string at, string due)
    {
        var meeting = A.Record(RecordKind.Activity, ("type", "meeting"), ("occurred_at", at), ("subject", "Demo"), ("owner_id", A.Bo.ToString()));
        var deal = A.Record(RecordKind.Deal, ("stage_id", A.StageId(1).ToString()), ("pipeline_id", "00000000-0000-0000-0000-0000000000ff"));
        var effects = A.Decide(A.Preset("deal-on-meeting"), A.Created(meeting), meeting, A.Facts("Asia/Seoul"), ("deal", deal))!.Effects;
        var task = effects[0].ShouldBeOfType<RuleEffect.Create>();
        (task.Values["subject"], task.Values["due_at"], task.Values["owner_id"]).ShouldBe(("Prepare: Demo", due, A.Bo.ToString()));
        effects[1].ShouldBeOfType<RuleEffect.Set>().Values["stage_id"].ShouldBe(A.StageId(2).ToString());
    }

    [Fact]
    public void A_meeting_that_is_over_is_none_that_is_scheduled()
    {
        var meeting = A.Record(RecordKind.Activity, ("type", "meeting"), ("occurred_at", "2026-11-01T01:00:00Z"));
        A.Decide(A.Preset("deal-on-meeting"), A.Created(meeting), meeting, null, ("deal", A.Record(RecordKind.Deal))).ShouldBeNull();
    }

    [Theory]
    [InlineData(false, "2026-12-05T00:00:00Z")]
    [InlineData(true, "2026-12-07T00:00:00Z")]
    public void A_proposal_is_followed_up_three_days_later_or_three_working_days(bool isWorking, string due)
    {
        var deal = A.Record(RecordKind.Deal, ("name", "Robots"), ("stage_id", A.StageId(3).ToString()), ("owner_id", A.Ann.ToString()));
        var rule = A.Rule(ReadyMadeRules.All[2].Document.Replace("\"business_days\": false", $"\"business_days\": {(isWorking ? "true" : "false")}", StringComparison.Ordinal));
        // Wednesday, 2 December, in Seoul.
        var task = A.Decide(rule, A.Changed(deal, "stage_id", null, A.StageId(3).ToString()), deal, A.Facts("Asia/Seoul", new(2026, 12, 1, 16, 0, 0, TimeSpan.Zero)))!
            .Effects.ShouldHaveSingleItem().ShouldBeOfType<RuleEffect.Create>();
        (task.Values["subject"], task.Values["due_at"]).ShouldBe(("Follow up: Robots", due));
        task.Links.ShouldBe([(RecordKind.Deal, deal.Id)]);
    }

    [Fact]
    public void The_owner_of_a_deal_at_risk_is_told_and_without_an_owner_the_administrators_are()
    {
        var rule = A.Preset("alert-at-risk");
        RuleEffect.Alert Alert(string? owner)
        {
            var deal = A.Record(RecordKind.Deal, ("name", "Robots"), ("close_date", "2026-12-03"), ("amount", "1250000"), ("currency", "KRW"), ("owner_id", owner));
            return A.Decide(rule, new(7, RuleEventType.Time, RecordKind.Deal, deal.Id, RuleEvent.NoChanges, A.Now) { OnlyRule = rule.Id }, deal)!.Effects.Single().ShouldBeOfType<RuleEffect.Alert>();
        }

        Alert(A.Ann.ToString()).ShouldSatisfyAllConditions(
            alert => alert.Owner.ShouldBe(A.Ann), alert => alert.Subject.ShouldBe("At risk: Robots"),
            alert => alert.Text.ShouldBe("Robots is to close on 2026-12-03, and nothing was heard of it in the last 7 days. It is worth 1250000 KRW."));
        Alert(null).ShouldSatisfyAllConditions(alert => alert.Owner.ShouldBeNull(), alert => alert.To.ShouldBeNull());
    }
}
