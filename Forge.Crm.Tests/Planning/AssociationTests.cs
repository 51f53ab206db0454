using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>The associations of one contact with two companies, as HubSpot shows them and as the hub has them.</summary>
public sealed class AssociationTests
{
    private readonly MemoryHub _hub = new();

    public AssociationTests() => _hub.Apply(Company("c1"), Company("c2"), Contact(0, ("first_name", "Ann")));

    private Association First => Of("c1")!;

    [Fact]
    public void One_that_it_shows_for_the_first_time_is_added()
    {
        _hub.Pushes.Clear();
        Shown(5, ("c1", true)).ShouldBe(ChangeOutcome.Updated);
        (First.IsPrimary, First.DeletedAt, First.Bases[Platform.HubSpot].IsShown).ShouldBe((true, null, true));
        First.Stamp.ShouldBe(new Stamp(Noon.AddMinutes(5).AddSeconds(1), Platform.HubSpot));
        var entry = _hub.History[^1];
        (entry.Action, entry.Field, entry.OldValue, entry.NewValue).ShouldBe((HistoryAction.Associate, "company", null, _hub.Link(Ref("c1"))!.RecordId.ToString()));
        _hub.Pushes.ShouldHaveSingleItem().Platform.ShouldBe(Platform.Pipedrive); // HubSpot has it already
    }

    [Fact]
    public void Two_that_come_or_go_at_once_are_told_to_the_others_like_one()
    {
        Shown(5, ("c1", false), ("c2", false)).ShouldBe(ChangeOutcome.Updated);
        Shown(6).ShouldBe(ChangeOutcome.Updated);
    }

    [Fact]
    public void Those_with_two_kinds_are_told_to_the_others_like_those_with_one()
    {
        _hub.Apply(Deal());
        _hub.Apply(Deal() with
        {
            Associations = [new(Ref("d1", RemoteKind.Deal), RemoteKind.Company, [new("c1", false)]), new(Ref("d1", RemoteKind.Deal), RemoteKind.Contact, [new("1", false)])],
        }).ShouldBe(ChangeOutcome.Updated);
        _hub.Associations.Count.ShouldBe(2);
    }

    [Fact]
    public void A_later_read_of_the_same_version_dates_what_it_shows_for_the_first_time()
    {
        var change = With(Contact(0, ("first_name", "Ann")), ("c1", false));
        _hub.Apply(change with { Record = change.Record! with { ReadAt = Noon.AddMinutes(4) } });
        First.Stamp.At.ShouldBe(Noon.AddMinutes(4));
    }

    [Fact]
    public void One_that_it_showed_before_changes_nothing()
    {
        Shown(5, ("c1", true));
        var history = _hub.History.Count;
        Shown(6, ("c1", true)).ShouldBe(ChangeOutcome.Unchanged);
        (_hub.History.Count, First.Stamp.At).ShouldBe((history, Noon.AddMinutes(5).AddSeconds(1)));
        var set = _hub.Load();
        new BatchPlanner(_hub.Policy, StandardFields.Of, Guid.NewGuid).Plan(set, [With(Contact(7, ("first_name", "Ann")), ("c1", true))]);
        set.ChangedAssociations.ShouldBeEmpty(); // nor is anything stored
    }

    [Fact]
    public void One_that_becomes_the_primary_changes_without_being_added_again()
    {
        Shown(5, ("c1", false));
        var history = _hub.History.Count;
        Shown(6, ("c1", true)).ShouldBe(ChangeOutcome.Updated);
        (First.IsPrimary, First.Stamp.At, _hub.History.Count).ShouldBe((true, Noon.AddMinutes(6).AddSeconds(1), history));
    }

    [Fact]
    public void One_shown_twice_is_the_primary_if_either_is() =>
        (Shown(5, ("c1", false), ("c1", true)), First.IsPrimary).ShouldBe((ChangeOutcome.Updated, true));

    [Fact]
    public void One_that_it_showed_and_shows_no_more_is_removed()
    {
        Shown(5, ("c1", true), ("c2", false));
        Shown(7, ("c2", false)).ShouldBe(ChangeOutcome.Updated);
        (First.DeletedAt, First.Bases[Platform.HubSpot], First.Stamp.At).ShouldBe((Noon.AddMinutes(7).AddSeconds(1), new(false), Noon.AddMinutes(7).AddSeconds(1)));
        Of("c2")!.DeletedAt.ShouldBeNull();
        (_hub.History[^1].Action, _hub.History[^1].OldValue, _hub.History[^1].NewValue)
            .ShouldBe((HistoryAction.Dissociate, _hub.Link(Ref("c1"))!.RecordId.ToString(), null));
    }

    [Fact]
    public void One_that_was_removed_and_is_shown_again_is_added_again()
    {
        Shown(5, ("c1", false));
        Shown(6);
        Shown(7, ("c1", false)).ShouldBe(ChangeOutcome.Updated);
        (First.DeletedAt, First.Bases[Platform.HubSpot].IsShown).ShouldBe((null, true));
        _hub.History[^1].Action.ShouldBe(HistoryAction.Associate);
    }

    [Fact]
    public void One_that_it_never_showed_stays()
    {
        Keep("c1", (Platform.Pipedrive, true));
        Shown(5).ShouldBe(ChangeOutcome.Unchanged);
        First.DeletedAt.ShouldBeNull();
    }

    [Fact]
    public void One_that_another_side_added_is_level_when_it_shows_it_too()
    {
        Keep("c1", (Platform.Pipedrive, true));
        var history = _hub.History.Count;
        Shown(5, ("c1", false)).ShouldBe(ChangeOutcome.Unchanged);
        (First.Bases[Platform.HubSpot].IsShown, First.Bases[Platform.Pipedrive].IsShown, First.Stamp.By, _hub.History.Count).ShouldBe((true, true, Platform.Pipedrive, history));
    }

    [Fact]
    public void One_that_was_removed_elsewhere_is_not_added_again_while_it_still_shows_it()
    {
        Keep("c1", (Platform.HubSpot, true));
        _hub.Associations[First.Key] = First with { DeletedAt = Noon };
        Shown(5, ("c1", false)).ShouldBe(ChangeOutcome.Unchanged);
        First.DeletedAt.ShouldBe(Noon);
    }

    [Fact]
    public void One_that_was_removed_elsewhere_is_not_added_again_by_becoming_the_primary()
    {
        Keep("c1", (Platform.HubSpot, true));
        _hub.Associations[First.Key] = First with { DeletedAt = Noon };
        Shown(5, ("c1", true));
        (First.IsPrimary, First.DeletedAt).ShouldBe((true, Noon));
    }

    [Fact]
    public void One_that_was_removed_elsewhere_is_level_when_it_shows_it_no_more()
    {
        Keep("c1", (Platform.HubSpot, true));
        _hub.Associations[First.Key] = First with { DeletedAt = Noon };
        var history = _hub.History.Count;
        Shown(5).ShouldBe(ChangeOutcome.Unchanged);
        (First.Bases[Platform.HubSpot].IsShown, First.DeletedAt, First.Stamp.By, _hub.History.Count).ShouldBe((false, Noon, Platform.Pipedrive, history));
    }

    [Fact]
    public void One_with_a_record_that_the_hub_does_not_have_is_passed_over() => Shown(5, ("c9", true)).ShouldBe(ChangeOutcome.Unchanged);

    [Fact]
    public void Those_of_a_record_that_is_not_linked_or_not_live_are_passed_over()
    {
        _hub.Apply(Of("9", 5, ("c1", true))).ShouldBe(ChangeOutcome.Ignored);
        _hub.Apply(Deleted(4));
        _hub.Apply(Of("1", 5, ("c1", true))).ShouldBe(ChangeOutcome.Ignored);
        _hub.Associations.ShouldBeEmpty();
    }

    [Fact]
    public void Without_a_snapshot_the_last_read_dates_them()
    {
        _hub.Apply(Of("1", 5, ("c1", true)));
        First.Stamp.At.ShouldBe(Noon.AddSeconds(1));
    }

    [Fact]
    public void Both_ends_may_be_new_in_one_batch()
    {
        var hub = new MemoryHub();
        hub.Apply(With(Contact(0, ("first_name", "Ann")), ("c1", true)), Company("c1"));
        hub.Associations.ShouldHaveSingleItem();
    }

    [Fact]
    public void A_new_record_stays_a_new_one_with_associations()
    {
        _hub.Apply(With(Contact("5", 1, ("first_name", "Bob")), ("c1", true))).ShouldBe(ChangeOutcome.Created);
        _hub.Associations.Count.ShouldBe(1);
    }

    [Fact]
    public void Those_of_a_record_that_is_to_be_planned_again_are_planned_then()
    {
        _hub.Edit("first_name", "Hub", 3);
        _hub.Apply(With(Contact(6, ("first_name", "HubSpot")), ("c1", true)) with { CanAskHistory = true }).ShouldBe(ChangeOutcome.NeedsHistory);
        _hub.Associations.ShouldBeEmpty();
    }

    [Fact]
    public void A_read_that_began_before_we_wrote_it_does_not_remove_it_and_is_asked_for_again()
    {
        Keep("c1");
        Base("c1", Platform.HubSpot, new(true, WrittenAt: Noon.AddMinutes(5).AddSeconds(1)));
        _hub.Pushes.Clear();
        foreach (var minute in new[] { 4, 5 }) // read before, or in the moment of its answer
            Shown(minute).ShouldBe(ChangeOutcome.Outdated);
        (First.DeletedAt, _hub.Pushes.Count).ShouldBe((null, 0));
        Shown(7).ShouldBe(ChangeOutcome.Updated);
        First.DeletedAt.ShouldNotBeNull();
    }

    [Fact]
    public void A_read_that_began_before_we_removed_it_does_not_add_it_again()
    {
        Keep("c1");
        _hub.Associations[First.Key] = First with { DeletedAt = Noon };
        Base("c1", Platform.HubSpot, new(false, WrittenAt: Noon.AddMinutes(6)));
        _hub.Pushes.Clear();
        Shown(5, ("c1", false)).ShouldBe(ChangeOutcome.Outdated);
        (First.DeletedAt, _hub.Pushes.Count).ShouldBe((Noon, 0));
        Shown(7, ("c1", false));
        First.DeletedAt.ShouldBeNull();
    }

    [Fact]
    public void A_first_sight_does_not_say_which_is_the_primary_one()
    {
        Keep("c1", (Platform.Pipedrive, true));
        Shown(5, ("c1", true)).ShouldBe(ChangeOutcome.Unchanged);
        (First.IsPrimary, First.Bases[Platform.HubSpot].IsPrimary).ShouldBe((false, true));
        Shown(6, ("c1", false)).ShouldBe(ChangeOutcome.Unchanged);
        (First.IsPrimary, First.Bases[Platform.HubSpot]).ShouldBe((false, new(true)));
    }

    [Fact]
    public void One_whose_only_place_we_gave_to_the_primary_one_is_not_removed()
    {
        _hub.Policy = SyncPolicy.DefaultFor(Platform.Pipedrive);
        Keep("c1", (Platform.Pipedrive, true));
        Keep("c2");
        _hub.Associations[Of("c2")!.Key] = Of("c2")! with { IsPrimary = true };
        Shown(5, ("c2", true)).ShouldBe(ChangeOutcome.Unchanged);
        (First.IsLive, First.Bases[Platform.Pipedrive].IsShown, Of("c2")!.Bases[Platform.Pipedrive].IsShown).ShouldBe((true, false, true));
    }

    [Fact]
    public void One_that_somebody_put_another_in_the_place_of_is_removed()
    {
        _hub.Policy = SyncPolicy.DefaultFor(Platform.Pipedrive);
        Keep("c1", (Platform.Pipedrive, true));
        Shown(5, ("c2", true)).ShouldBe(ChangeOutcome.Updated);
        (First.IsLive, Of("c2")!.IsLive).ShouldBe((false, true));
    }

    [Fact]
    public void So_is_one_that_somebody_put_another_in_the_place_of_that_the_hub_has_but_not_as_the_primary_one()
    {
        _hub.Policy = SyncPolicy.DefaultFor(Platform.Pipedrive);
        Keep("c1", (Platform.Pipedrive, true));
        Keep("c2");
        Shown(5, ("c2", true)).ShouldBe(ChangeOutcome.Updated);
        (First.IsLive, Of("c2")!.IsLive).ShouldBe((false, true));
    }

    [Fact]
    public void Those_of_a_platform_that_is_only_written_to_are_passed_over()
    {
        _hub.Policy = _hub.Policy with { TakesIn = false };
        Shown(5, ("c1", true)).ShouldBe(ChangeOutcome.Unchanged);
        _hub.Associations.ShouldBeEmpty();
    }

    private void Base(string company, Platform platform, AssociationBase shown)
    {
        var association = Of(company)!;
        _hub.Associations[association.Key] = association with { Bases = association.Bases.SetItem(platform, shown) };
    }

    private static RemoteRef Ref(string id, RemoteKind kind = RemoteKind.Company) => new(kind, id);

    private static RemoteChange Deal()
    {
        var record = new RemoteRecord(Ref("d1", RemoteKind.Deal), [.. new RemoteField[StandardFields.Deal.Count]], Noon, Noon, [], [], Noon);
        return new(record.Ref, record, null, [], [], MemoryHub.Cause);
    }

    private static RemoteChange With(RemoteChange change, params (string Id, bool IsPrimary)[] companies) => change with
    {
        Associations = [new(change.Ref, RemoteKind.Company, [.. companies.Select(c => new RemoteAssociation(c.Id, c.IsPrimary))])],
    };

    private static RemoteChange Of(string contact, int minute, params (string Id, bool IsPrimary)[] companies) =>
        With(Contact(contact, minute) with { Record = null }, companies);

    private Association? Of(string company) =>
        _hub.Associations.GetValueOrDefault(new(RecordKind.Contact, _hub.Link("1")!.RecordId, RecordKind.Company, _hub.Link(Ref(company))!.RecordId));

    private ChangeOutcome Shown(int minute, params (string Id, bool IsPrimary)[] companies) =>
        _hub.Apply(With(Contact(minute, ("first_name", "Ann")), companies));

    private void Keep(string company, params (Platform Platform, bool IsShown)[] bases)
    {
        var key = new AssociationKey(RecordKind.Contact, _hub.Link("1")!.RecordId, RecordKind.Company, _hub.Link(Ref(company))!.RecordId);
        _hub.Associations[key] = new(
            key, IsPrimary: false, new(Noon, Platform.Pipedrive), null,
            System.Collections.Immutable.ImmutableDictionary.CreateRange(bases.Select(b => KeyValuePair.Create(b.Platform, new AssociationBase(b.IsShown)))));
    }
}
