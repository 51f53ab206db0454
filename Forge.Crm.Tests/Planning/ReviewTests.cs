using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>Manual review: the hub says Hub, HubSpot says HubSpot, both after Base, and a person decides.</summary>
public sealed class ReviewTests
{
    private const string Field = "first_name";

    private readonly MemoryHub _hub = new();

    public ReviewTests()
    {
        _hub.Policy = _hub.Policy with { Strategies = Strategies.Of(Strategy.ManualReview) };
        _hub.Apply(Contact(0, (Field, "Base"), ("job_title", "CEO")));
        _hub.Edit(Field, "Hub", 3);
        _hub.Apply(Contact(6, (Field, "HubSpot"), ("job_title", "CEO")));
        _hub.Pushes.Clear();
    }

    private FieldConflict Open => _hub.Conflicts.Values.ShouldHaveSingleItem();

    [Fact]
    public void The_conflict_shows_base_both_values_times_and_sources()
    {
        (Open.Field, Open.Base, Open.Reason).ShouldBe((Field, "Base", ConflictReason.Review));
        Open.Hub.ShouldBe(new Candidate("Hub", new(Noon.AddMinutes(3), Platform.Supabase)));
        Open.Remote.ShouldBe(new Candidate("HubSpot", new(Noon.AddMinutes(6), Platform.HubSpot, IsApproximate: true)));
        _hub.History.ShouldContain(entry => entry.Action == HistoryAction.Held && entry.NewValue == "HubSpot");
    }

    [Fact]
    public void The_field_is_neither_pushed_nor_overwritten_while_others_flow()
    {
        _hub.Edit("job_title", "CFO", 7);
        _hub.Look().Fields.ShouldBe([StandardFields.Contact.IndexOf("job_title")]);
        _hub.Value(Field).ShouldBe("Hub");
        _hub.Apply(Contact(8, (Field, "HubSpot"), ("job_title", "CEO"))).ShouldBe(ChangeOutcome.Unchanged);
    }

    [Fact]
    public void A_newer_edit_of_the_platform_updates_it()
    {
        _hub.Apply(Contact(9, (Field, "HubSpot 2"), ("job_title", "CEO")));
        (Open.Base, Open.Hub.Value, Open.Remote.Value).ShouldBe(("Base", "Hub", "HubSpot 2"));
        _hub.History[^1].NewValue.ShouldBe("HubSpot 2");
        _hub.Apply(Exactly(Contact(9, (Field, "HubSpot 2"), ("job_title", "CEO")), Field, 10)); // the same once more, with its time
        _hub.History.Where(entry => entry.Action == HistoryAction.Held).Select(entry => entry.NewValue).ShouldBe(["HubSpot", "HubSpot 2"]);
    }

    [Fact]
    public void A_newer_edit_of_the_hub_updates_it_when_another_field_changes()
    {
        _hub.Edit(Field, "Hub 2", 9);
        _hub.Apply(Contact(10, (Field, "HubSpot"), ("job_title", "CFO"))).ShouldBe(ChangeOutcome.Updated);
        (Open.Hub.Value, Open.Remote.Value).ShouldBe(("Hub 2", "HubSpot"));
    }

    [Fact]
    public void A_conflict_whose_record_is_not_among_the_rows_names_the_field_and_no_value() =>
        Should.Throw<InvalidOperationException>(() => new ReviewPlanner(_hub.Policy, StandardFields.Of).Resolve(WorkingSet.Empty, Open, new(ReviewPick.Hub), MemoryHub.Cause, Noon))
            .Message.ShouldBe("The record of the conflict on contact.first_name was not loaded.");

    [Fact]
    public void A_newer_edit_of_the_hub_updates_it_at_the_next_look()
    {
        _hub.Edit(Field, "Hub 2", 9);
        _hub.Look().ShouldBe(PushPlan.Nothing);
        (Open.Hub.Value, Open.Remote.Value).ShouldBe(("Hub 2", "HubSpot"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_is_over_by_itself_when_both_sides_are_equal(bool hubGivesIn)
    {
        if (hubGivesIn)
        {
            _hub.Edit(Field, "HubSpot", 9);
            _hub.Look().ShouldBe(PushPlan.Nothing);
        }
        else
        {
            _hub.Apply(Contact(9, (Field, "Hub"), ("job_title", "CEO")));
        }

        _hub.Conflicts.ShouldBeEmpty();
        _hub.Look().ShouldBe(PushPlan.Nothing);
    }

    [Fact]
    public void When_it_is_over_by_itself_the_platforms_for_which_the_field_was_held_too_are_looked_at()
    {
        _hub.Apply(Contact(9, (Field, "Hub"), ("job_title", "CEO")));
        _hub.Pushes.ShouldContain(push => push.Platform == Platform.Pipedrive);
    }

    [Theory]
    [InlineData(DeletePolicy.Propagate, false)]
    [InlineData(DeletePolicy.Archive, true)]
    [InlineData(DeletePolicy.Ignore, true)]
    public void The_platform_s_deletion_of_its_record_ends_it(DeletePolicy onDelete, bool lives)
    {
        _hub.Policy = _hub.Policy with { OnDelete = onDelete };
        _hub.Apply(Deleted(9));
        _hub.Conflicts.ShouldBeEmpty();
        _hub.Records.Values.ShouldHaveSingleItem().IsLive.ShouldBe(lives);
        _hub.Pushes.ShouldContain(push => push.Platform == Platform.Pipedrive);
    }

    [Fact]
    public void The_platform_s_deletion_does_not_end_a_conflict_with_another_platform()
    {
        var other = Open with { Platform = Platform.Pipedrive };
        _hub.Conflicts.Clear();
        _hub.Conflicts[other.Key] = other;
        _hub.Policy = _hub.Policy with { OnDelete = DeletePolicy.Archive };
        _hub.Apply(Deleted(9));
        _hub.Conflicts.Keys.ShouldBe([other.Key]);
    }

    [Fact]
    public void It_stays_held_when_the_strategy_changes_until_it_is_resolved()
    {
        _hub.Policy = _hub.Policy with { Strategies = Strategies.Default };
        _hub.Apply(Contact(9, (Field, "HubSpot 2"), ("job_title", "CEO")));
        Open.Remote.Value.ShouldBe("HubSpot 2");
    }

    [Fact]
    public void The_hub_s_value_can_be_picked()
    {
        _hub.Resolve(Open, new(ReviewPick.Hub));
        _hub.Conflicts.ShouldBeEmpty();
        _hub.Value(Field).ShouldBe("Hub");
        Resolved(HistoryAction.Lost).ShouldBe(("Hub", "HubSpot"));
        _hub.Look().Fields.ShouldBe([StandardFields.Contact.IndexOf(Field)]);
    }

    [Fact]
    public void The_platform_s_value_can_be_picked()
    {
        _hub.Resolve(Open, new(ReviewPick.Remote));
        _hub.Value(Field).ShouldBe("HubSpot");
        Resolved(HistoryAction.Set).ShouldBe(("Hub", "HubSpot"));
        _hub.Link("1")!.Level[StandardFields.Contact.IndexOf(Field)].ShouldBe(_hub.StampOf(Field));
        _hub.Look().ShouldBe(PushPlan.Nothing); // HubSpot shows it already
        _hub.Pushes.ShouldContain(push => push.Platform == Platform.Pipedrive);
    }

    [Fact]
    public void A_value_can_be_typed()
    {
        _hub.Resolve(Open, new(ReviewPick.Value, "  Typed "));
        _hub.Value(Field).ShouldBe("Typed");
        _hub.StampOf(Field).ShouldBe(new Stamp(Noon.AddMinutes(30), Platform.Supabase));
        Resolved(HistoryAction.Set).ShouldBe(("Hub", "Typed"));
        Resolved(HistoryAction.Lost).ShouldBe(("Typed", "HubSpot"));
        _hub.Look().Fields.ShouldBe([StandardFields.Contact.IndexOf(Field)]);
    }

    [Fact]
    public void The_value_that_is_there_can_be_typed() =>
        _hub.Resolve(Open, new(ReviewPick.Value, "HubSpot")).History.ShouldHaveSingleItem().Action.ShouldBe(HistoryAction.Set);

    [Fact]
    public void A_typed_value_that_the_field_cannot_hold_is_refused_and_nothing_changes()
    {
        _hub.Edit("lead_value", "5", 9);
        _hub.Apply(Contact(10, (Field, "HubSpot"), ("job_title", "CEO"), ("lead_value", "7")));
        var conflict = _hub.Conflicts.Values.Single(open => open.Field == "lead_value");
        Should.Throw<FormatException>(() => _hub.Resolve(conflict, new(ReviewPick.Value, "seven")));
        _hub.Conflicts.Count.ShouldBe(2);
    }

    [Fact]
    public void Who_decided_is_in_the_history()
    {
        _hub.Resolve(Open, new(ReviewPick.Hub));
        _hub.History[^1].Cause.ShouldBe(new Cause(CauseKind.Person, "p1", "ann"));
    }

    [Fact]
    public void A_platform_that_undoes_three_pushes_in_the_same_way_gets_no_fourth_until_a_person_has_decided()
    {
        _hub.Policy = _hub.Policy with { Strategies = Strategies.Default };
        _hub.Resolve(Open, new(ReviewPick.Hub));
        var minute = 31;
        Rally(ref minute).ShouldBe(3);
        Open.Reason.ShouldBe(ConflictReason.NormalForms);
        (Open.Hub.Value, Open.Remote.Value).ShouldBe(("Chief", "CHIEF"));
        _hub.Apply(Contact(++minute, (Field, "C"), ("job_title", "CEO")));
        (Open.Reason, Open.Remote.Value).ShouldBe((ConflictReason.NormalForms, "C")); // however it goes on
        _hub.Resolve(Open, new(ReviewPick.Hub), minute);
        Rally(ref minute).ShouldBe(3);
    }

    [Fact]
    public void An_edit_long_after_our_write_does_not_undo_it()
    {
        _hub.Policy = _hub.Policy with { Strategies = Strategies.Default };
        _hub.Resolve(Open, new(ReviewPick.Hub));
        for (var minute = 31; minute < 31 + (5 * 15); minute += 15)
        {
            _hub.Edit(Field, "Chief", minute);
            _hub.Look(minute: minute).Kind.ShouldBe(PushKind.Update);
            _hub.Apply(Contact(minute + 1, (Field, "Chief"), ("job_title", "CEO")) with { OwnWrite = OwnWrite.Answer });
            _hub.Apply(Contact(minute + 13, (Field, "CHIEF"), ("job_title", "CEO")));
        }

        _hub.Conflicts.ShouldBeEmpty();
    }

    // The hub wants one spelling, a rule of the platform's makes another of it, within a minute each time.
    private int Rally(ref int minute)
    {
        for (var pushes = 0; ; pushes++)
        {
            _hub.Edit(Field, "Chief", ++minute);
            if (_hub.Look(minute: minute).Kind == PushKind.Nothing)
                return pushes;
            _hub.Apply(Contact(++minute, (Field, "Chief"), ("job_title", "CEO")) with { OwnWrite = OwnWrite.Answer });
            _hub.Apply(Contact(++minute, (Field, "CHIEF"), ("job_title", "CEO")));
            _hub.Value(Field).ShouldBe("CHIEF");
        }
    }

    private (string?, string?) Resolved(HistoryAction action)
    {
        var entry = _hub.History.Last(entry => entry.Action == action);
        return (entry.OldValue, entry.NewValue);
    }
}
