using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>One true conflict under each strategy: the hub says one thing at minute 3, HubSpot another at minute 6, both after the same base.</summary>
public sealed class StrategyTests
{
    private readonly MemoryHub _hub = new();

    [Theory]
    [InlineData("\"timestamp_based\"", "first_name", "Hub", "HubSpot", "HubSpot")]
    [InlineData("\"source_priority\"", "first_name", "Hub", "HubSpot", "Hub")]
    [InlineData("""{"strategy":"source_priority","source":"hubspot"}""", "first_name", "Hub", "HubSpot", "HubSpot")]
    [InlineData("""{"strategy":"source_priority","ranks":["pipedrive","supabase","hubspot"]}""", "first_name", "Hub", "HubSpot", "Hub")]
    [InlineData("\"field_merge\"", "first_name", "Hub", "HubSpot", "HubSpot")]
    [InlineData("""{"strategy":"field_merge","merge":"newest"}""", "first_name", "Hub", "HubSpot", "HubSpot")]
    [InlineData("""{"strategy":"field_merge","merge":"prefer_source","source":"supabase"}""", "first_name", "Hub", "HubSpot", "Hub")]
    [InlineData("""{"strategy":"field_merge","merge":"prefer_source","source":"pipedrive"}""", "first_name", "Hub", "HubSpot", "HubSpot")]
    [InlineData("""{"strategy":"field_merge","merge":"longest"}""", "first_name", "The longer one", "Short", "The longer one")]
    [InlineData("""{"strategy":"field_merge","merge":"max"}""", "lead_value", "20", "9", "20")]
    [InlineData("""{"strategy":"field_merge","merge":"min"}""", "lead_value", "9", "20", "9")]
    [InlineData("""{"strategy":"field_merge","merge":"union"}""", "additional_emails", "a@x.com;b@x.com", "b@x.com;c@x.com", "a@x.com;b@x.com;c@x.com")]
    [InlineData("\"field_merge\"", "additional_emails", "a@x.com", "c@x.com", "a@x.com;c@x.com")]
    [InlineData("\"manual_review\"", "first_name", "Hub", "HubSpot", "Hub")]
    public void The_strategy_of_the_field_decides(string rule, string field, string hub, string hubSpot, string outcome)
    {
        Conflict($$"""{"contact.{{field}}":{{rule}}}""", field, hub, hubSpot);
        _hub.Value(field).ShouldBe(outcome);
    }

    [Fact]
    public void The_entity_s_strategy_decides_where_the_field_has_none_and_the_tenant_s_where_neither_has()
    {
        var strategies = Read("""{"contact":"source_priority","contact.phone":"manual_review","deal":"field_merge"}""");
        strategies.For(RecordKind.Contact, "phone").Strategy.ShouldBe(Strategy.ManualReview);
        strategies.For(RecordKind.Contact, "city").Strategy.ShouldBe(Strategy.SourcePriority);
        strategies.For(RecordKind.Company, "city").Strategy.ShouldBe(Strategy.TimestampBased);
    }

    [Fact]
    public void A_join_of_both_is_due_on_both_sides_and_what_HubSpot_had_is_in_the_history()
    {
        Conflict("""{"contact.additional_emails":"field_merge"}""", "additional_emails", "a@x.com", "c@x.com");
        _hub.Pushes.Select(push => push.Platform).ShouldContain(Platform.HubSpot);
        _hub.Pushes.Select(push => push.Platform).ShouldContain(Platform.Pipedrive);
        _hub.History.ShouldContain(entry => entry.Action == HistoryAction.Lost && entry.NewValue == "c@x.com");
        _hub.History.ShouldContain(entry => entry.Action == HistoryAction.Set && entry.NewValue == "a@x.com;c@x.com");
        _hub.StampOf("additional_emails").ShouldBe(new Stamp(Noon.AddMinutes(6), Platform.HubSpot)); // as of the later of the two
    }

    [Fact]
    public void An_edit_that_followed_what_both_had_is_no_conflict_whatever_the_strategy()
    {
        _hub.Policy = _hub.Policy with { Strategies = Read("""{"contact":"manual_review"}""") };
        _hub.Apply(Contact(0, ("first_name", "Base")));
        _hub.Apply(Contact(6, ("first_name", "HubSpot")));
        _hub.Value("first_name").ShouldBe("HubSpot");
        _hub.Conflicts.ShouldBeEmpty();
    }

    private void Conflict(string strategies, string field, string hub, string hubSpot)
    {
        _hub.Policy = _hub.Policy with { Strategies = Read(strategies) };
        _hub.Apply(Contact(0, (field, null), ("last_name", "Lee")));
        _hub.Edit(field, hub, 3);
        _hub.Pushes.Clear();
        _hub.Apply(Exactly(Contact(6, (field, hubSpot), ("last_name", "Lee")), field, 6));
    }

    private static Strategies Read(string json) =>
        StrategyDocument.Read("timestamp_based", ["supabase", "hubspot", "pipedrive"], json, StandardFields.Of);
}
