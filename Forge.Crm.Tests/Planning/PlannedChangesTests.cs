using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>What a plan is told as to people: every action of the hub's history, what is joined and let go, and what a platform is due.</summary>
public sealed class PlannedChangesTests
{
    private readonly MemoryHub _hub = new();

    [Fact]
    public void A_new_record_is_one_creation_with_all_its_fields()
    {
        var change = InHub(Contact(0, ("first_name", "Ann"), ("email", "ann@example.com"))).ShouldHaveSingleItem();
        (change.Platform, change.Kind, change.Action, change.Remote).ShouldBe(
            (Platform.Supabase, RecordKind.Contact, PlannedAction.Create, new RemoteRef(RemoteKind.Contact, "1")));
        change.Fields.ShouldBe([new("email", null, "ann@example.com"), new("first_name", null, "Ann")], ignoreOrder: true);
    }

    [Fact]
    public void So_it_is_with_what_it_is_associated_to()
    {
        var company = Company("c1");
        Apply(company);
        var ann = Contact(0, ("first_name", "Ann"));
        var change = InHub(ann with { Associations = [new(ann.Ref, RemoteKind.Company, [new("c1", false)])] }).ShouldHaveSingleItem();
        change.Action.ShouldBe(PlannedAction.Create);
        change.Fields.ShouldBe([new("first_name", null, "Ann"), new("company", null, _hub.Link(company.Ref)!.RecordId.ToString())]);
    }

    [Fact]
    public void What_a_platform_changed_is_an_update_with_what_it_was()
    {
        Apply(Contact(0, ("first_name", "Ann"), ("last_name", "Lee")));
        var change = InHub(Contact(5, ("first_name", "Anna"), ("last_name", "Li"))).ShouldHaveSingleItem();
        change.Action.ShouldBe(PlannedAction.Update);
        change.Fields.ShouldBe([new("first_name", "Ann", "Anna"), new("last_name", "Lee", "Li")]);
        change.Remote.ShouldBe(new RemoteRef(RemoteKind.Contact, "1"));
    }

    [Fact]
    public void What_loses_and_what_waits_for_a_person_is_a_conflict()
    {
        Apply(Contact(0, ("first_name", "Ann")));
        _hub.Edit("first_name", "Anna", 9);
        InHub(Contact(5, ("first_name", "Anne"))).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            change => change.Action.ShouldBe(PlannedAction.Conflict),
            change => change.Fields.ShouldBe([new("first_name", "Anna", "Anne")]));
        _hub.Policy = _hub.Policy with { Strategies = StrategyDocument.Read("manual_review", ["supabase", "hubspot", "pipedrive"], "{}", StandardFields.Of) };
        InHub(Contact(5, ("first_name", "Anne"))).ShouldHaveSingleItem().Action.ShouldBe(PlannedAction.Conflict);
    }

    [Fact]
    public void A_deletion_and_a_restoration_are_told_without_fields()
    {
        Apply(Contact(0, ("first_name", "Ann")));
        InHub(Deleted(5)).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            change => change.Action.ShouldBe(PlannedAction.Delete), change => change.Fields.ShouldBeEmpty());
        Apply(Deleted(5));
        InHub(Contact(9, ("first_name", "Ann"))).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            change => change.Action.ShouldBe(PlannedAction.Restore), change => change.Fields.ShouldBeEmpty());
    }

    [Fact]
    public void A_merge_names_the_loser_and_where_it_goes()
    {
        Apply(Contact("1", 0, ("first_name", "Ann")), Contact("2", 0, ("first_name", "Ann")));
        var (survivor, loser) = (_hub.Link("1")!.RecordId, _hub.Link("2")!.RecordId);
        var change = InHub(Contact("1", 5, ("first_name", "Ann")) with { MergedIds = ["2"] }).ShouldHaveSingleItem();
        (change.Action, change.RecordId).ShouldBe((PlannedAction.Merge, loser));
        change.Fields.ShouldBe([new("merged_into", "2", survivor.ToString())]);
    }

    [Fact]
    public void What_a_merge_does_to_the_survivor_is_told_of_the_survivor_alive_or_deleted_with_it()
    {
        Apply(Contact("1", 0, ("first_name", "Ann")), Contact("2", 0, ("first_name", "Bea")));
        var survivor = _hub.Link("1")!.RecordId;
        _hub.Delete(4);
        Of(InHub(Contact("1", 0, ("first_name", "Ann")) with { MergedIds = ["2"] }), PlannedAction.Restore);
        _hub.Records[survivor] = _hub.Records[survivor] with { DeletedAt = null };
        Of(InHub(Deleted(5) with { MergedIds = ["2"] }), PlannedAction.Delete);

        void Of(List<PlannedChange> changes, PlannedAction action) =>
            changes.Single(change => change.RecordId == survivor && change.Action == action).Remote.ShouldBe(new RemoteRef(RemoteKind.Contact, "1"));
    }

    [Fact]
    public void A_record_that_the_hub_has_is_joined()
    {
        Apply(Contact("1", 0, ("email", "ann@example.com")));
        _hub.Policy = SyncPolicy.DefaultFor(Platform.Pipedrive) with { Targets = _hub.Policy.Targets };
        var id = _hub.Link("1")!.RecordId;
        var set = new WorkingSet(_hub.Records.Values, [], [(RecordKind.Contact, "email:ann@example.com", id)], [], [], []);
        var plan = new BatchPlanner(_hub.Policy, StandardFields.Of, Guid.NewGuid).Plan(set, [Contact("9", 5, ("email", "ann@example.com"))]);
        PlannedChanges.InHub(set, plan).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            change => (change.Action, change.RecordId, change.Remote).ShouldBe((PlannedAction.Link, id, new RemoteRef(RemoteKind.Contact, "9"))),
            change => change.Fields.ShouldBeEmpty());
    }

    [Fact]
    public void Where_deletions_end_the_link_alone_the_record_is_let_go()
    {
        Apply(Contact(0, ("first_name", "Ann")));
        _hub.Policy = _hub.Policy with { OnDelete = DeletePolicy.Ignore };
        InHub(Deleted(5)).ShouldHaveSingleItem().Action.ShouldBe(PlannedAction.Unlink);
    }

    [Fact]
    public void Where_they_put_it_away_that_is_told_too()
    {
        Apply(Contact(0, ("first_name", "Ann")));
        _hub.Policy = _hub.Policy with { OnDelete = DeletePolicy.Archive };
        var changes = InHub(Deleted(5)).ToList();
        changes.Select(change => change.Action).ShouldBe([PlannedAction.Update, PlannedAction.Unlink]);
        changes[0].Fields.ShouldBe([new("archived_at", null, "2026-05-04T12:05:00Z")]);
    }

    [Fact]
    public void Nothing_new_is_no_change()
    {
        Apply(Contact(0, ("first_name", "Ann")));
        InHub(Contact(5, ("first_name", "Ann"))).ShouldBeEmpty();
    }

    [Fact]
    public void A_push_tells_what_the_platform_shows_and_what_it_is_due()
    {
        Apply(Contact(0, ("first_name", "Ann")));
        var (there, id) = (_hub.Link("1")!, _hub.Link("1")!.RecordId);
        _hub.Edit("first_name", "Anna", 5);
        var due = OfPush(there, _hub.Look());
        (due.Platform, due.Action, due.Remote, due.RecordId).ShouldBe((Platform.HubSpot, PlannedAction.Update, there.Ref, id));
        due.Fields.ShouldBe([new("first_name", "Ann", "Anna")]);

        var first = StandardFields.Contact.IndexOf("first_name");
        var created = RecordLink.New(RecordLink.NewRef(RemoteKind.Contact, id), id, Noon, StandardFields.Contact);
        var creation = OfPush(null, new(PushKind.Create, created, [first]));
        (creation.Action, creation.Remote).ShouldBe((PlannedAction.Create, null));
        creation.Fields.ShouldBe([new("first_name", null, "Anna")]);
        OfPush(there with { State = LinkState.Creating }, new(PushKind.Create, created, [first])).Fields.ShouldBe(creation.Fields); // whatever was seen of it

        OfPush(there, new(PushKind.Delete, there, [])).Action.ShouldBe(PlannedAction.Delete);
        OfPush(there, PushPlan.Nothing).Action.ShouldBe(PlannedAction.Level);
        var merge = OfPush(there, new(PushKind.Merge, there, []) { Into = new RemoteRef(RemoteKind.Contact, "2") });
        (merge.Action, merge.Fields[0]).ShouldBe((PlannedAction.Merge, new FieldDifference("merged_into", "1", "2")));
    }

    [Fact]
    public void Associations_that_are_due_are_an_update_told_by_their_kind()
    {
        Apply(Contact(0, ("first_name", "Ann")));
        var (there, company) = (_hub.Link("1")!, Guid.NewGuid());
        var key = new AssociationKey(RecordKind.Contact, there.RecordId, RecordKind.Company, company);
        LinkPlan Due(bool isAdded) => new([new(key, new(RemoteKind.Company, "c1"), isAdded, false)], null);
        OfPush(there, PushPlan.Nothing, Due(isAdded: true)).ShouldSatisfyAllConditions(
            change => (change.Action, change.Remote).ShouldBe((PlannedAction.Update, there.Ref)),
            change => change.Fields.ShouldBe([new("company", null, company.ToString())]));
        OfPush(null, PushPlan.Nothing with { Link = there }).Remote.ShouldBe(there.Ref); // it takes over the link of what was merged into it
        OfPush(there, PushPlan.Nothing, Due(isAdded: false)).Fields.ShouldBe([new("company", company.ToString(), null)]);
    }

    private void Apply(params RemoteChange[] changes) => _hub.Apply(changes);

    private List<PlannedChange> InHub(RemoteChange change)
    {
        var set = _hub.Load();
        var plan = new BatchPlanner(_hub.Policy, StandardFields.Of, Guid.NewGuid).Plan(set, [change]);
        return [.. PlannedChanges.InHub(set, plan)];
    }

    private PlannedChange OfPush(RecordLink? there, PushPlan plan, LinkPlan? links = null) =>
        PlannedChanges.OfPush(Platform.HubSpot, _hub.Records[_hub.Link("1")!.RecordId], StandardFields.Contact, there, plan, links ?? LinkPlan.Nothing);
}
