using System.Collections.Immutable;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>Edits that only an event told of, because the platform shows something else by now, or nothing at all.</summary>
public sealed class HeardTests
{
    private const string Field = "first_name";
    private static readonly int Index = StandardFields.Contact.IndexOf(Field);

    private readonly MemoryHub _hub = new();

    public HeardTests() => _hub.Apply(Contact(0, (Field, "Ann")));

    private Stamp Seen => _hub.Link("1")!.SeenStamps[Index];

    private IEnumerable<string?> Lost => _hub.History.Where(entry => entry.Action == HistoryAction.Lost).Select(entry => entry.NewValue);

    [Fact]
    public void Of_a_record_that_is_gone_it_is_noted_once()
    {
        _hub.Apply(Gone(("Told", 7)));
        _hub.Apply(Gone(("Told", 7)));
        Lost.ShouldBe(["Told"]);
        Seen.At.ShouldBe(Noon.AddMinutes(7));
    }

    [Fact]
    public void Of_an_alias_it_is_noted_once_with_what_it_was_merged_into()
    {
        _hub.Apply(Contact("2", 0, (Field, "Bea")));
        _hub.Apply(Contact("2", 5, (Field, "Bea")) with { MergedIds = ["1"] });
        _hub.Apply(Gone(("Told", 7))).ShouldBe(ChangeOutcome.Ignored);
        _hub.Apply(Gone(("Told", 7)));
        _hub.History.Where(entry => entry.NewValue == "Told").ShouldHaveSingleItem().RecordId.ShouldBe(_hub.Link("2")!.RecordId);
    }

    [Fact]
    public void Of_a_record_that_is_deleted_it_is_noted_with_the_deletion()
    {
        _hub.Apply(Gone(("Told", 7)) with { Lifecycle = new(ChangeType.Deleted, Noon.AddMinutes(9)) }).ShouldBe(ChangeOutcome.Deleted);
        Lost.ShouldBe(["Told"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_that_an_older_write_of_ours_ran_over_is_noted_once_however_much_was_seen_since(bool isGone)
    {
        Write("Anna", editedAt: 3, answeredAt: 10); // runs over an edit at minute 7
        _hub.Apply(Contact(14, (Field, "Zoe")));
        Write("Anne", editedAt: 15, answeredAt: 20);
        for (var minute = 25; minute < 28; minute++)
            _hub.Apply(isGone ? Gone(("Told", 7)) : Shown(minute, "Anne", ("Told", 7)));
        Lost.ShouldBe(["Told"]);
        Seen.At.ShouldBe(Noon.AddMinutes(14));
    }

    [Fact]
    public void One_that_the_platform_still_shows_is_not_lost()
    {
        Write("Anna", editedAt: 3, answeredAt: 10);
        _hub.Apply(Shown(14, "Zoe", ("Zoe", 7)));
        _hub.Value(Field).ShouldBe("Zoe");
        Lost.ShouldBeEmpty();
    }

    [Fact]
    public void One_that_came_while_a_write_is_under_way_is_noted_and_what_was_seen_before_is_not()
    {
        _hub.Edit(Field, "Anna", 3);
        _hub.Look();
        _hub.Apply(Shown(12, "Zoe", ("Ann", 0), ("ANNA", 6), ("Told", 7))); // the second is a form of what we write
        Lost.ShouldBe(["Told"]);
    }

    [Theory]
    [InlineData(2, "Zoe")] // it came after the hub's edit
    [InlineData(9, "Anna")]
    public void One_that_is_shown_while_a_write_is_under_way_is_asked_for_again_and_competes_when_the_write_has_run_over_it(int editedAt, string winner)
    {
        _hub.Edit(Field, "Anna", editedAt);
        _hub.Look();
        _hub.Apply(Contact(7, (Field, "Zoe"), ("job_title", "CEO"))).ShouldBe(ChangeOutcome.Outdated);
        (_hub.Value("job_title"), _hub.Value(Field)).ShouldBe(("CEO", "Anna"));

        _hub.Apply(Contact(12, (Field, "Anna"), ("job_title", "CEO")) with { OwnWrite = OwnWrite.Answer });
        _hub.Apply(Shown(12, "Anna", ("Zoe", 7))).ShouldNotBe(ChangeOutcome.Outdated);

        _hub.Value(Field).ShouldBe(winner);
        _hub.History.ShouldContain(entry => entry.NewValue == "Zoe");
    }

    [Fact]
    public void One_of_the_very_time_that_was_seen_is_not_stored_again()
    {
        var set = _hub.Load();
        new BatchPlanner(_hub.Policy, StandardFields.Of, Guid.NewGuid).Plan(set, [Shown(0, "Ann", ("An", 0))]);
        (set.ChangedLinks.Count, set.ChangedRecords.Count).ShouldBe((0, 0));
    }

    [Fact]
    public void Our_own_write_leaves_the_newest_edit_that_we_know_of_as_it_is()
    {
        Write("Anna", editedAt: 3, answeredAt: 10);
        (Seen.At, _hub.Link("1")!.Seen[Index]).ShouldBe((Noon, "Anna"));
    }

    [Fact]
    public void One_that_was_run_over_by_a_write_whose_answer_was_lost_and_whose_value_is_overwritten_is_noted()
    {
        _hub.Edit(Field, "Anna", 3);
        _hub.Look();
        _hub.Apply(Shown(11, "Zoe") with { OwnWrite = OwnWrite.Over });
        _hub.Apply(Shown(12, "Zoe", ("Told", 7)));
        _hub.Value(Field).ShouldBe("Zoe");
        Lost.ShouldBe(["Told"]);
    }

    [Fact]
    public void A_write_that_never_arrived_ran_over_nothing()
    {
        _hub.Edit(Field, "Anna", 3);
        _hub.Look();
        _hub.Apply(Shown(11, "Ann") with { OwnWrite = OwnWrite.Over });
        _hub.Link("1")!.Pushed.ShouldBeEmpty();
    }

    [Fact]
    public void One_that_a_write_in_doubt_ran_over_is_noted_though_a_later_one_was_told_of_first_and_each_once()
    {
        _hub.Edit(Field, "Anna", 3);
        _hub.Look();
        for (var time = 0; time < 2; time++)
        {
            _hub.Apply(Shown(12, "Zoe", ("Later", 9)));
            _hub.Apply(Shown(12, "Zoe", ("Told", 7)));
        }

        _hub.Apply(Shown(14, "Zoe", ("Told", 7), ("Later", 9)) with { OwnWrite = OwnWrite.Over });
        Lost.ShouldBe(["Later", "Told"]);
    }

    [Fact]
    public void What_was_in_doubt_when_we_found_the_record_gone_ran_over_edits_until_the_platform_says_that_it_went()
    {
        _hub.Edit(Field, "Anna", 3);
        _hub.Look();
        _hub.Apply(Deleted(0) with { OwnWrite = OwnWrite.Answer }); // gone already: when, nobody said
        _hub.Apply(Shown(10, "Anna", ("Told", 7)) with { Lifecycle = new(ChangeType.Restored, Noon.AddMinutes(10), Noon.AddMinutes(11)) });
        _hub.Value(Field).ShouldBe("Told"); // the newer one of the two
    }

    [Fact]
    public void A_write_in_doubt_that_a_restored_record_does_not_show_ran_over_nothing_it_shows()
    {
        _hub.Edit(Field, "Anna", 3);
        _hub.Look();
        _hub.Apply(Deleted(9)); // the write may have been done at any time until then
        var shown = Exactly(Shown(10, "Ann", ("Told", 7)), Field, 8); // to another value, and back
        _hub.Apply(shown with { Lifecycle = new(ChangeType.Restored, Noon.AddMinutes(10), Noon.AddMinutes(11)) });
        _hub.Value(Field).ShouldBe("Ann");
    }

    [Fact]
    public void What_is_sent_again_may_have_run_over_what_the_first_try_did()
    {
        _hub.Edit(Field, "Anna", 3);
        _hub.Look();
        _hub.Apply(Shown(12, "Zoe", ("Later", 9)));
        _hub.Edit(Field, "Anne", 13);
        _hub.Look();
        _hub.Apply(Shown(14, "Zoe", ("Told", 7), ("Later", 9)));
        Lost.ShouldBe(["Later", "Told"]);
    }

    [Fact]
    public void What_a_snapshot_from_before_its_deletion_shows_is_noted_once()
    {
        _hub.Apply(Deleted(9));
        _hub.Apply(Shown(8, "Shown")).ShouldBe(ChangeOutcome.Outdated);
        _hub.Apply(Shown(8, "Shown"));
        Lost.ShouldBe(["Shown"]);
    }

    [Theory]
    [InlineData("job_title", 8)] // nothing was seen of it before: nobody's edit
    [InlineData(Field, -1)] // from before what was seen
    public void What_it_shows_beside_is_not(string field, int minute)
    {
        _hub.Apply(Deleted(9));
        _hub.Apply(Contact(minute, (Field, "Ann"), (field, "Shown"))).ShouldBe(ChangeOutcome.Outdated);
        Lost.ShouldBeEmpty();
    }

    [Fact]
    public void An_edit_that_the_very_version_shows_which_was_seen_is_noted_where_its_own_time_is_later()
    {
        _hub.Apply(Deleted(9));
        _hub.Apply(Exactly(Shown(0, "Shown"), Field, 1));
        Lost.ShouldBe(["Shown"]);
    }

    [Fact]
    public void What_the_list_of_deleted_records_shows_is_noted_and_what_was_seen_is_not()
    {
        var shown = Shown(9, "Shown");
        _hub.Apply(shown with { Record = shown.Record! with { ArchivedAt = Noon.AddMinutes(9) } }).ShouldBe(ChangeOutcome.Deleted);
        Lost.ShouldBe(["Shown"]);
    }

    [Fact]
    public void One_that_a_read_from_before_our_write_showed_is_no_news_when_its_event_is_told_again()
    {
        Write("Anna", editedAt: 3, answeredAt: 10);
        _hub.Apply(Exactly(Contact(10, (Field, "Zoe")), Field, 7)); // the same version, read later from a replica that is behind
        _hub.Apply(Contact(10, (Field, "Anna")));
        var before = _hub.History.Count;
        _hub.Apply(Shown(10, "Anna", ("Zoe", 7)));
        (_hub.Value(Field), _hub.History.Count).ShouldBe(("Anna", before));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_only_outdated_reads_came_with_is_noted_at_the_last_of_them(bool isLast)
    {
        _hub.Apply(Contact(10, (Field, "Ann")));
        _hub.Apply(Shown(5, "An", ("Told", 7)) with { IsLast = isLast }).ShouldBe(ChangeOutcome.Outdated);
        Lost.ShouldBe(isLast ? ["Told"] : []);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_record_that_starts_anew_remembers_what_we_wrote_into_it_and_what_was_heard_of_it(bool isToldAtOnce)
    {
        Write("Anna", editedAt: 3, answeredAt: 10); // runs over an edit at minute 7
        _hub.Apply(Contact("2", 0, (Field, "Bea")));
        _hub.Apply(Contact("2", 11, (Field, "Bea")) with { MergedIds = ["1"] });
        _hub.Apply(isToldAtOnce ? Shown(12, "Anna", ("Told", 7)) : Shown(12, "Anna")).ShouldBe(ChangeOutcome.Created);
        _hub.Apply(Shown(13, "Anna", ("Told", 7)));
        _hub.Apply(Shown(13, "Anna", ("Told", 7)));
        _hub.History.Count(entry => entry.NewValue == "Told").ShouldBe(1);
    }

    [Theory]
    [InlineData("Ann", 0)] // as it was seen before it was gone: an edit in between may be told of yet
    [InlineData("Zoe", 12)] // put over whatever was in between
    [InlineData(null, 12)]
    public void A_record_that_starts_anew_was_last_edited_when_what_it_shows_was(string? name, int minute)
    {
        _hub.Apply(Contact("2", 0, (Field, "Bea")));
        _hub.Apply(Contact("2", 11, (Field, "Bea")) with { MergedIds = ["1"] });
        _hub.Apply(Contact(12, (Field, name), ("job_title", null))).ShouldBe(ChangeOutcome.Created);
        Seen.At.ShouldBe(Noon.AddMinutes(minute));
        _hub.Link("1")!.SeenStamps[StandardFields.Contact.IndexOf("job_title")].At.ShouldBe(Noon.AddMinutes(12)); // never shown before
    }

    private void Write(string value, int editedAt, int answeredAt)
    {
        _hub.Edit(Field, value, editedAt);
        _hub.Look().Kind.ShouldBe(PushKind.Update);
        _hub.Apply(Contact(answeredAt, (Field, value)) with { OwnWrite = OwnWrite.Answer });
    }

    private static RemoteChange Shown(int minute, string value, params (string Value, int Minute)[] told) => Contact(minute, (Field, value)) with { Told = Told(told) };

    private static RemoteChange Gone(params (string Value, int Minute)[] told) => Contact(0) with { Record = null, Told = Told(told) };

    private static ImmutableArray<ToldValue> Told((string Value, int Minute)[] told) =>
        [.. told.Select(t => new ToldValue(Index, t.Value, new(Noon.AddMinutes(t.Minute), Platform.HubSpot), Noon.AddMinutes(t.Minute + 1)))];
}
