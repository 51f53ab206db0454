using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>Deletions against edits, restorations and merges: the tables of docs/planning.md.</summary>
public sealed class DeletionTests
{
    private readonly MemoryHub _hub = new();

    public DeletionTests() => _hub.Apply(Contact(0, ("first_name", "Ann"), ("email", "ann@example.com")));

    private HubRecord Record => _hub.Records[_hub.Link("1")!.RecordId];

    [Theory]
    [InlineData(3, false)]
    [InlineData(5, false)]
    [InlineData(7, true)]
    public void An_edit_in_the_hub_that_the_deleting_side_had_not_seen_keeps_the_record_if_it_came_later(int editAt, bool lives)
    {
        _hub.Edit("first_name", "Anna", editAt);
        _hub.Pushes.Clear();
        _hub.Apply(Deleted(5)).ShouldBe(ChangeOutcome.Deleted);
        Record.IsLive.ShouldBe(lives);
        _hub.Link("1")!.State.ShouldBe(LinkState.Deleted);
        (_hub.History[^1].Action, _hub.History[^1].OldValue).ShouldBe(lives ? (HistoryAction.Lost, "deleted") : (HistoryAction.Delete, null));
        _hub.Pushes.Any(push => push.Platform == Platform.HubSpot).ShouldBe(lives); // to be created there again
    }

    [Fact]
    public void An_edit_that_it_had_seen_does_not_whatever_the_clocks_say()
    {
        _hub.Apply(Contact(7, ("first_name", "Anna"), ("email", "ann@example.com")));
        _hub.Apply(Deleted(8)).ShouldBe(ChangeOutcome.Deleted);
        Record.IsLive.ShouldBeFalse();
    }

    [Fact]
    public void A_deletion_in_the_tick_of_the_creation_comes_after_it()
    {
        _hub.Apply(Deleted(0)).ShouldBe(ChangeOutcome.Deleted);
        Record.IsLive.ShouldBeFalse();
    }

    [Fact]
    public void A_deletion_that_is_older_than_what_was_shown_leaves_the_link_as_it_is()
    {
        _hub.Apply(Contact(10, ("first_name", "Ann"), ("email", "ann@example.com")));
        var link = _hub.Link("1");
        _hub.Apply(Deleted(5)).ShouldBe(ChangeOutcome.Unchanged);
        _hub.Link("1").ShouldBe(link);
    }

    [Fact]
    public void The_newest_of_two_deletions_counts_in_whatever_order_they_are_heard_of()
    {
        _hub.Apply(Deleted(5));
        _hub.Apply(Deleted(3));
        _hub.Apply(Contact(4, ("first_name", "Ann"), ("email", "ann@example.com"))).ShouldBe(ChangeOutcome.Outdated);
        var set = _hub.Load();
        new BatchPlanner(_hub.Policy, StandardFields.Of, Guid.NewGuid).Plan(set, [Deleted(5)]);
        set.ChangedLinks.ShouldBeEmpty(); // heard of twice, stored once
    }

    [Fact]
    public void Only_the_record_s_time_is_not_enough_to_bring_it_back_where_history_can_be_asked()
    {
        _hub.Delete(6);
        _hub.Apply(Contact(10, ("first_name", "Anna"), ("email", "ann@example.com")) with { CanAskHistory = true }).ShouldBe(ChangeOutcome.NeedsHistory);
    }

    [Fact]
    public void A_deletion_that_lies_ahead_counts_as_of_when_it_was_heard_of()
    {
        _hub.Edit("first_name", "Anna", 9);
        _hub.Apply(new RemoteChange(new(RemoteKind.Contact, "1"), null, new(ChangeType.Deleted, Noon.AddYears(1), Noon.AddMinutes(5)), [], [], MemoryHub.Cause));
        Record.IsLive.ShouldBeTrue();
    }

    [Fact]
    public void Our_own_deletion_s_answer_deletes_nothing_in_the_hub()
    {
        _hub.Apply(Deleted(5) with { OwnWrite = OwnWrite.Answer });
        (_hub.Link("1")!.State, Record.IsLive).ShouldBe((LinkState.Deleted, true));
        _hub.Pushes.ShouldContain(push => push.Platform == Platform.HubSpot); // brought back meanwhile: to be created again
    }

    [Fact]
    public void The_platform_s_time_of_our_own_deletion_is_taken_from_its_echo()
    {
        _hub.Delete(4);
        _hub.Apply(Deleted(0) with { OwnWrite = OwnWrite.Answer });
        _hub.Apply(Deleted(5)).ShouldBe(ChangeOutcome.Unchanged);
        _hub.Link("1")!.StateAt.ShouldBe(Noon.AddMinutes(5));
    }

    [Fact]
    public void Where_deletions_are_ignored_only_the_link_ends()
    {
        _hub.Policy = _hub.Policy with { OnDelete = DeletePolicy.Ignore };
        _hub.Pushes.Clear();
        _hub.Apply(Deleted(5));
        (_hub.Link("1")!.State, Record.IsLive, _hub.Value("archived_at")).ShouldBe((LinkState.Deleted, true, null));
        _hub.Pushes.ShouldBeEmpty();
    }

    [Fact]
    public void A_deletion_ends_the_record_s_conflicts()
    {
        _hub.Policy = _hub.Policy with { Strategies = Strategies.Of(Strategy.ManualReview) };
        _hub.Edit("first_name", "Hub", 2);
        _hub.Apply(Contact(3, ("first_name", "HubSpot"), ("email", "ann@example.com")));
        _hub.Conflicts.Count.ShouldBe(1);
        _hub.Apply(Deleted(5));
        _hub.Conflicts.ShouldBeEmpty();
    }

    [Fact]
    public void A_deletion_ends_conflicts_with_the_other_sides_too_where_the_record_dies_with_it()
    {
        _hub.Hold(Record.Id, "first_name", Platform.Pipedrive);
        _hub.Apply(Deleted(5));
        _hub.Conflicts.ShouldBeEmpty();
    }

    [Fact]
    public void What_was_held_against_the_deleted_side_alone_goes_to_the_others_where_the_record_lives_on()
    {
        _hub.Policy = _hub.Policy with { OnDelete = DeletePolicy.Ignore };
        _hub.Hold(Record.Id, "first_name", Platform.HubSpot);
        _hub.Hold(Record.Id, "first_name", Platform.Pipedrive);
        _hub.Pushes.Clear();
        _hub.Apply(Deleted(5));
        _hub.Conflicts.Values.ShouldHaveSingleItem().Platform.ShouldBe(Platform.Pipedrive);
        _hub.Pushes.ShouldBe([new(Platform.Pipedrive, RecordKind.Contact, Record.Id)]);
    }

    [Fact]
    public void A_restored_record_that_was_created_anew_in_the_meantime_is_another_one()
    {
        _hub.Edit("first_name", "Anna", 9);
        _hub.Apply(Deleted(5));
        var id = _hub.Link("1")!.RecordId;
        _hub.Look();
        _hub.Apply(Answer(Contact("2", 31, ("first_name", "Anna"), ("email", "ann@example.com")), id));
        _hub.Apply(Contact("1", 40, ("first_name", "Ann"), ("email", "ann@example.com"))).ShouldBe(ChangeOutcome.Created);
        _hub.Link("2")!.RecordId.ShouldBe(id);
        _hub.Link("1")!.RecordId.ShouldNotBe(id);
    }

    [Fact]
    public void A_merge_with_a_live_record_brings_back_the_deleted_survivor()
    {
        _hub.Apply(Contact("2", 1, ("email", "bob@example.com")));
        var survivor = _hub.Link("1")!.RecordId;
        _hub.Delete(4);
        _hub.Apply(Contact("1", 10, ("first_name", "Ann"), ("email", "ann@example.com")) with { MergedIds = ["2"] });
        _hub.Records[survivor].IsLive.ShouldBeTrue();
        _hub.History.ShouldContain(entry => entry.Action == HistoryAction.Restore);
    }

    [Fact]
    public void Of_a_merge_and_a_deletion_told_together_the_merged_record_is_the_deleted_one()
    {
        _hub.Apply(Contact("2", 1, ("email", "bob@example.com")));
        _hub.Apply(Deleted(9) with { MergedIds = ["2"] });
        _hub.Records.Values.ShouldAllBe(record => !record.IsLive);
    }

    [Fact]
    public void A_merge_tells_the_other_platforms_of_both()
    {
        _hub.Apply(Contact("2", 1, ("email", "bob@example.com")));
        _hub.Pushes.Clear();
        _hub.Apply(Contact("1", 10, ("first_name", "Ann"), ("email", "ann@example.com")) with { MergedIds = ["2"] });
        _hub.Pushes.Where(push => push.Platform == Platform.Pipedrive).Select(push => push.RecordId).Distinct().Count().ShouldBe(2);
        _hub.Link("2")!.State.ShouldBe(LinkState.Merged);
        _hub.History.Single(entry => entry.Action == HistoryAction.Merge).NewValue.ShouldBe(_hub.Link("1")!.RecordId.ToString());
    }

    [Fact]
    public void A_loser_that_its_platform_brought_back_is_a_record_of_its_own()
    {
        _hub.Apply(Contact("2", 1, ("email", "bob@example.com")));
        _hub.Apply(Contact("1", 10, ("first_name", "Ann"), ("email", "ann@example.com")) with { MergedIds = ["2"] });
        _hub.Apply(Contact("2", 5, ("email", "bob@example.com"))).ShouldBe(ChangeOutcome.Outdated); // from before
        _hub.Apply(Contact("2", 20, ("email", "bob@example.com"))).ShouldBe(ChangeOutcome.Created);
    }

    [Theory]
    [InlineData(5, 12, ChangeOutcome.Created)] // of before the merge
    [InlineData(15, 12, ChangeOutcome.Outdated)] // it was back, and is gone again
    [InlineData(15, 20, ChangeOutcome.Created)]
    public void A_loser_s_own_deletion_counts_where_it_came_after_the_merge(int deletedAt, int shownAt, ChangeOutcome outcome)
    {
        _hub.Apply(Contact("2", 1, ("email", "bob@example.com")));
        _hub.Apply(Contact("1", 10, ("first_name", "Ann"), ("email", "ann@example.com")) with { MergedIds = ["2"] });
        _hub.Apply(Deleted(deletedAt) with { Ref = new(RemoteKind.Contact, "2") }).ShouldBe(ChangeOutcome.Ignored);
        _hub.Apply(Contact("2", shownAt, ("email", "bob@example.com"))).ShouldBe(outcome);
    }

    private static RemoteChange Answer(RemoteChange change, Guid syncId) =>
        change with { OwnWrite = OwnWrite.Answer, Record = change.Record! with { SyncId = syncId } };
}
