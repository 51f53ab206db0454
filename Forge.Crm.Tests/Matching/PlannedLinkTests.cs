using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Matching;

/// <summary>What becomes of a record that a match plan speaks of, when its platform shows it or the hub pushes it.</summary>
public sealed class PlannedLinkTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);
    private static readonly RecordShape Shape = StandardFields.Contact;
    private static readonly Guid Hub = Guid.CreateVersion7();

    private static readonly SyncPolicy Policy = SyncPolicy.DefaultFor(Platform.HubSpot) with { Targets = [new(Platform.HubSpot, [RecordKind.Contact])] };

    [Theory]
    [InlineData(LinkState.Held, true, ChangeOutcome.Ignored)]
    [InlineData(LinkState.Held, false, ChangeOutcome.Ignored)]
    [InlineData(LinkState.Excluded, true, ChangeOutcome.Updated)]
    [InlineData(LinkState.Excluded, false, ChangeOutcome.Ignored)]
    [InlineData(LinkState.Apart, true, ChangeOutcome.Created)]
    [InlineData(LinkState.Apart, false, ChangeOutcome.Created)]
    public void Its_first_sight_joins_creates_or_leaves_it(LinkState state, bool hasMatch, ChangeOutcome expected)
    {
        var set = Set(state, hasMatch);
        var result = Apply(set, Shown());

        result.Outcome.ShouldBe(expected);
        var link = set.Link(new(RemoteKind.Contact, "1"))!;
        (link.State, link.RecordId == Hub).ShouldBe(expected switch
        {
            ChangeOutcome.Updated => (LinkState.Live, true),
            ChangeOutcome.Created => (LinkState.Live, false),
            _ => (state, false),
        });
        (result.Reason is null).ShouldBe(expected != ChangeOutcome.Ignored && !(expected == ChangeOutcome.Created && hasMatch));
    }

    [Theory]
    [InlineData(LinkState.Held, "the match plan holds it: a person decides what it belongs to")]
    [InlineData(LinkState.Excluded, "the match plan keeps it out: it is linked only")]
    public void It_is_said_why_it_is_left(LinkState state, string reason) => Apply(Set(state, hasMatch: false), Shown()).Reason.ShouldBe(reason);

    [Theory, InlineData(LinkState.Held), InlineData(LinkState.Excluded), InlineData(LinkState.Apart)]
    public void Its_deletion_there_is_no_matter_of_the_hub(LinkState state)
    {
        var set = Set(state, hasMatch: true);
        Apply(set, Shown() with { Record = null, Lifecycle = new(ChangeType.Deleted, Noon.AddMinutes(5)) }).Outcome.ShouldBe(ChangeOutcome.Ignored);
        Apply(set, Shown() with { Record = Shown().Record! with { ArchivedAt = Noon.AddMinutes(5) } }).Outcome.ShouldBe(ChangeOutcome.Ignored);
        set.Record(Hub)!.IsLive.ShouldBeTrue();
        set.ChangedLinks.ShouldBeEmpty();
    }

    [Theory, InlineData(LinkState.Held), InlineData(LinkState.Excluded), InlineData(LinkState.Apart)]
    public void Its_erasure_leaves_a_tombstone_to_hold_on_to(LinkState state)
    {
        var set = Set(state, hasMatch: true);
        var result = Apply(set, Shown() with { Record = null, Lifecycle = new(ChangeType.Erased, Noon.AddMinutes(5)) });
        result.Outcome.ShouldBe(ChangeOutcome.Erased);
        result.RecordId.ShouldNotBe(Hub);
        set.Record(result.RecordId!.Value).ShouldNotBeNull();
        set.Link(new(RemoteKind.Contact, "1"))!.State.ShouldBe(LinkState.Erased);
    }

    [Fact]
    public void Merged_there_into_a_linked_record_it_becomes_an_alias_of_it()
    {
        var set = Set(LinkState.Held, hasMatch: true);
        set.Put(RecordLink.New(new(RemoteKind.Contact, "2"), Hub, Noon, Shape));
        var change = Shown() with { Ref = new(RemoteKind.Contact, "2"), Record = Shown().Record! with { Ref = new(RemoteKind.Contact, "2") }, MergedIds = ["1"] };

        Apply(set, change).Outcome.ShouldBe(ChangeOutcome.Updated);

        var alias = set.Link(new(RemoteKind.Contact, "1"))!;
        (alias.State, alias.RecordId, alias.MergedInto).ShouldBe((LinkState.Merged, Hub, "2"));
    }

    [Fact]
    public void What_is_merged_there_into_a_held_record_waits_with_it()
    {
        var set = Set(LinkState.Held, hasMatch: true);
        Apply(set, Shown() with { MergedIds = ["9"] }).Outcome.ShouldBe(ChangeOutcome.Ignored);
        set.Link(new(RemoteKind.Contact, "9")).ShouldBeNull();
    }

    [Theory]
    [InlineData(LinkState.Held, PushKind.Nothing)]
    [InlineData(LinkState.Excluded, PushKind.Nothing)]
    [InlineData(LinkState.Apart, PushKind.Create)]
    public void The_hubs_record_is_created_there_only_where_the_plan_does_not_keep_it_out(LinkState state, PushKind expected)
    {
        var set = new WorkingSet([Record()], [RecordLink.New(RecordLink.NewRef(RemoteKind.Contact, Hub), Hub, Noon, Shape) with { State = state }], [], [], [], []);
        new PushPlanner(Policy, StandardFields.Of, Noon).Look(set, Hub, RemoteKind.Contact, [.. Shape.Fields.Select(_ => true)]).Kind.ShouldBe(expected);
    }

    [Fact]
    public void Once_joined_it_is_written_to_though_it_was_not_to_be_created()
    {
        var kept = RecordLink.New(RecordLink.NewRef(RemoteKind.Contact, Hub), Hub, Noon, Shape) with { State = LinkState.Excluded };
        var set = new WorkingSet([Record()], [kept, RecordLink.New(new(RemoteKind.Contact, "1"), Hub, Noon, Shape)], [], [], [], []);
        new PushPlanner(Policy, StandardFields.Of, Noon).Look(set, Hub, RemoteKind.Contact, [.. Shape.Fields.Select(_ => true)]).Kind.ShouldBe(PushKind.Update);
    }

    private static ChangeResult Apply(WorkingSet set, RemoteChange change) =>
        new BatchPlanner(Policy, StandardFields.Of, Guid.CreateVersion7).Plan(set, [change]).Results[0];

    private static WorkingSet Set(LinkState state, bool hasMatch)
    {
        var link = RecordLink.New(new(RemoteKind.Contact, "1"), Guid.Empty, Noon, Shape) with { State = state };
        return new([Record()], [link], hasMatch ? [(RecordKind.Contact, "email:ann@example.com", Hub)] : [], [], [], []);
    }

    private static HubRecord Record()
    {
        var values = new string?[Shape.Count];
        values[Shape.IndexOf("email")] = "ann@example.com";
        return new(Hub, RecordKind.Contact, [.. values], [.. values.Select(value => value is null ? Stamp.None : new Stamp(Noon, Platform.Supabase))], Version: 1);
    }

    private static RemoteChange Shown()
    {
        var fields = new RemoteField[Shape.Count];
        fields[Shape.IndexOf("email")] = new("ann@example.com", new(Noon, Platform.HubSpot));
        var record = new RemoteRecord(
            new(RemoteKind.Contact, "1"), [.. fields], Noon, Noon.AddSeconds(1), [], MatchKeys.Of(Shape, i => fields[i].Value), Noon);
        return new(record.Ref, record, null, [], [], new(CauseKind.Event, "1"));
    }
}
