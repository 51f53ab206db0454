using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>Where a platform's deletions are to archive: the hub's record is put away and lives on, until it is brought back.</summary>
public sealed class ArchiveTests
{
    private const string ArchivedAt = StandardFields.ArchivedAt;

    private readonly MemoryHub _hub = new();

    public ArchiveTests()
    {
        _hub.Policy = _hub.Policy with { OnDelete = DeletePolicy.Archive };
        _hub.Apply(Contact(0, ("first_name", "Ann"), ("email", "ann@example.com")));
    }

    private HubRecord Record => _hub.Records[_hub.Link("1")!.RecordId];

    [Fact]
    public void A_deletion_puts_the_record_away_as_of_its_time_and_history_and_the_others_are_told()
    {
        _hub.Pushes.Clear();
        _hub.Apply(Deleted(5)).ShouldBe(ChangeOutcome.Deleted);
        (_hub.Link("1")!.State, Record.IsLive, _hub.Value(ArchivedAt)).ShouldBe((LinkState.Deleted, true, "2026-05-04T12:05:00Z"));
        (_hub.History[^1].Action, _hub.History[^1].Field, _hub.History[^1].NewValue, _hub.History[^1].Source)
            .ShouldBe((HistoryAction.Set, ArchivedAt, "2026-05-04T12:05:00Z", Platform.HubSpot));
        _hub.Pushes.ShouldHaveSingleItem().Platform.ShouldBe(Platform.Pipedrive);
    }

    [Fact]
    public void Its_time_is_as_exact_as_the_platform_tells_it()
    {
        _hub.Apply(Deleted(5) with { Lifecycle = new(ChangeType.Deleted, Noon.AddMinutes(5).AddMilliseconds(250)) });
        _hub.Value(ArchivedAt).ShouldBe("2026-05-04T12:05:00.25Z");
    }

    [Fact]
    public void What_is_put_away_is_created_nowhere_until_a_person_brings_it_back()
    {
        _hub.Apply(Deleted(5));
        var pipedrive = new MemoryHub { Policy = _hub.Policy with { Platform = Platform.Pipedrive } };
        pipedrive.Records[Record.Id] = Record;
        foreach (var (hub, where) in new[] { (_hub, "where it was deleted"), (pipedrive, "where it never was") })
        {
            hub.Look(Record.Id).Kind.ShouldBe(PushKind.Nothing, where);
            hub.EditRecord(Record.Id, ArchivedAt, null, 9);
            hub.Look(Record.Id).Kind.ShouldBe(PushKind.Create, where);
        }
    }

    [Fact]
    public void Where_it_lives_on_it_is_edited_as_before()
    {
        var pipedrive = new MemoryHub { Policy = _hub.Policy with { Platform = Platform.Pipedrive } };
        pipedrive.Apply(Contact(0, ("first_name", "Ann"), ("email", "ann@example.com")));
        pipedrive.EditRecord(pipedrive.Link("1")!.RecordId, ArchivedAt, "2026-05-04T12:05:00Z", 5);
        pipedrive.Apply(Contact(9, ("first_name", "Annie"), ("email", "ann@example.com")));
        (pipedrive.Value("first_name"), pipedrive.Value(ArchivedAt)).ShouldBe(("Annie", "2026-05-04T12:05:00Z"));
        pipedrive.EditRecord(pipedrive.Link("1")!.RecordId, "first_name", "Anna", 12);
        pipedrive.Look(writable: field => field != ArchivedAt).Kind.ShouldBe(PushKind.Update);
    }

    [Fact]
    public void The_platform_that_deleted_it_brings_it_back()
    {
        _hub.Apply(Deleted(5));
        _hub.Pushes.Clear();
        _hub.Apply(Contact(8, ("first_name", "Ann"), ("email", "ann@example.com"))).ShouldBe(ChangeOutcome.Updated);
        (_hub.Link("1")!.State, _hub.Value(ArchivedAt)).ShouldBe((LinkState.Live, null));
        _hub.StampOf(ArchivedAt).ShouldBe(new(Noon.AddMinutes(8), Platform.HubSpot));
        _hub.Pushes.ShouldHaveSingleItem().Platform.ShouldBe(Platform.Pipedrive);
    }

    [Fact]
    public void So_does_a_new_record_of_the_same_key_there()
    {
        _hub.Apply(Deleted(5));
        _hub.Apply(Contact("2", 8, ("first_name", "Ann"), ("email", "ann@example.com")));
        (_hub.Link("2")!.RecordId, _hub.Value(ArchivedAt)).ShouldBe((Record.Id, null));
    }

    [Fact]
    public void What_a_person_put_away_stays_so_whatever_the_platform_deletes_and_brings_back()
    {
        _hub.Edit(ArchivedAt, "2026-05-04T12:01:00Z", 1);
        _hub.Apply(Deleted(5));
        _hub.Apply(Contact(8, ("first_name", "Ann"), ("email", "ann@example.com")));
        _hub.Value(ArchivedAt).ShouldBe("2026-05-04T12:01:00Z");
        _hub.StampOf(ArchivedAt).By.ShouldBe(Platform.Supabase);
    }

    [Fact]
    public void A_deletion_that_is_heard_of_again_does_not_put_away_what_a_person_brought_back()
    {
        _hub.Apply(Deleted(5));
        _hub.Edit(ArchivedAt, null, 9);
        _hub.Apply(Deleted(5)).ShouldBe(ChangeOutcome.Unchanged);
        _hub.Value(ArchivedAt).ShouldBeNull();
    }

    [Fact]
    public void A_clock_that_is_behind_puts_away_all_the_same()
    {
        _hub.Edit(ArchivedAt, "2026-05-04T12:30:00Z", 30);
        _hub.Edit(ArchivedAt, null, 31);
        _hub.Apply(Deleted(5));
        _hub.StampOf(ArchivedAt).ShouldBe(new(Noon.AddMinutes(31).AddMicroseconds(1), Platform.HubSpot));
        _hub.Value(ArchivedAt).ShouldNotBeNull();
    }
}
