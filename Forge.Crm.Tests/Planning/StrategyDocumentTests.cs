using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Planning;

/// <summary>A contradiction is refused when it is saved: the message names the place and the remedy.</summary>
public sealed class StrategyDocumentTests
{
    private static readonly string[] Ranks = ["supabase", "hubspot", "pipedrive"];

    [Theory]
    [InlineData("[]", "strategies is no JSON object; write {")]
    [InlineData("\"x\"", "strategies is no JSON object")]
    [InlineData("{", "strategies is no JSON at line 1, byte 2, or names a member twice.")]
    [InlineData("{\n  \"contact\": }", "strategies is no JSON at line 2, byte 14, or names")]
    [InlineData("""{".phone":"manual_review"}""", "strategies.\".phone\": '' is no RecordKind")]
    [InlineData("""{"contact":{"strategy":"newest_wins"}}""", "strategies.\"contact\".strategy: 'newest_wins' is no Strategy")]
    [InlineData("""{"contact":{"strategy":"field_merge","merge":"median"}}""", "strategies.\"contact\".merge: 'median' is no Merge")]
    [InlineData("""{"contact":{"strategy":"source_priority","ranks":["hubspot"]}}""", "strategies.\"contact\".ranks misses supabase, pipedrive; name every platform once, the strongest first.")]
    [InlineData("""{"contact":"manual_review","contact":"timestamp_based"}""", "names a member twice")]
    [InlineData("""{"person":"manual_review"}""", "strategies.\"person\": 'person' is no RecordKind; there are: contact, company")]
    [InlineData("""{"contact.fone":"manual_review"}""", "a contact has no field 'fone'; there are: email, additional_emails")]
    [InlineData("""{"contact":"newest_wins"}""", "'newest_wins' is no Strategy; there are: timestamp_based, source_priority, field_merge, manual_review")]
    [InlineData("""{"contact":7}""", "strategies.\"contact\" is neither a strategy's name nor an object")]
    [InlineData("""{"contact":{}}""", "strategies.\"contact\" has no strategy.")]
    [InlineData("""{"contact":{"strategy":7}}""", "strategies.\"contact\".strategy is no text.")]
    [InlineData("""{"contact":{"strategy":"source_priority","ranks":["hubspot","supabase"]}}""", "strategies.\"contact\".ranks misses pipedrive; name every platform once")]
    [InlineData("""{"contact":{"strategy":"source_priority","ranks":["hubspot","supabase","pipedrive","hubspot"]}}""", "names a platform twice")]
    [InlineData("""{"contact":{"strategy":"source_priority","ranks":"hubspot"}}""", "strategies.\"contact\".ranks is no list of platforms")]
    [InlineData("""{"contact":{"strategy":"source_priority","ranks":["hubspot",1,"pipedrive"]}}""", "is no list of platforms")]
    [InlineData("""{"contact":{"strategy":"source_priority","source":"salesforce"}}""", "strategies.\"contact\".source: 'salesforce' is no Platform; there are: supabase, hubspot, pipedrive")]
    [InlineData("""{"contact":{"strategy":"timestamp_based","merge":"max"}}""", "strategies.\"contact\".merge means nothing to timestamp_based; leave it out.")]
    [InlineData("""{"contact":{"strategy":"manual_review","source":"hubspot"}}""", "source means nothing to manual_review")]
    [InlineData("""{"contact":{"strategy":"manual_review","ranks":["hubspot","supabase","pipedrive"]}}""", "ranks means nothing to manual_review")]
    [InlineData("""{"contact":{"strategy":"field_merge","color":"red"}}""", "strategies.\"contact\".color is not known; there are: strategy, ranks, merge, source")]
    [InlineData("""{"contact.phone":{"strategy":"field_merge","merge":"median"}}""", "'median' is no Merge; there are: newest, prefer_source, longest, union, max, min")]
    [InlineData("""{"contact.phone":{"strategy":"field_merge","merge":"max"}}""", "max joins values of type number, whole_number, and this field is of type phone; use newest or prefer_source.")]
    [InlineData("""{"contact.first_name":{"strategy":"field_merge","merge":"union"}}""", "union joins values of type set, and this field is of type text")]
    [InlineData("""{"deal":{"strategy":"field_merge","merge":"longest"}}""", "longest fits fields of type text only; name the field")]
    public void What_contradicts_itself_is_refused_with_the_place_and_the_remedy(string json, string message) =>
        Should.Throw<FormatException>(() => StrategyDocument.Read("timestamp_based", Ranks, json, StandardFields.Of)).Message.ShouldContain(message);

    [Theory]
    [InlineData("later_wins", "supabase,hubspot,pipedrive", "strategy: 'later_wins' is no Strategy")]
    [InlineData("timestamp_based", "supabase,hubspot", "platform_ranks misses pipedrive")]
    [InlineData("timestamp_based", "supabase,hubspot,pipedrive,hubspot", "platform_ranks names a platform twice")]
    [InlineData("timestamp_based", "supabase,hubspot,zoho", "platform_ranks: 'zoho' is no Platform")]
    public void So_are_the_tenant_s_own_strategy_and_ranks(string strategy, string ranks, string message) =>
        Should.Throw<FormatException>(() => StrategyDocument.Read(strategy, ranks.Split(','), "{}", StandardFields.Of)).Message.ShouldContain(message);

    [Fact]
    public void A_source_comes_first_and_the_others_keep_their_order()
    {
        var strategies = StrategyDocument.Read(
            "timestamp_based", Ranks, """{"deal.amount":{"strategy":"field_merge","merge":"prefer_source","source":"pipedrive"}}""", StandardFields.Of);
        strategies.For(RecordKind.Deal, "amount").Ranks.ShouldBe([Platform.Pipedrive, Platform.Supabase, Platform.HubSpot, Platform.SupabaseProject]);
        strategies.For(RecordKind.Deal, "amount").Merge.ShouldBe(Merge.PreferSource);
    }

    [Theory]
    [InlineData("supabase,hubspot,pipedrive", "supabase hubspot pipedrive supabase_project")]
    [InlineData("supabase_project,supabase,hubspot,pipedrive", "supabase_project supabase hubspot pipedrive")]
    public void A_project_of_the_tenant_s_own_comes_last_where_nobody_ranks_it(string ranks, string expected) =>
        string.Join(' ', StrategyDocument.Read("timestamp_based", ranks.Split(','), "{}", StandardFields.Of).Tenant.Ranks.Select(Names.ToName)).ShouldBe(expected);

    [Fact]
    public void A_custom_field_is_named_as_the_record_names_it()
    {
        var shape = StandardFields.Deal.With([new("custom.regions", FieldType.Set)]);
        var strategies = StrategyDocument.Read("timestamp_based", Ranks, """{"deal.custom.regions":{"strategy":"field_merge","merge":"union"}}""", _ => shape);
        strategies.For(RecordKind.Deal, "custom.regions").Merge.ShouldBe(Merge.Union);
    }
}
