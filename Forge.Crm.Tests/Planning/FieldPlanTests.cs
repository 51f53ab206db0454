using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>One field, three sides: the hub, what HubSpot last showed, what it shows now.</summary>
public sealed class FieldPlanTests
{
    private readonly MemoryHub _hub = new();

    public FieldPlanTests() => _hub.Apply(Contact(0, ("first_name", "Ann"), ("phone", "+15550100"), ("job_title", null)));

    [Fact]
    public void Nothing_moved_so_nothing_is_written()
    {
        _hub.Pushes.Clear();
        _hub.Apply(Contact(5, ("first_name", "Ann"), ("phone", "+15550100"))).ShouldBe(ChangeOutcome.Unchanged);
        _hub.Pushes.ShouldBeEmpty();
    }

    [Fact]
    public void Only_HubSpot_changed_so_its_value_is_taken_and_the_others_hear_of_it_but_not_HubSpot()
    {
        _hub.Pushes.Clear();
        _hub.Apply(Contact(5, ("first_name", "Anna"))).ShouldBe(ChangeOutcome.Updated);
        _hub.Value("first_name").ShouldBe("Anna");
        _hub.Pushes.ShouldHaveSingleItem().Platform.ShouldBe(Platform.Pipedrive);
    }

    [Fact]
    public void Only_the_hub_changed_so_its_value_stays_and_a_push_to_HubSpot_is_due()
    {
        _hub.Edit("first_name", "Hub", 3);
        _hub.Pushes.Clear();
        _hub.Apply(Contact(5, ("first_name", "Ann"), ("phone", "+15550100")));
        _hub.Value("first_name").ShouldBe("Hub");
        _hub.Pushes.ShouldContain(push => push.Platform == Platform.HubSpot);
        _hub.Link("1")!.SeenStamps[StandardFields.Contact.IndexOf("first_name")].At.ShouldBe(Noon); // the record's new time is no edit of it
    }

    [Fact]
    public void Two_fields_that_the_hub_changed_are_due_like_one()
    {
        _hub.Edit("first_name", "Hub", 3);
        _hub.Edit("phone", "+15550111", 3);
        _hub.Pushes.Clear();
        _hub.Apply(Contact(5, ("first_name", "Ann"), ("phone", "+15550100")));
        _hub.Pushes.ShouldContain(push => push.Platform == Platform.HubSpot);
    }

    [Fact]
    public void The_record_s_time_is_enough_where_only_HubSpot_changed() =>
        _hub.Apply(Contact(5, ("first_name", "Anna"), ("phone", "+15550100")) with { CanAskHistory = true }).ShouldBe(ChangeOutcome.Updated);

    [Fact]
    public void The_same_value_set_again_by_a_clock_ahead_of_ours_is_news_for_nobody()
    {
        _hub.Pushes.Clear();
        _hub.Apply(Exactly(Contact(5, ("first_name", "Ann"), ("phone", "+15550100")), "first_name", 500_000)).ShouldBe(ChangeOutcome.Unchanged);
        (_hub.Pushes.Count, _hub.StampOf("first_name").At).ShouldBe((0, Noon));
    }

    [Fact]
    public void The_same_edit_on_both_sides_at_the_same_time_is_the_one_that_was_first_heard_of()
    {
        _hub.Edit("first_name", "Both", 6);
        _hub.Apply(Exactly(Contact(6, ("first_name", "Both"), ("phone", "+15550100")), "first_name", 6)).ShouldBe(ChangeOutcome.Unchanged);
        _hub.StampOf("first_name").ShouldBe(new Stamp(Noon.AddMinutes(6), Platform.Supabase));
    }

    [Fact]
    public void Where_HubSpot_s_edit_wins_it_is_level_and_where_both_of_its_edits_lose_it_is_due()
    {
        _hub.Edit("first_name", "Hub", 3);
        _hub.Pushes.Clear();
        _hub.Apply(Contact(6, ("first_name", "HubSpot"), ("phone", "+15550100")));
        _hub.Pushes.ShouldNotContain(push => push.Platform == Platform.HubSpot);
        _hub.Link("1")!.Level[StandardFields.Contact.IndexOf("first_name")].ShouldBe(_hub.StampOf("first_name"));
        _hub.Edit("first_name", "Hub", 19);
        _hub.Edit("phone", "+15550111", 19);
        _hub.Apply(Contact(16, ("first_name", "Lost"), ("phone", "+15550199")));
        _hub.Pushes.ShouldContain(push => push.Platform == Platform.HubSpot);
    }

    [Fact]
    public void Hub_edits_made_while_a_push_was_under_way_are_due_after_its_answer()
    {
        _hub.Edit("first_name", "Hub", 3);
        _hub.Edit("phone", "+15550111", 3);
        _hub.Look();
        _hub.Edit("first_name", "Hub 2", 4);
        _hub.Edit("phone", "+15550112", 4);
        _hub.Pushes.Clear();
        _hub.Apply(Contact(6, ("first_name", "Hub"), ("phone", "+15550111")) with { OwnWrite = OwnWrite.Answer });
        _hub.Pushes.ShouldHaveSingleItem().Platform.ShouldBe(Platform.HubSpot);
    }

    [Fact]
    public void Edits_of_different_fields_on_both_sides_merge()
    {
        _hub.Edit("first_name", "Hub", 9);
        _hub.Apply(Contact(5, ("first_name", "Ann"), ("phone", "+15550199")));
        (_hub.Value("first_name"), _hub.Value("phone")).ShouldBe(("Hub", "+15550199"));
    }

    [Theory]
    [InlineData(9, "Hub")]
    [InlineData(3, "HubSpot")]
    public void A_true_conflict_goes_to_the_later_edit(int hubMinute, string winner)
    {
        _hub.Edit("first_name", "Hub", hubMinute);
        _hub.Apply(Exactly(Contact(6, ("first_name", "HubSpot")), "first_name", 6));
        _hub.Value("first_name").ShouldBe(winner);
    }

    [Fact]
    public void A_tie_goes_to_the_platform_of_higher_rank()
    {
        _hub.Edit("first_name", "Hub", 6);
        _hub.Apply(Exactly(Contact(6, ("first_name", "HubSpot")), "first_name", 6));
        _hub.Value("first_name").ShouldBe("Hub");
        _hub.Policy = _hub.Policy with
        {
            Strategies = Strategies.Of(FieldRule.Default with { Ranks = [Platform.HubSpot, Platform.Supabase, Platform.Pipedrive] }),
        };
        _hub.Edit("first_name", "Hub2", 8);
        _hub.Apply(Exactly(Contact(8, ("first_name", "HubSpot2")), "first_name", 8));
        _hub.Value("first_name").ShouldBe("HubSpot2");
    }

    [Fact]
    public void The_value_that_lost_is_in_the_history_once()
    {
        _hub.Edit("first_name", "Hub", 9);
        var change = Exactly(Contact(6, ("first_name", "Loser")), "first_name", 6);
        _hub.Apply(change);
        _hub.Apply(change);
        _hub.History.Where(entry => entry.Action == HistoryAction.Lost).ShouldHaveSingleItem().NewValue.ShouldBe("Loser");
    }

    [Fact]
    public void The_same_edit_on_both_sides_is_no_conflict_and_the_later_time_counts()
    {
        _hub.Edit("first_name", "Both", 3);
        _hub.History.Clear();
        _hub.Apply(Exactly(Contact(6, ("first_name", "Both")), "first_name", 6));
        _hub.History.ShouldBeEmpty();
        _hub.StampOf("first_name").At.ShouldBe(Noon.AddMinutes(6));
    }

    [Fact]
    public void An_echo_of_our_own_push_changes_nothing_and_levels_the_field()
    {
        _hub.Edit("first_name", "Hub", 3);
        _hub.Send("first_name", "Hub", _hub.StampOf("first_name"));
        _hub.Pushes.Clear();
        _hub.Apply(Exactly(Contact(6, ("first_name", "Hub"), ("phone", "+15550100")), "first_name", 6));
        _hub.Pushes.ShouldBeEmpty();
        _hub.Link("1")!.Sent.ShouldBeEmpty();
    }

    [Fact]
    public void An_edit_to_and_fro_between_two_reads_still_counts_by_its_time()
    {
        _hub.Edit("first_name", "Hub", 3);
        _hub.Apply(Exactly(Contact(6, ("first_name", "Ann")), "first_name", 6));
        _hub.Value("first_name").ShouldBe("Ann");
    }

    [Fact]
    public void A_hub_edit_that_was_taken_back_needs_no_push()
    {
        _hub.Edit("first_name", "Hub", 3);
        _hub.Edit("first_name", "Ann", 4);
        _hub.Pushes.Clear();
        _hub.Apply(Contact(6, ("first_name", "Ann"), ("phone", "+15550100")));
        _hub.Pushes.ShouldBeEmpty();
    }

    [Fact]
    public void A_conflict_with_only_the_records_time_asks_for_property_history()
    {
        _hub.Edit("first_name", "Hub", 3);
        _hub.Apply(Contact(6, ("first_name", "HubSpot")) with { CanAskHistory = true }).ShouldBe(ChangeOutcome.NeedsHistory);
        _hub.Value("first_name").ShouldBe("Hub");
    }

    [Fact]
    public void A_value_in_another_spelling_is_the_same_value()
    {
        _hub.Edit("phone", "+1 (555) 0100", 3);
        _hub.Policy = _hub.Policy with { Locale = TenantLocale.Default };
        _hub.History.Clear();
        _hub.Apply(Contact(6, ("first_name", "Ann"), ("phone", "+15550100")));
        _hub.History.ShouldBeEmpty();
    }

    [Fact]
    public void What_a_platform_never_set_does_not_clear_what_the_hub_knows_at_first_sight()
    {
        _hub.Apply(Contact(0, ("email", "x@example.com"), ("first_name", "Ann")));
        var other = new MemoryHub();
        other.Apply(Contact("1", 0, ("email", "x@example.com"), ("first_name", "Ann")));
        other.Policy = SyncPolicy.DefaultFor(Platform.Pipedrive);
        other.Apply(Contact("77", 9, ("email", "x@example.com"), ("first_name", null)));
        other.Value("first_name").ShouldBe("Ann");
    }

    [Fact]
    public void A_cleared_value_is_an_edit_like_any_other()
    {
        _hub.Apply(Contact(5, ("first_name", null), ("phone", "+15550100")));
        _hub.Value("first_name").ShouldBeNull();
    }
}
