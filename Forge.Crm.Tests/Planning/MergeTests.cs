using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>Merges on a platform, of three contacts that the hub knows: what becomes of their ids, their records and the times.</summary>
public sealed class MergeTests
{
    private readonly MemoryHub _hub = new();

    public MergeTests()
    {
        foreach (var id in (string[])["1", "2", "3"])
            _hub.Apply(Shown(id, 0));
        _hub.Pushes.Clear();
        _hub.History.Clear();
    }

    [Fact]
    public void The_loser_s_id_leads_to_the_survivor_s_record_from_then_on()
    {
        var loser = RecordOf("2");
        _hub.Apply(Merged("1", 10, "2"));
        RecordOf("2").ShouldBe(RecordOf("1"));
        _hub.Records[loser].MergedIntoId.ShouldBe(RecordOf("1"));
    }

    [Fact]
    public void Of_two_losers_at_once_the_other_platforms_hear_and_the_merging_one_does_not()
    {
        Guid[] all = [RecordOf("1"), RecordOf("2"), RecordOf("3")];
        _hub.Apply(Merged("1", 10, "2", "3"));
        _hub.Pushes.ShouldBe(all.Select(id => new PushDue(Platform.Pipedrive, RecordKind.Contact, id)), ignoreOrder: true);
    }

    [Fact]
    public void Where_the_hub_has_deleted_what_survives_the_platform_is_due_to_delete_it_too()
    {
        var survivor = RecordOf("1");
        _hub.Delete(4, "1");
        _hub.Delete(4, "2");
        _hub.Apply(Merged("1", 10, "2") with { Record = null });
        _hub.Pushes.ShouldContain(new PushDue(Platform.HubSpot, RecordKind.Contact, survivor));
    }

    [Fact]
    public void A_new_id_that_takes_over_a_record_as_it_was_is_no_news_for_anyone()
    {
        var record = RecordOf("1");
        var change = Contact("9", 10, ("email", "1@example.com"));
        _hub.Apply(change with { MergedIds = ["1"] }).ShouldBe(ChangeOutcome.Unchanged);
        (RecordOf("9"), _hub.Link("1")!.State, _hub.Link("1")!.MergedInto).ShouldBe((record, LinkState.Merged, "9"));
        _hub.Pushes.ShouldBeEmpty();
        _hub.History.ShouldHaveSingleItem().Action.ShouldBe(HistoryAction.Merge);
    }

    [Fact]
    public void A_new_id_takes_over_the_record_of_a_deleted_loser()
    {
        var record = RecordOf("1");
        _hub.Apply(Deleted(5));
        _hub.Apply(Merged("9", 10, "1"));
        RecordOf("9").ShouldBe(record);
    }

    [Fact]
    public void A_deleted_loser_whose_record_lives_on_under_another_id_leaves_it_there()
    {
        var record = RecordOf("1");
        _hub.Edit("first_name", "Later", 9);
        _hub.Apply(Deleted(5));
        _hub.Apply(Contact("5", 10, ("email", "1@example.com"), ("first_name", "Later")));
        _hub.Apply(Merged("9", 12, "1"));
        (RecordOf("5"), RecordOf("1"), _hub.Link("1")!.State).ShouldBe((record, record, LinkState.Merged));
        RecordOf("9").ShouldNotBe(record);
        (_hub.Records[record].IsLive, _hub.History.Last(entry => entry.Action == HistoryAction.Merge).NewValue).ShouldBe((true, record.ToString()));
    }

    [Fact]
    public void What_the_merge_itself_told_of_the_new_id_is_no_edit_also_where_it_is_told_when_we_have_written_since()
    {
        _hub.Apply(Contact("1", 1, ("email", "1@example.com"), ("first_name", "1")));
        _hub.Edit("first_name", "Ours", 8);
        _hub.Apply(Contact("9", 0) with { Record = null, MergedIds = ["1"], MergedAt = Noon.AddMinutes(10) });
        _hub.Look("9").Kind.ShouldBe(PushKind.Update);
        _hub.Apply(Contact("9", 20, ("email", "1@example.com"), ("first_name", "Ours")) with { OwnWrite = OwnWrite.Answer });
        var copied = new ToldValue(StandardFields.Contact.IndexOf("first_name"), "1", new(Noon.AddMinutes(10), Platform.HubSpot), Noon.AddMinutes(30));
        _hub.Apply(Contact("9", 20, ("email", "1@example.com"), ("first_name", "Ours")) with { Told = [copied] });
        _hub.Value("first_name", "9").ShouldBe("Ours");
        _hub.History.ShouldNotContain(entry => entry.Action == HistoryAction.Lost);
    }

    [Fact]
    public void A_loser_that_came_back_before_the_survivor_was_changed_again_is_back_though_the_merge_is_heard_of_after_both()
    {
        _hub.Apply(Merged("1", 30, "2") with { MergedAt = Noon.AddMinutes(10) });
        _hub.Apply(Shown("2", 20)).ShouldBe(ChangeOutcome.Created);
        RecordOf("2").ShouldNotBe(RecordOf("1"));
    }

    [Theory]
    [InlineData(15, ChangeOutcome.Outdated)]
    [InlineData(20, ChangeOutcome.Outdated)]
    [InlineData(21, ChangeOutcome.Created)]
    public void A_loser_is_back_only_where_it_is_newer_than_it_was_ever_shown(int minute, ChangeOutcome outcome)
    {
        _hub.Apply(Shown("2", 20));
        _hub.Apply(Merged("1", 10, "2"));
        _hub.Apply(Shown("2", minute)).ShouldBe(outcome);
    }

    [Theory]
    [InlineData(12, 10)]
    [InlineData(3, 3)]
    public void The_loser_s_record_ends_when_the_platform_says_and_not_later_than_it_was_read(int readAt, int endsAt)
    {
        var loser = RecordOf("2");
        var change = Merged("1", 10, "2");
        _hub.Apply(change with { Record = change.Record! with { ReadAt = Noon.AddMinutes(readAt) } });
        _hub.Records[loser].DeletedAt.ShouldBe(Noon.AddMinutes(endsAt));
        _hub.History.Single(entry => entry.Action == HistoryAction.Merge).ChangedAt.ShouldBe(Noon.AddMinutes(endsAt));
    }

    [Fact]
    public void A_merge_into_a_record_that_was_merged_elsewhere_is_one_into_its_survivor()
    {
        var (first, second, third) = (RecordOf("1"), RecordOf("2"), RecordOf("3"));
        _hub.Records[second] = _hub.Records[second] with { MergedIntoId = third, DeletedAt = Noon };
        _hub.Apply(Merged("2", 10, "1"));
        _hub.Records[first].MergedIntoId.ShouldBe(third);
        _hub.History.Single(entry => entry.Action == HistoryAction.Merge).NewValue.ShouldBe(third.ToString());
    }

    [Theory]
    [InlineData(null, 10)] // the merge's own time
    [InlineData(30, 30)] // it is shown with a later one
    public void A_new_id_shows_what_it_took_over_since_the_merge(int? shownAt, int since)
    {
        _hub.Apply(Contact("1", 1, ("email", "1@example.com"), ("first_name", "Ann")));
        var shown = Contact("9", shownAt ?? 0, ("email", "1@example.com"), ("first_name", "Ann"));
        _hub.Apply((shownAt is null ? shown with { Record = null } : shown) with { MergedIds = ["1"], MergedAt = Noon.AddMinutes(10) });
        SeenOf("first_name").ShouldBe(new Stamp(Noon.AddMinutes(since), Platform.HubSpot, IsApproximate: true));
        SeenOf("phone").ShouldBe(Stamp.None); // never shown
    }

    [Fact]
    public void What_the_merge_told_of_a_new_id_that_was_deleted_before_it_was_seen_is_no_edit_once_it_is_back()
    {
        _hub.Policy = _hub.Policy with { Strategies = StrategyDocument.Read("source_priority", ["hubspot", "supabase", "pipedrive"], "{}", StandardFields.Of) };
        _hub.Apply(Contact("1", 1, ("email", "1@example.com"), ("first_name", "Ann")));
        _hub.Apply(Contact("9", 0) with { Record = null, MergedIds = ["1"], Lifecycle = new(ChangeType.Deleted, Noon.AddMinutes(12)) });
        _hub.Apply(Contact("9", 15, ("email", "1@example.com"), ("first_name", "Ann")));
        _hub.Edit("first_name", "Ours", 20, "9");
        _hub.Look("9").Kind.ShouldBe(PushKind.Update);
        var written = Contact("9", 21, ("email", "1@example.com"), ("first_name", "Ours"));
        _hub.Apply(written with { OwnWrite = OwnWrite.Answer });
        var copied = new ToldValue(StandardFields.Contact.IndexOf("first_name"), "Ann", new(Noon.AddMinutes(10), Platform.HubSpot), Noon.AddMinutes(30));
        _hub.Apply(written with { Told = [copied] });
        _hub.Value("first_name", "9").ShouldBe("Ours");
    }

    [Theory, InlineData(10), InlineData(11)]
    public void What_was_edited_since_is_as_old_as_its_edit(int minute)
    {
        _hub.Apply(Exactly(Contact("1", minute, ("email", "1@example.com"), ("first_name", "Ann")), "first_name", minute));
        _hub.Apply(Contact("9", 0) with { Record = null, MergedIds = ["1"], MergedAt = Noon.AddMinutes(10) });
        SeenOf("first_name").ShouldBe(new Stamp(Noon.AddMinutes(minute), Platform.HubSpot));
    }

    [Fact]
    public void An_alias_is_heard_of_when_its_merge_was_read_and_else_as_its_record_was()
    {
        _hub.Apply(Merged("1", 10, "2"));
        _hub.Apply(Merged("1", 10, "3") with { Record = null, MergedAt = Noon.AddMinutes(10) });
        (_hub.Link("2")!.ReadAt, _hub.Link("3")!.ReadAt).ShouldBe((Noon.AddMinutes(10).AddSeconds(1), Noon.AddSeconds(1)));
    }

    private Stamp SeenOf(string field) => _hub.Link("9")!.SeenStamps[StandardFields.Contact.IndexOf(field)];

    private Guid RecordOf(string id) => _hub.Link(id)!.RecordId;

    private static RemoteChange Shown(string id, int minute) => Contact(id, minute, ("email", $"{id}@example.com"));

    private static RemoteChange Merged(string into, int minute, params string[] losers) => Shown(into, minute) with { MergedIds = [.. losers] };
}
