using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>A record that was deleted and is there again: who brings it back, as of when, and who is told.</summary>
public sealed class RestorationTests
{
    private readonly MemoryHub _hub = new();

    public RestorationTests() => _hub.Apply(Contact(0, ("first_name", "Ann"), ("email", "ann@example.com")));

    private HubRecord Record => _hub.Records[_hub.Link("1")!.RecordId];

    [Theory]
    [InlineData(4, false)]
    [InlineData(6, false)]
    [InlineData(9, true)]
    public void An_edit_on_a_platform_brings_a_record_back_that_the_hub_deleted_before(int editAt, bool lives)
    {
        _hub.Delete(6);
        _hub.Apply(Exactly(Contact(10, ("first_name", "Anna"), ("email", "ann@example.com")), "first_name", editAt));
        Record.IsLive.ShouldBe(lives);
        Record.Values[StandardFields.Contact.IndexOf("first_name")].ShouldBe("Anna"); // followed either way
        _hub.History.Any(entry => entry.Action == HistoryAction.Restore).ShouldBe(lives);
    }

    [Fact]
    public void Edits_of_two_fields_bring_it_back_like_one()
    {
        _hub.Delete(6);
        _hub.Apply(Contact(10, ("first_name", "Anna"), ("email", "anna@example.com")));
        Record.IsLive.ShouldBeTrue();
    }

    [Theory]
    [InlineData(12, 10)]
    [InlineData(8, 8)]
    public void It_is_back_as_of_the_version_that_shows_it_and_not_later_than_that_was_read(int readAt, int backAt)
    {
        _hub.Apply(Deleted(6));
        var shown = Contact(10, ("first_name", "Ann"), ("email", "ann@example.com"));
        _hub.Apply(shown with { Record = shown.Record! with { ReadAt = Noon.AddMinutes(readAt) } });
        _hub.History.Single(entry => entry.Action == HistoryAction.Restore).ChangedAt.ShouldBe(Noon.AddMinutes(backAt));
    }

    [Fact]
    public void A_platform_that_brings_a_record_back_is_not_told_of_it_but_the_others_are()
    {
        _hub.Apply(Deleted(6));
        _hub.Pushes.Clear();
        _hub.Apply(Contact(10, ("first_name", "Ann"), ("email", "ann@example.com"))).ShouldBe(ChangeOutcome.Updated);
        _hub.Pushes.ShouldHaveSingleItem().Platform.ShouldBe(Platform.Pipedrive);
        _hub.Apply(Contact(15, ("first_name", "Anna"), ("email", "ann@example.com")));
        _hub.Link("1")!.StateAt.ShouldBe(Noon.AddMinutes(10)); // alive since then, whatever was shown later
    }

    [Fact]
    public void Where_the_hub_s_record_lived_on_a_restoration_makes_the_link_live_again_and_is_news_for_nobody()
    {
        _hub.Policy = _hub.Policy with { OnDelete = DeletePolicy.Ignore };
        _hub.Apply(Deleted(5));
        _hub.Pushes.Clear();
        var restored = Contact(0, ("first_name", "Ann"), ("email", "ann@example.com")) with { Lifecycle = new(ChangeType.Restored, Noon.AddMinutes(7)) };
        _hub.Apply(restored).ShouldBe(ChangeOutcome.Unchanged);
        (_hub.Link("1")!.State, _hub.Pushes.Count).ShouldBe((LinkState.Live, 0));
    }

    [Fact]
    public void A_record_that_the_platform_changes_after_it_was_merged_elsewhere_is_not_told_of_again()
    {
        _hub.Records[Record.Id] = Record with { MergedIntoId = Guid.NewGuid(), DeletedAt = Noon };
        _hub.Pushes.Clear();
        _hub.Apply(Contact(10, ("first_name", "Anna"), ("email", "ann@example.com")));
        _hub.Pushes.ShouldNotContain(push => push.Platform == Platform.HubSpot);
    }

    [Theory]
    [InlineData(0, 300, false)]
    [InlineData(60, 300, false)]
    [InlineData(61, 300, true)]
    [InlineData(61, 0, true)]
    public void What_came_back_within_the_tick_of_its_deletion_is_back_once_no_stale_read_can_explain_it(int secondsAfterHearing, int ms, bool lives)
    {
        _hub.Apply(Deleted(6) with { Lifecycle = new(ChangeType.Deleted, Noon.AddMinutes(6).AddMilliseconds(ms), Noon.AddMinutes(7)) });
        _hub.Apply(InTheSecondOfItsDeletion(secondsAfterHearing));
        Record.IsLive.ShouldBe(lives);
        _hub.Apply(Deleted(6) with { Lifecycle = new(ChangeType.Deleted, Noon.AddMinutes(6).AddMilliseconds(ms), Noon.AddMinutes(9)) }); // told again
        Record.IsLive.ShouldBe(lives);
    }

    [Fact]
    public void A_restoration_that_is_told_with_the_first_sight_of_a_record_ends_the_deletion_before_it()
    {
        _hub.Apply(Contact("2", 5, ("first_name", "Bea")) with { Lifecycle = new(ChangeType.Restored, Noon.AddMinutes(5).AddMilliseconds(800)) });
        _hub.Apply(BeaDeleted(heardAt: 5)).ShouldBe(ChangeOutcome.Unchanged);
        _hub.Link("2")!.State.ShouldBe(LinkState.Live);
    }

    [Theory]
    [InlineData(5, false)]
    [InlineData(6, true)]
    [InlineData(7, true)]
    public void A_deletion_that_was_heard_of_more_than_a_minute_before_the_record_was_shown_is_over(int heardAt, bool isDeleted)
    {
        var shown = Contact("2", 5, ("first_name", "Bea"));
        _hub.Apply(shown with { Record = shown.Record! with { ReadAt = Noon.AddMinutes(7) } });
        _hub.Apply(BeaDeleted(heardAt)).ShouldBe(isDeleted ? ChangeOutcome.Deleted : ChangeOutcome.Unchanged);
        _hub.Link("2")!.State.ShouldBe(isDeleted ? LinkState.Deleted : LinkState.Live);
    }

    [Fact]
    public void What_was_seen_before_its_deletion_was_heard_of_is_not_back_however_late_it_is_read()
    {
        _hub.Apply(Deleted(6) with { Lifecycle = new(ChangeType.Deleted, Noon.AddMinutes(6).AddSeconds(1), Noon.AddMinutes(7)) });
        _hub.Apply(InTheSecondOfItsDeletion(secondsAfterHearing: 600)).ShouldBe(ChangeOutcome.Outdated);
        Record.IsLive.ShouldBeFalse();
    }

    [Fact]
    public void An_alias_that_the_platform_says_it_restored_is_a_record_of_its_own_again()
    {
        _hub.Apply(Contact("2", 0, ("first_name", "Bea")));
        _hub.Apply(Contact("2", 6, ("first_name", "Bea")) with { MergedIds = ["1"] });
        _hub.Link("1")!.State.ShouldBe(LinkState.Merged);
        var back = Contact(6, ("first_name", "Ann")) with { Lifecycle = new(ChangeType.Restored, Noon.AddMinutes(6).AddMilliseconds(500)) };
        _hub.Apply(back).ShouldBe(ChangeOutcome.Created);
        _hub.Link("1")!.State.ShouldBe(LinkState.Live);
        _hub.Apply(Deleted(6)).ShouldBe(ChangeOutcome.Unchanged); // the deletion that the merge was, told late
    }

    // In the second of the version that shows her.
    private static RemoteChange BeaDeleted(int heardAt) =>
        new(new(RemoteKind.Contact, "2"), null, new(ChangeType.Deleted, Noon.AddMinutes(5).AddMilliseconds(100), Noon.AddMinutes(heardAt)), [], [], MemoryHub.Cause);

    private static RemoteChange InTheSecondOfItsDeletion(int secondsAfterHearing)
    {
        var shown = Contact(6, ("first_name", "Ann"), ("email", "ann@example.com"));
        return shown with { Record = shown.Record! with { Tick = TimeSpan.FromSeconds(1), ReadAt = Noon.AddMinutes(7).AddSeconds(secondsAfterHearing) } };
    }
}
