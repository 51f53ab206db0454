using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>What a change comes to: outcomes and their reasons, what is stored and what is not, who holds a key.</summary>
public sealed class BatchTests
{
    private readonly MemoryHub _hub = new();

    public BatchTests() => _hub.Apply(Contact(0, ("first_name", "Ann"), ("email", "ann@example.com")));

    [Fact]
    public void A_batch_tells_only_of_itself()
    {
        var planner = new BatchPlanner(_hub.Policy, StandardFields.Of, Guid.NewGuid);
        planner.Plan(WorkingSet.Empty, [Contact("7", 0, ("first_name", "Bob"))]).History.Length.ShouldBe(1);
        var second = planner.Plan(WorkingSet.Empty, []);
        (second.History.Length, second.Pushes.Count, second.Results.Length).ShouldBe((0, 0, 0));
    }

    [Fact]
    public void Every_refusal_to_apply_has_a_reason()
    {
        Reason(Contact("7", 5) with { Record = null }).ShouldBe("the platform no longer shows the record, and no event deleted it");
        Reason(Contact("7", 5) with { Record = null, Lifecycle = new(ChangeType.Deleted, Noon) }).ShouldBe("deleted before it was ever seen");
        Reason(Contact(-5, ("first_name", "Old"))).ShouldBe("a newer snapshot was applied before");
        _hub.Apply(Contact("2", 1, ("email", "bob@example.com")));
        _hub.Apply(Contact(5, ("first_name", "Ann"), ("email", "ann@example.com")) with { MergedIds = ["2"] });
        Reason(Contact("2", 4) with { Record = null }).ShouldBe("the link is merged");
        Reason(Contact("2", 4)).ShouldBe("the link is merged; this snapshot is older than the merge");
        _hub.Apply(Deleted(9));
        Reason(Contact(8, ("first_name", "Ann"))).ShouldBe("deleted; this snapshot is older than the deletion");
    }

    [Fact]
    public void A_snapshot_of_the_same_version_counts_if_it_was_read_later_and_not_if_earlier()
    {
        var read = Contact(5, ("first_name", "Later"), ("email", "ann@example.com"));
        _hub.Apply(read);
        _hub.Apply(ReadAt(Contact(5, ("first_name", "Earlier"), ("email", "ann@example.com")), read.Record!.ReadAt.AddSeconds(-1))).ShouldBe(ChangeOutcome.Outdated);
        _hub.Apply(read).ShouldBe(ChangeOutcome.Unchanged);
        _hub.Apply(ReadAt(Contact(5, ("first_name", "Latest"), ("email", "ann@example.com")), read.Record.ReadAt.AddSeconds(1))).ShouldBe(ChangeOutcome.Updated);
    }

    [Fact]
    public void A_newer_version_with_nothing_new_is_remembered_and_the_same_one_not_stored_again()
    {
        var set = Plan(Contact(5, ("first_name", "Ann"), ("email", "ann@example.com")));
        set.ChangedLinks.Values.ShouldHaveSingleItem().RemoteVersion.ShouldBe(Noon.AddMinutes(5));
        _hub.Keep(set);
        var again = Plan(Contact(5, ("first_name", "Ann"), ("email", "ann@example.com")));
        (again.ChangedLinks.Count, again.NewLinks.Count, again.ChangedRecords.Count, again.Claims.Count).ShouldBe((0, 0, 0, 0));
    }

    [Fact]
    public void It_is_remembered_too_while_an_edit_of_the_hub_waits_to_be_pushed()
    {
        _hub.Edit("first_name", "Hub", 3);
        _hub.Apply(Contact(9, ("first_name", "Ann"), ("email", "ann@example.com")));
        _hub.Apply(Contact(8, ("first_name", "Old"), ("email", "ann@example.com"))).ShouldBe(ChangeOutcome.Outdated);
        var again = Plan(Contact(9, ("first_name", "Ann"), ("email", "ann@example.com")));
        (again.ChangedLinks.Count, again.ChangedRecords.Count).ShouldBe((0, 0));
    }

    [Fact]
    public void A_link_without_its_record_among_the_rows_is_an_error_of_the_store()
    {
        var set = new WorkingSet([], [_hub.Link("1")!], [], [], [], []);
        Should.Throw<InvalidOperationException>(() => new BatchPlanner(_hub.Policy, StandardFields.Of, Guid.NewGuid).Plan(set, [Contact(5, ("first_name", "Ann"))]))
            .Message.ShouldBe("The link of contact 1 points to a record that was not loaded.");
    }

    [Fact]
    public void A_link_is_new_until_it_is_stored()
    {
        var set = Plan(Contact("5", 1, ("first_name", "Bob")), Contact("5", 2, ("first_name", "Bobby")));
        (set.NewLinks.Count, set.ChangedLinks.Count).ShouldBe((1, 0));
        set.NewLinks.Values.Single().Seen[StandardFields.Contact.IndexOf("first_name")].ShouldBe("Bobby");
    }

    [Fact]
    public void A_record_is_linked_while_one_of_its_links_lives()
    {
        var set = _hub.Load();
        var link = _hub.Link("1")!;
        var second = link with { Ref = link.Ref with { Id = "2" } };
        set.IsLinked(link.RecordId).ShouldBeTrue();
        set.Put(second);
        set.Put(link with { State = LinkState.Deleted });
        set.IsLinked(link.RecordId).ShouldBeTrue();
        set.WasDeleted(link.RecordId).ShouldBeTrue();
        set.WasDeleted(Guid.NewGuid()).ShouldBeFalse();
        set.Put(second with { State = LinkState.Deleted });
        set.IsLinked(link.RecordId).ShouldBeFalse();
        set.Put(second with { Ref = link.Ref with { Id = "other" }, RecordId = Guid.NewGuid() });
        set.IsLinked(link.RecordId).ShouldBeFalse();
    }

    [Fact]
    public void A_live_link_comes_before_one_of_a_creation()
    {
        var set = _hub.Load();
        var live = _hub.Link("1")!;
        set.Put(live with { Ref = RecordLink.NewRef(RemoteKind.Contact, live.RecordId), State = LinkState.Creating });
        set.LinkOf(live.RecordId)!.Ref.Id.ShouldBe("1");
        set.Put(live with { Ref = live.Ref with { Id = "0" } });
        set.LinkOf(live.RecordId)!.Ref.Id.ShouldBe("0");
    }

    [Fact]
    public void A_key_that_another_record_carries_makes_a_possible_duplicate_and_stays_where_it_is()
    {
        var first = _hub.Link("1")!.RecordId;
        var (outcome, reason) = Result(Contact("2", 1, ("email", "ann@example.com")));
        (outcome, reason).ShouldBe((ChangeOutcome.Created, $"possible duplicate of contact {first}"));
        var set = Plan(Contact("3", 1, ("email", "ann@example.com")));
        set.Claims.ShouldBeEmpty();
    }

    [Fact]
    public void A_key_that_its_holder_carries_no_more_changes_hands()
    {
        _hub.Edit("email", "new@example.com", 2);
        var set = Plan(Contact("2", 3, ("email", "ann@example.com")));
        var claim = set.Claims.ShouldHaveSingleItem().Value;
        (claim.RecordId, claim.From).ShouldBe((set.NewLinks.Values.Single().RecordId, _hub.Link("1")!.RecordId));
    }

    [Fact]
    public void A_key_whose_holder_is_gone_changes_hands()
    {
        _hub.Delete(2);
        Plan(Contact("2", 3, ("email", "ann@example.com"))).Claims.ShouldHaveSingleItem().Value.From.ShouldBe(_hub.Link("1")!.RecordId);
    }

    [Fact]
    public void A_record_that_was_deleted_on_its_platform_is_joined_by_a_new_one_of_the_same_key_where_the_hub_s_lives()
    {
        _hub.Edit("first_name", "Later", 9);
        _hub.Apply(Deleted(5));
        _hub.Apply(Contact("2", 10, ("email", "ann@example.com"), ("first_name", "Later")));
        _hub.Link("2")!.RecordId.ShouldBe(_hub.Link("1")!.RecordId);
    }

    [Fact]
    public void Of_two_first_sights_the_side_that_has_a_value_gives_it()
    {
        var other = new MemoryHub { Policy = _hub.Policy with { Platform = Platform.Pipedrive } };
        var record = _hub.Records.Values.Single();
        other.Records[record.Id] = record;
        other.Look(record.Id);
        var joined = Contact("9", 5, ("email", "ann@example.com"), ("first_name", null), ("job_title", "CEO"));
        other.Apply(joined with { Record = joined.Record! with { SyncId = record.Id } });
        (other.Value("first_name", "9"), other.Value("job_title", "9")).ShouldBe(("Ann", "CEO"));
    }

    [Fact]
    public void Erasing_one_that_was_never_seen_leaves_an_empty_tombstone()
    {
        _hub.Apply(Contact("7", 5) with { Record = null, Lifecycle = new(ChangeType.Erased, Noon.AddYears(1), Noon.AddMinutes(5)) }).ShouldBe(ChangeOutcome.Erased);
        _hub.Link("7")!.State.ShouldBe(LinkState.Erased);
        var record = _hub.Records[_hub.Link("7")!.RecordId];
        (record.DeletedAt, record.Values.All(value => value is null)).ShouldBe((Noon.AddMinutes(5), true));
    }

    [Fact]
    public void What_comes_about_an_erased_record_is_erased_again_where_it_is_an_event_and_ignored_where_it_is_not()
    {
        _hub.Apply(Contact("7", 5) with { Record = null, Lifecycle = new(ChangeType.Erased, Noon) });
        _hub.Apply(Contact("7", 6, ("first_name", "Ann"))).ShouldBe(ChangeOutcome.Erased);
        Reason(Contact("7", 6, ("first_name", "Ann")) with { Cause = new(CauseKind.Job, "1") }).ShouldBe("the link is erased");
    }

    [Fact]
    public void Erasing_one_that_is_known_leaves_the_erasing_to_the_store() =>
        _hub.Apply(Contact(5) with { Record = null, Lifecycle = new(ChangeType.Erased, Noon) }).ShouldBe(ChangeOutcome.Erased);

    [Theory]
    [InlineData(4, LinkState.Live)]
    [InlineData(5, LinkState.Live)]
    [InlineData(6, LinkState.Deleted)]
    public void A_deletion_older_than_what_the_platform_shows_is_over(int deletedAt, LinkState state)
    {
        _hub.Apply(Contact(5, ("first_name", "Ann"), ("email", "ann@example.com")) with { Lifecycle = new(ChangeType.Deleted, Noon.AddMinutes(deletedAt)) });
        _hub.Link("1")!.State.ShouldBe(state);
    }

    [Fact]
    public void An_archived_record_is_deleted_as_of_then_and_not_later_than_it_was_read()
    {
        var shown = Contact(5, ("first_name", "Ann"), ("email", "ann@example.com"));
        _hub.Apply(shown with { Record = shown.Record! with { ArchivedAt = Noon.AddYears(1) } }).ShouldBe(ChangeOutcome.Deleted);
        _hub.Records.Values.Single().DeletedAt.ShouldBe(shown.Record!.ReadAt);
    }

    [Fact]
    public void A_restoration_brings_the_record_back_and_dates_the_link()
    {
        _hub.Apply(Deleted(5));
        _hub.Apply(Contact(5, ("first_name", "Ann"), ("email", "ann@example.com")) with { Lifecycle = new(ChangeType.Restored, Noon.AddMinutes(7)) }).ShouldBe(ChangeOutcome.Updated);
        (_hub.Link("1")!.State, _hub.Link("1")!.StateAt, _hub.Records.Values.Single().IsLive).ShouldBe((LinkState.Live, Noon.AddMinutes(7).AddMicroseconds(1), true));
        _hub.Apply(Deleted(6)).ShouldBe(ChangeOutcome.Unchanged); // told late
    }

    [Fact]
    public void A_restoration_that_is_told_before_its_deletion_outlives_it()
    {
        _hub.Apply(Contact(5, ("first_name", "Ann"), ("email", "ann@example.com")) with { Lifecycle = new(ChangeType.Restored, Noon.AddMinutes(7)) });
        _hub.Apply(Deleted(6)).ShouldBe(ChangeOutcome.Unchanged);
        _hub.Link("1")!.State.ShouldBe(LinkState.Live);
    }

    [Fact]
    public void A_time_ahead_of_ours_is_cut_where_it_meets_other_systems_and_kept_among_its_own()
    {
        var ahead = Contact("8", 500_000, ("first_name", "Ann"));
        _hub.Apply(ReadAt(ahead, Noon));
        _hub.StampOf("first_name", "8").At.ShouldBe(Noon);
        _hub.Link("8")!.SeenStamps[StandardFields.Contact.IndexOf("first_name")].At.ShouldBe(Noon.AddMinutes(500_000));
        _hub.Link("8")!.Level[StandardFields.Contact.IndexOf("first_name")].At.ShouldBe(Noon);
        _hub.Link("8")!.Level[StandardFields.Contact.IndexOf("phone")].ShouldBe(Stamp.None); // a field that it did not carry
    }

    [Fact]
    public void A_creation_is_one_row_of_history_and_due_everywhere_else()
    {
        _hub.Pushes.Clear();
        _hub.Apply(Contact("5", 1, ("first_name", "Bob"), ("phone", null)));
        _hub.History[^1].NewValue.ShouldBe("""{"first_name":"Bob"}""");
        _hub.Pushes.ShouldHaveSingleItem().Platform.ShouldBe(Platform.Pipedrive);
    }

    [Fact]
    public void The_answer_to_a_merge_makes_the_loser_an_alias_that_was_never_seen()
    {
        _hub.Apply(Contact(5, ("first_name", "Ann"), ("email", "ann@example.com")) with { MergedIds = ["404"] }).ShouldBe(ChangeOutcome.Updated);
        (_hub.Link("404")!.State, _hub.Link("404")!.MergedInto, _hub.Link("404")!.RecordId).ShouldBe((LinkState.Merged, "1", _hub.Link("1")!.RecordId));
    }

    [Fact]
    public void A_survivor_that_was_never_seen_takes_over_the_live_loser_s_record_before_a_deleted_one_s()
    {
        _hub.Apply(Contact("2", 1, ("email", "bob@example.com")));
        _hub.Apply(Deleted(2));
        var live = _hub.Link("2")!.RecordId;
        _hub.Apply(Contact("9", 5, ("email", "bob@example.com")) with { MergedIds = ["1", "2"] });
        _hub.Link("9")!.RecordId.ShouldBe(live);
        (_hub.Link("1")!.State, _hub.Link("2")!.State).ShouldBe((LinkState.Merged, LinkState.Merged));
        _hub.Link("9")!.Sent.ShouldBeEmpty();
    }

    [Fact]
    public void Values_that_a_merge_wrote_into_the_survivor_are_no_edits_whatever_time_the_platform_gives_them()
    {
        _hub.Apply(Contact(0, ("first_name", "Ann")));
        _hub.Edit("first_name", "Anna", 3);
        var merged = Contact("9", 5, ("first_name", "Ann")) with { MergedIds = ["1", "2"] };
        _hub.Apply(Exactly(merged, "first_name", 5));
        _hub.Value("first_name", "9").ShouldBe("Anna");
        _hub.Apply(Exactly(Contact("9", 6, ("first_name", "Ann")), "first_name", 6));
        _hub.Value("first_name", "9").ShouldBe("Ann"); // that one is later than the merge: somebody set it again
    }

    [Fact]
    public void A_survivor_of_unknown_losers_starts_a_record_and_they_become_its_aliases()
    {
        _hub.Apply(Contact("9", 5, ("email", "new@example.com")) with { MergedIds = ["77", "78"] }).ShouldBe(ChangeOutcome.Created);
        (_hub.Link("77")!.State, _hub.Link("78")!.RecordId).ShouldBe((LinkState.Merged, _hub.Link("9")!.RecordId));
    }

    [Fact]
    public void A_merge_ends_the_loser_s_conflicts()
    {
        _hub.Policy = _hub.Policy with { Strategies = Strategies.Of(Strategy.ManualReview) };
        _hub.Edit("first_name", "Hub", 2);
        _hub.Apply(Contact(3, ("first_name", "HubSpot"), ("email", "ann@example.com")));
        _hub.Conflicts.Count.ShouldBe(1);
        _hub.Apply(Contact("2", 4, ("email", "bob@example.com")));
        _hub.Apply(Contact("2", 5, ("email", "bob@example.com")) with { MergedIds = ["1"] });
        _hub.Conflicts.ShouldBeEmpty();
    }

    private static RemoteChange ReadAt(RemoteChange change, DateTimeOffset at) => change with { Record = change.Record! with { ReadAt = at } };

    private WorkingSet Plan(params RemoteChange[] changes)
    {
        var set = _hub.Load();
        new BatchPlanner(_hub.Policy, StandardFields.Of, Guid.NewGuid).Plan(set, changes);
        return set;
    }

    private (ChangeOutcome, string?) Result(RemoteChange change)
    {
        var result = new BatchPlanner(_hub.Policy, StandardFields.Of, Guid.NewGuid).Plan(_hub.Load(), [change]).Results[0];
        return (result.Outcome, result.Reason);
    }

    private string? Reason(RemoteChange change) => Result(change).Item2;
}
