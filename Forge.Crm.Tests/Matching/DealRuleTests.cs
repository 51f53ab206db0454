using Forge.Crm.Domain.Mapping;

namespace Forge.Crm.Tests.Matching;

public sealed class DealRuleTests
{
    private static readonly Guid Acme = Guid.CreateVersion7();
    private static readonly DealRule Rule = DealRule.Parse(["name", "company", "amount"]);

    [Theory]
    [InlineData("Big deal", "12.5", true)]
    [InlineData(" big  DEAL ", "12.5", true)]
    [InlineData("Big deals", "12.5", false)]
    [InlineData("Big deal", "12.51", false)]
    [InlineData("Big deal", null, false)]
    [InlineData(null, "12.5", false)]
    [InlineData("", "12.5", false)]
    public void Deals_are_the_same_where_every_part_is_there_and_equal(string? name, string? amount, bool isSame) =>
        (Key(name, amount, Acme) == Key("Big deal", "12.5", Acme)).ShouldBe(isSame);

    [Fact]
    public void A_deal_of_another_company_or_of_none_is_another_deal()
    {
        Key("Big deal", "12.5", Guid.CreateVersion7()).ShouldNotBe(Key("Big deal", "12.5", Acme));
        Key("Big deal", "12.5", null).ShouldBeNull();
    }

    [Fact]
    public void Parts_do_not_run_into_each_other()
    {
        var rule = DealRule.Parse(["name", "deal_type"]);
        string? Of(string name, string type) => rule.KeyOf(field => field == "name" ? name : type, null);
        Of("a b", "c").ShouldNotBe(Of("a", "b c"));
    }

    [Fact]
    public void The_key_shows_nothing_of_the_deal() => Key("Secret project", "12.5", Acme)!.ShouldStartWith("rule:");

    [Fact]
    public void Without_a_rule_no_deal_matches() => DealRule.Parse([]).KeyOf(_ => "x", Acme).ShouldBeNull();

    [Theory]
    [InlineData("fields[1] is nothing that deals can be matched by; there are: name, company", "name", "colour")]
    [InlineData("fields[0] is nothing", "stage_id", "name")]
    [InlineData("fields[2] names name a second time", "name", "amount", "name")]
    [InlineData("fields: name alone does not make two deals the same; add company", "name")]
    [InlineData("fields: company alone does not make two deals the same; add name", "company")]
    public void What_is_no_rule_is_refused_with_place_and_remedy(string reason, params string[] fields) =>
        Should.Throw<FormatException>(() => DealRule.Parse(fields)).Message.ShouldContain(reason);

    private static string? Key(string? name, string? amount, Guid? company) =>
        Rule.KeyOf(field => field switch { "name" => name, "amount" => amount, _ => throw new InvalidOperationException(field) }, company);
}
