using System.Collections.Immutable;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>Which associations a platform is due: a contact and two companies, on a platform that has room for many and on one that has room for one.</summary>
public sealed class LinkPlanTests
{
    private static readonly HubRecord Ann = new(Id(1), RecordKind.Contact, [], []);

    private readonly Dictionary<AssociationKey, Association> _associations = [];
    private readonly List<RecordLink> _links = [Link(RemoteKind.Company, "c1", Id(11)), Link(RemoteKind.Company, "c2", Id(12))];

    [Theory]
    [InlineData(true, false, "+c1")]
    [InlineData(true, true, "")]
    [InlineData(false, true, "-c1")]
    [InlineData(false, false, "")]
    public void What_lives_and_is_not_shown_is_added_and_what_is_gone_and_is_shown_is_removed(bool isLive, bool isShown, string due)
    {
        foreach (var platform in new[] { Platform.HubSpot, Platform.Pipedrive })
        {
            Keep(11, isLive, isPrimary: false, (platform, new(isShown)));
            Due(platform).ShouldBe(due);
        }
    }

    [Fact]
    public void Nothing_is_due_of_a_record_that_is_not_live_or_of_a_kind_that_the_platform_does_not_take()
    {
        Keep(11);
        Look(Platform.HubSpot, Ann with { DeletedAt = Noon }).ShouldBe(LinkPlan.Nothing);
        Look(Platform.HubSpot, Ann with { MergedIntoId = Id(2) }).ShouldBe(LinkPlan.Nothing);
        var policy = SyncPolicy.DefaultFor(Platform.HubSpot) with { Targets = [new(Platform.HubSpot, [RecordKind.Deal])] };
        LinkPlanner.Look(Set(), Ann, RemoteKind.Contact, AssociationKinds.From(RemoteKind.Contact), policy).ShouldBe(LinkPlan.Nothing);
    }

    [Fact]
    public void What_leads_to_a_record_that_is_not_there_waits_for_it()
    {
        Keep(11);
        _links[0] = _links[0] with { State = LinkState.Creating };
        Due(Platform.HubSpot).ShouldBe("");
        _links[0] = _links[0] with { State = LinkState.Live };
        Due(Platform.HubSpot).ShouldBe("+c1");
    }

    [Fact]
    public void A_record_that_is_still_to_be_created_has_none_whatever_was_shown_of_its_forerunner()
    {
        Keep(11, isLive: true, isPrimary: false, (Platform.HubSpot, new(true)));
        Keep(12, isLive: false, isPrimary: false, (Platform.HubSpot, new(true)));
        LinkPlanner.Look(Set(), Ann, RemoteKind.Contact, AssociationKinds.From(RemoteKind.Contact), Policy(Platform.HubSpot), isThere: false).Due.ShouldHaveSingleItem().To.Id.ShouldBe("c1");
    }

    [Fact]
    public void Where_there_is_a_primary_one_it_is_told_once_and_comes_before_the_others()
    {
        Keep(11);
        Keep(12, isLive: true, isPrimary: true);
        Due(Platform.HubSpot).ShouldBe("+c2! +c1");
        Keep(12, isLive: true, isPrimary: true, (Platform.HubSpot, new(true)));
        Due(Platform.HubSpot).ShouldBe("+c2! +c1");
        Keep(12, isLive: true, isPrimary: true, (Platform.HubSpot, new(true, true)));
        Due(Platform.HubSpot).ShouldBe("+c1");
    }

    [Fact]
    public void Of_two_primary_ones_the_newer_is_it()
    {
        Keep(11, isLive: true, isPrimary: true);
        Keep(12, isLive: true, isPrimary: true);
        Due(Platform.HubSpot).ShouldBe("+c2! +c1");
        Due(Platform.Pipedrive).ShouldBe("+c2!");
    }

    [Fact]
    public void Removals_come_first()
    {
        Keep(11, isLive: true, isPrimary: true);
        Keep(12, isLive: false, isPrimary: false, (Platform.HubSpot, new(true)));
        Due(Platform.HubSpot).ShouldBe("-c2 +c1!");
    }

    [Fact]
    public void Room_for_one_is_the_first_ones_and_the_other_is_said_to_have_none()
    {
        Keep(11);
        Keep(12);
        Due(Platform.Pipedrive).ShouldBe("+c1");
        Look(Platform.Pipedrive).Refusal.ShouldBe("Pipedrive has room for one company of this record, which has 2");
        Look(Platform.HubSpot).Refusal.ShouldBeNull();
    }

    [Fact]
    public void One_alone_has_its_room_and_without_room_in_two_kinds_both_are_said()
    {
        Keep(11);
        Look(Platform.Pipedrive).Refusal.ShouldBeNull();
        LookDeal(Platform.Pipedrive, (RemoteKind.Contact, 21), (RemoteKind.Contact, 22), (RemoteKind.Company, 11), (RemoteKind.Company, 12)).Refusal.ShouldBe(
            "Pipedrive has room for one contact of this record, which has 2; Pipedrive has room for one company of this record, which has 2");
    }

    [Fact]
    public void Where_no_primary_one_is_known_none_is_told() =>
        LookDeal(Platform.HubSpot, (RemoteKind.Contact, 21)).Due.ShouldHaveSingleItem().IsPrimary.ShouldBeFalse();

    [Fact]
    public void A_record_that_the_platform_has_twice_is_led_to_at_the_first_of_its_ids()
    {
        _links.AddRange([Link(RemoteKind.Company, "c0", Id(11)), Link(RemoteKind.Company, "c3", Id(11))]);
        Keep(11);
        Due(Platform.HubSpot).ShouldBe("+c0");
    }

    [Fact]
    public void Room_for_one_stays_whose_it_is_until_another_is_the_primary_one()
    {
        Keep(11);
        Keep(12, isLive: true, isPrimary: false, (Platform.Pipedrive, new(true)));
        Due(Platform.Pipedrive).ShouldBe("");
        Keep(11, isLive: true, isPrimary: true);
        Due(Platform.Pipedrive).ShouldBe("+c1!");
    }

    [Fact]
    public void The_place_of_one_that_is_removed_is_taken_by_the_next()
    {
        Keep(11, isLive: false, isPrimary: true, (Platform.Pipedrive, new(true)));
        Keep(12);
        Due(Platform.Pipedrive).ShouldBe("-c1 +c2!");
    }

    [Fact]
    public void What_was_written_is_shown_and_due_no_more()
    {
        Keep(11);
        Keep(12, isLive: false, isPrimary: false, (Platform.HubSpot, new(true)));
        Write(Platform.HubSpot);
        Due(Platform.HubSpot).ShouldBe("");
        _associations[Key(11)].BaseOf(Platform.HubSpot).ShouldBe(new(true, false, Noon.AddMinutes(9)));
        _associations[Key(12)].BaseOf(Platform.HubSpot).ShouldBe(new(false, false, Noon.AddMinutes(9)));
        (_associations[Key(11)].Stamp, _associations[Key(12)].IsLive).ShouldBe((StampOf(11), false));
    }

    [Fact]
    public void Which_is_the_primary_one_is_known_where_the_platform_knows_it()
    {
        Keep(11, isLive: true, isPrimary: true);
        Write(Platform.HubSpot);
        Write(Platform.Pipedrive);
        _associations[Key(11)].BaseOf(Platform.HubSpot).IsPrimary.ShouldBeTrue();
        _associations[Key(11)].BaseOf(Platform.Pipedrive).IsPrimary.ShouldBeFalse();
        (Due(Platform.HubSpot), Due(Platform.Pipedrive)).ShouldBe(("", ""));
    }

    [Fact]
    public void One_whose_place_was_taken_is_shown_no_more_and_lives()
    {
        Keep(11, isLive: true, isPrimary: true);
        Keep(12, isLive: true, isPrimary: false, (Platform.Pipedrive, new(true)), (Platform.HubSpot, new(true)));
        Write(Platform.Pipedrive);
        var displaced = _associations[Key(12)];
        (displaced.IsLive, displaced.BaseOf(Platform.Pipedrive).IsShown, displaced.BaseOf(Platform.HubSpot).IsShown).ShouldBe((true, false, true));
        Due(Platform.Pipedrive).ShouldBe("");
        Write(Platform.HubSpot);
        _associations[Key(12)].BaseOf(Platform.HubSpot).IsShown.ShouldBeTrue(); // there is room for both
    }

    private static Guid Id(int n) => new(n, 0, 0, new byte[8]);

    private static AssociationKey Key(int company) => new(RecordKind.Contact, Ann.Id, RecordKind.Company, Id(company));

    private static Stamp StampOf(int company) => new(Noon.AddMinutes(company), Platform.Supabase);

    private static RecordLink Link(RemoteKind kind, string id, Guid record) => RecordLink.New(new(kind, id), record, Noon, StandardFields.Company);

    private static SyncPolicy Policy(Platform platform) => SyncPolicy.DefaultFor(platform) with { Targets = [new(platform, [RecordKind.Contact])] };

    private void Keep(int company, bool isLive = true, bool isPrimary = false, params (Platform Platform, AssociationBase Base)[] bases) =>
        _associations[Key(company)] = new(
            Key(company), isPrimary, StampOf(company), isLive ? null : Noon, bases.ToImmutableDictionary(shown => shown.Platform, shown => shown.Base));

    /// <summary>A deal with associations that are all said to be the primary one.</summary>
    private static LinkPlan LookDeal(Platform platform, params (RemoteKind Kind, int Id)[] ends)
    {
        var deal = new HubRecord(Id(5), RecordKind.Deal, [], []);
        var associations = ends.Select(to => new Association(
            new(RecordKind.Deal, deal.Id, to.Kind.ToRecordKind(), Id(to.Id)), IsPrimary: true, StampOf(to.Id), null, ImmutableDictionary<Platform, AssociationBase>.Empty));
        var set = new WorkingSet([deal], ends.Select(to => Link(to.Kind, $"{to.Id}", Id(to.Id))), [], [], associations, []);
        var policy = SyncPolicy.DefaultFor(platform) with { Targets = [new(platform, [RecordKind.Deal])] };
        return LinkPlanner.Look(set, deal, RemoteKind.Deal, AssociationKinds.From(RemoteKind.Deal), policy);
    }

    private WorkingSet Set() => new([Ann], _links, [], [], _associations.Values, []);

    private LinkPlan Look(Platform platform, HubRecord? hub = null) => LinkPlanner.Look(Set(), hub ?? Ann, RemoteKind.Contact, AssociationKinds.From(RemoteKind.Contact), Policy(platform));

    private string Due(Platform platform) =>
        string.Join(' ', Look(platform).Due.Select(due => $"{(due.IsAdded ? '+' : '-')}{due.To.Id}{(due.IsPrimary ? "!" : "")}"));

    private void Write(Platform platform)
    {
        var set = Set();
        foreach (var due in Look(platform).Due)
            LinkPlanner.Done(set, due, platform, Noon.AddMinutes(9));
        foreach (var (key, association) in set.ChangedAssociations)
            _associations[key] = association;
    }
}
