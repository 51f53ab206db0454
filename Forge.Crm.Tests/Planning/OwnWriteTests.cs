using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>Our own writes: their echoes, what platforms make of them, answers that get lost, and the edits that they run over.</summary>
public sealed class OwnWriteTests
{
    private const string Field = "first_name";

    private readonly MemoryHub _hub = new();

    public OwnWriteTests()
    {
        _hub.Apply(Contact(0, (Field, "Ann"), ("job_title", "CEO")));
        _hub.Edit(Field, "Anna", 3);
        _hub.Look().Kind.ShouldBe(PushKind.Update);
        _hub.Pushes.Clear();
    }

    [Fact]
    public void The_answer_s_form_of_our_value_is_what_the_platform_shows_and_no_edit()
    {
        Answered("ANNA", 10);
        (_hub.Value(Field), _hub.Link("1")!.Seen[Index]).ShouldBe(("Anna", "ANNA"));
        Shown("ANNA", 12).ShouldBe(ChangeOutcome.Unchanged);
        _hub.Look().ShouldBe(PushPlan.Nothing);
    }

    [Fact]
    public void An_echo_before_the_answer_is_the_answer()
    {
        Shown("Anna", 10);
        _hub.Link("1")!.Sent.ShouldBeEmpty();
        _hub.Look().ShouldBe(PushPlan.Nothing);
        Answered("Anna", 10);
        (_hub.Value(Field), _hub.Pushes.Count).ShouldBe(("Anna", 0));
    }

    [Fact]
    public void An_exact_time_of_our_own_write_makes_it_no_edit()
    {
        Answered("Anna", 10);
        var stamp = _hub.StampOf(Field);
        _hub.Apply(Exactly(Contact(12, (Field, "Anna"), ("job_title", "CEO")), Field, 10)).ShouldBe(ChangeOutcome.Unchanged);
        _hub.StampOf(Field).ShouldBe(stamp);
    }

    [Fact]
    public void Something_else_while_the_write_is_under_way_waits_for_the_next_look()
    {
        Shown("Zoe", 10);
        (_hub.Value(Field), _hub.Link("1")!.Sent.Count).ShouldBe(("Anna", 1));
        _hub.Pushes.ShouldContain(push => push.Platform == Platform.HubSpot);
        Shown("Zoe", 11, OwnWrite.Over);
        (_hub.Value(Field), _hub.Link("1")!.Sent.Count).ShouldBe(("Zoe", 0)); // the later edit, by the record's time
    }

    [Theory]
    [InlineData("ANNA")]
    [InlineData(" anna.")]
    public void A_form_of_our_value_passes_for_our_write_where_its_answer_was_lost(string form)
    {
        Shown(form, 10, OwnWrite.Over);
        _hub.Value(Field).ShouldBe("Anna");
        _hub.Look().ShouldBe(PushPlan.Nothing);
    }

    [Fact]
    public void What_never_arrived_is_sent_again()
    {
        Shown("Ann", 10, OwnWrite.Over);
        _hub.Link("1")!.Sent.ShouldBeEmpty();
        _hub.Look().Fields.ShouldBe([Index]);
    }

    [Fact]
    public void What_never_arrived_left_the_version_as_it_was_and_is_under_way_no_more()
    {
        Shown("Ann", 0, OwnWrite.Over);
        _hub.Link("1")!.Sent.ShouldBeEmpty();
    }

    [Fact]
    public void What_was_sent_of_a_field_that_became_level_meanwhile_is_under_way_no_more_once_the_write_is_over()
    {
        _hub.Send("job_title", "CFO", new(Noon.AddMinutes(4), Platform.Supabase));
        Shown("Ann", 10, OwnWrite.Over);
        _hub.Link("1")!.Sent.ShouldBeEmpty();
    }

    [Fact]
    public void An_older_snapshot_says_nothing_of_a_write_that_is_under_way()
    {
        _hub.Apply(Contact(-1, (Field, "An"), ("job_title", "CEO"))).ShouldBe(ChangeOutcome.Outdated);
        _hub.Link("1")!.Sent.Keys.ShouldBe([Index]);
    }

    [Fact]
    public void An_answer_that_comes_after_a_newer_snapshot_ends_the_write_and_changes_nothing_else()
    {
        _hub.Apply(Contact(20, (Field, "Ann"), ("job_title", "CFO")));
        Answered("Anna", 10);
        _hub.Link("1")!.Sent.ShouldBeEmpty();
        _hub.Link("1")!.Seen[Index].ShouldBe("Ann");
    }

    [Theory]
    [InlineData(7, "Told")]
    [InlineData(2, "Anna")]
    public void An_edit_that_our_write_ran_over_competes_by_its_time(int toldAt, string winner)
    {
        Answered("Anna", 10);
        _hub.Apply(Told(12, "Anna", (Field, "Told", toldAt)));
        _hub.Value(Field).ShouldBe(winner);
        _hub.History.ShouldContain(entry => entry.NewValue == "Told");
        _hub.Pushes.Any(push => push.Platform == Platform.HubSpot).ShouldBe(winner == "Told"); // it has to get it back
        _hub.Look().Kind.ShouldBe(winner == "Told" ? PushKind.Update : PushKind.Nothing);
    }

    [Fact]
    public void It_competes_once()
    {
        Answered("Anna", 10);
        _hub.Apply(Told(12, "Anna", (Field, "Told", 2)));
        var history = _hub.History.Count;
        _hub.Apply(Told(13, "Anna", (Field, "Told", 2)));
        _hub.History.Count.ShouldBe(history);
    }

    [Fact]
    public void An_edit_that_was_run_over_and_has_a_successor_by_now_is_noted()
    {
        Answered("Anna", 10);
        _hub.Apply(Told(14, "Newest", (Field, "Told", 7)));
        _hub.Value(Field).ShouldBe("Newest");
        _hub.History.ShouldContain(entry => entry.Action == HistoryAction.Lost && entry.NewValue == "Told");
    }

    [Fact]
    public void An_edit_that_the_platform_s_own_people_overwrote_is_not_noted()
    {
        Answered("Anna", 10);
        _hub.Apply(Told(14, "Newest", (Field, "Between", 12)));
        _hub.History.ShouldNotContain(entry => entry.NewValue == "Between");
    }

    [Fact]
    public void The_events_of_our_own_older_writes_compete_with_nothing()
    {
        Answered("Anna", 10);
        for (var i = 0; i < Pushed.Kept; i++)
        {
            _hub.Edit(Field, $"Anna {i}", 20 + i);
            _hub.Look();
            Answered($"Anna {i}", 30 + i);
        }

        _hub.Apply(Told(50, "Anna 3", (Field, "Anna 1", 31), (Field, "Anna", 10))); // the oldest is older than what is remembered
        (_hub.Value(Field), _hub.History.Count(entry => entry.Action == HistoryAction.Lost)).ShouldBe(("Anna 3", 0));
    }

    [Fact]
    public void A_value_told_of_a_record_that_is_gone_is_noted_once()
    {
        Answered("Anna", 10);
        var gone = new RemoteChange(new(RemoteKind.Contact, "1"), null, null, [], [], MemoryHub.Cause) { Told = [new(Index, "Told", new(Noon.AddMinutes(7), Platform.HubSpot), Noon.AddMinutes(8))] };
        _hub.Apply(gone);
        _hub.Apply(gone);
        _hub.History.Where(entry => entry.Action == HistoryAction.Lost).ShouldHaveSingleItem().NewValue.ShouldBe("Told");
    }

    private static int Index => StandardFields.Contact.IndexOf(Field);

    private void Answered(string value, int minute) => Shown(value, minute, OwnWrite.Answer);

    private ChangeOutcome Shown(string value, int minute, OwnWrite own = OwnWrite.Unknown) =>
        _hub.Apply(Contact(minute, (Field, value), ("job_title", "CEO")) with { OwnWrite = own });

    private static RemoteChange Told(int minute, string shown, params (string Field, string Value, int Minute)[] told) =>
        Contact(minute, (Field, shown), ("job_title", "CEO")) with
        {
            Told = [.. told.Select(t => new ToldValue(
                StandardFields.Contact.IndexOf(t.Field), t.Value, new(Noon.AddMinutes(t.Minute), Platform.HubSpot), Noon.AddMinutes(minute)))],
        };
}
