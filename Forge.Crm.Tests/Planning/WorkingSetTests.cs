using System.Collections.Immutable;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>The rows of a batch: what planning finds in them, and what it leaves to be stored.</summary>
public sealed class WorkingSetTests
{
    private const string Key = "email:ann@example.com";

    private readonly HubRecord _first = NewRecord();
    private readonly HubRecord _second = NewRecord();

    [Fact]
    public void A_record_whose_live_link_is_not_among_the_rows_is_linked_where_the_store_says_so()
    {
        var set = new WorkingSet([_first, _second], [], [], [_first.Id], [], []);
        (set.IsLinked(_first.Id), set.IsLinked(_second.Id)).ShouldBe((true, false));
    }

    [Fact]
    public void A_record_is_linked_from_the_moment_that_a_live_link_of_it_is_put()
    {
        var set = new WorkingSet([_first], [], [], [], [], []);
        set.Put(RecordLink.New(new(RemoteKind.Contact, "1"), _first.Id, Noon, StandardFields.Contact));
        set.IsLinked(_first.Id).ShouldBeTrue();
    }

    [Fact]
    public void The_associations_of_a_record_are_those_from_it_of_all_kinds_or_to_one()
    {
        Association[] all =
        [
            Of(RecordKind.Contact, _first.Id, RecordKind.Company),
            Of(RecordKind.Contact, _first.Id, RecordKind.Deal),
            Of(RecordKind.Contact, _second.Id, RecordKind.Company),
            Of(RecordKind.Deal, _first.Id, RecordKind.Company),
            Of(RecordKind.Deal, _second.Id, RecordKind.Company),
        ];
        var set = new WorkingSet([], [], [], [], all, []);
        set.AssociationsOf(RecordKind.Contact, _first.Id, RecordKind.Company).ShouldBe([all[0]]);
        set.AssociationsOf(RecordKind.Contact, _first.Id).ShouldBe([all[0], all[1]], ignoreOrder: true);
    }

    [Fact]
    public void A_key_of_a_record_that_was_merged_into_the_claiming_one_is_given_to_it()
    {
        var set = new WorkingSet([_first with { MergedIntoId = _second.Id }, _second], [], [(RecordKind.Contact, Key, _first.Id)], [], [], []);
        set.Claim(RecordKind.Contact, Key, _second.Id, (_, _) => true).ShouldBeNull();
        set.Claims[(RecordKind.Contact, Key)].ShouldBe(new Claim(_second.Id, _first.Id));
    }

    [Fact]
    public void A_conflict_that_is_put_again_takes_the_place_of_itself_and_of_no_other()
    {
        var (name, phone) = (Conflict("first_name", Platform.HubSpot), Conflict("phone", Platform.HubSpot));
        var elsewhere = Conflict("first_name", Platform.Pipedrive);
        var set = new WorkingSet([_first], [], [], [], [], [name, phone, elsewhere]);
        var updated = name with { Remote = new("newer", default) };
        set.Put(new ConflictChange(updated, IsOpen: true));
        set.ConflictsOf(_first.Id).ShouldBe([phone, elsewhere, updated], ignoreOrder: true);
        set.Put(new ConflictChange(updated, IsOpen: false));
        set.ConflictsOf(_first.Id).ShouldBe([phone, elsewhere], ignoreOrder: true);
        set.ConflictsOf(_second.Id).ShouldBeEmpty();
    }

    [Fact]
    public void A_record_begins_on_the_platform_when_a_link_of_it_comes_alive_and_ends_when_it_is_deleted_or_erased()
    {
        var live = LinkTo(_first.Id);
        Put([], live).ShouldBe((_first.Id, null));
        Put([live with { State = LinkState.Creating }], live).ShouldBe((_first.Id, null));
        Put([LinkTo(_second.Id)], live).ShouldBe((_first.Id, null)); // it changed hands
        Put([live], live with { RemoteVersion = Noon }).ShouldBe((null, null));
        Put([live], live with { State = LinkState.Deleted }).ShouldBe((null, _first.Id));
        Put([live], live with { State = LinkState.Erased }).ShouldBe((null, _first.Id));
        Put([live], live with { State = LinkState.Merged }).ShouldBe((null, null)); // its associations are the survivor's
        Put([live with { State = LinkState.Creating }], live with { State = LinkState.Deleted }).ShouldBe((null, null)); // it never was there
        Put([live with { State = LinkState.Deleted }], live with { State = LinkState.Deleted, StateAt = Noon.AddMinutes(1) }).ShouldBe((null, null));
    }

    [Fact]
    public void What_was_erased_is_found_under_the_ids_that_the_platform_gave_it()
    {
        var erased = LinkTo(_first.Id) with { State = LinkState.Erased };
        RecordLink[] others =
        [
            LinkTo(_first.Id, "2"), LinkTo(_second.Id, "3") with { State = LinkState.Erased },
            erased with { Ref = RecordLink.NewRef(RemoteKind.Contact, _first.Id) },
        ];
        new WorkingSet([], [erased, .. others], [], [], [], []).ErasedLinksOf(_first.Id).ShouldBe([erased]);
    }

    private (Guid? Began, Guid? Ended) Put(RecordLink[] loaded, RecordLink link)
    {
        var set = new WorkingSet([_first, _second], loaded, [], [], [], []);
        set.Put(link);
        set.Began.Concat(set.Ended).ShouldAllBe(record => record.Kind == RecordKind.Contact);
        return (set.Began.Count == 0 ? null : set.Began.Single().Id, set.Ended.Count == 0 ? null : set.Ended.Single().Id);
    }

    private static RecordLink LinkTo(Guid record, string id = "1") => RecordLink.New(new(RemoteKind.Contact, id), record, Noon, StandardFields.Contact);

    private static HubRecord NewRecord() => new(
        Guid.NewGuid(), RecordKind.Contact,
        ImmutableArray.Create(new string?[StandardFields.Contact.Count]), ImmutableArray.Create(new Stamp[StandardFields.Contact.Count]));

    private static Association Of(RecordKind fromKind, Guid from, RecordKind toKind) =>
        new(new(fromKind, from, toKind, Guid.NewGuid()), IsPrimary: false, new(Noon, Platform.HubSpot), null, ImmutableDictionary<Platform, AssociationBase>.Empty);

    private FieldConflict Conflict(string field, Platform platform) =>
        new(RecordKind.Contact, _first.Id, field, platform, null, default, default, ConflictReason.Review);
}
