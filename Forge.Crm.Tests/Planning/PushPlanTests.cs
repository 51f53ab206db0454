using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>What a platform is to be told of a record, looked at after its own state was read.</summary>
public sealed class PushPlanTests
{
    private static readonly int FirstName = StandardFields.Contact.IndexOf("first_name");

    private readonly MemoryHub _hub = new();

    public PushPlanTests() => _hub.Apply(Contact(0, ("first_name", "Ann"), ("job_title", "CEO"), ("email", "ann@example.com")));

    [Fact]
    public void Nothing_where_the_platform_is_level_and_nothing_is_stored_again()
    {
        _hub.Look().ShouldBe(PushPlan.Nothing);
        var set = _hub.Load();
        new PushPlanner(_hub.Policy, StandardFields.Of, Noon).Look(set, _hub.Link("1")!.RecordId, RemoteKind.Contact, Writable).ShouldBe(PushPlan.Nothing);
        (set.ChangedLinks.Count, set.NewLinks.Count).ShouldBe((0, 0));
    }

    [Fact]
    public void Nothing_is_written_where_the_platform_shows_the_value_in_another_spelling()
    {
        _hub.Edit("email", "ANN@example.com", 3);
        _hub.Look().ShouldBe(PushPlan.Nothing);
    }

    [Fact]
    public void A_creation_leaves_out_what_waits_for_a_person()
    {
        var pipedrive = Other();
        var id = _hub.Link("1")!.RecordId;
        var held = new FieldConflict(RecordKind.Contact, id, "first_name", Platform.HubSpot, null, default, default, ConflictReason.Review);
        pipedrive.Conflicts[held.Key] = held;
        pipedrive.Look(id).Fields.Select(i => StandardFields.Contact.Fields[i].Name).ShouldBe(["email", "job_title"]);
    }

    [Fact]
    public void A_creation_under_way_stays_the_only_one_whatever_the_record_is_to_become()
    {
        var pipedrive = Other();
        var id = _hub.Link("1")!.RecordId;
        var first = pipedrive.Look(id).Link!;
        new PushPlanner(pipedrive.Policy, StandardFields.Of, Noon).Look(pipedrive.Load(), id, RemoteKind.Lead, Writable).Link!.Ref.ShouldBe(first.Ref);
    }

    [Fact]
    public void Only_the_fields_that_differ_with_what_is_sent_stored_first()
    {
        _hub.Edit("first_name", "Anna", 3);
        var plan = _hub.Look();
        (plan.Kind, plan.Fields.ShouldHaveSingleItem()).ShouldBe((PushKind.Update, FirstName));
        _hub.Link("1")!.Sent[FirstName].ShouldBe(new Sent("Anna", _hub.StampOf("first_name")) { Known = _hub.Link("1")!.SeenStamps[FirstName].At });
    }

    [Fact]
    public void Nothing_is_written_where_the_platform_shows_the_value_already()
    {
        _hub.Edit("first_name", "Anna", 3);
        _hub.Edit("first_name", "Ann", 4);
        _hub.Look().Kind.ShouldBe(PushKind.Nothing);
        _hub.Link("1")!.Level[FirstName].ShouldBe(_hub.StampOf("first_name"));
        _hub.Link("1")!.Sent.ShouldBeEmpty();
    }

    [Fact]
    public void A_field_that_the_platform_does_not_take_is_not_written()
    {
        _hub.Edit("first_name", "Anna", 3);
        var set = _hub.Load();
        new PushPlanner(_hub.Policy, StandardFields.Of, Noon).Look(set, _hub.Link("1")!.RecordId, RemoteKind.Contact, [.. Writable.Select(_ => false)])
            .ShouldBe(PushPlan.Nothing);
    }

    [Fact]
    public void Nothing_goes_to_a_platform_that_takes_no_pushes_of_the_kind()
    {
        _hub.Edit("first_name", "Anna", 3);
        _hub.Policy = _hub.Policy with { Targets = [new(Platform.HubSpot, [RecordKind.Deal]), new(Platform.Pipedrive, [RecordKind.Contact])] };
        _hub.Look().ShouldBe(PushPlan.Nothing);
    }

    [Fact]
    public void A_record_that_is_not_there_is_created_with_all_its_values()
    {
        var pipedrive = Other();
        var plan = pipedrive.Look(_hub.Link("1")!.RecordId);
        plan.Kind.ShouldBe(PushKind.Create);
        plan.Fields.Select(i => StandardFields.Contact.Fields[i].Name).ShouldBe(["email", "first_name", "job_title"]);
        plan.Link!.State.ShouldBe(LinkState.Creating);
        plan.Link.HasId.ShouldBeFalse();
    }

    [Fact]
    public void The_answer_to_a_creation_joins_what_was_created_and_leaves_it_level()
    {
        var pipedrive = Other();
        var id = _hub.Link("1")!.RecordId;
        pipedrive.Look(id);
        pipedrive.Apply(Answer(Contact("9", 31, ("first_name", "Ann"), ("job_title", "CEO"), ("email", "ann@example.com")), id));
        pipedrive.Link("9")!.RecordId.ShouldBe(id);
        pipedrive.Link("9")!.Sent.ShouldBeEmpty();
        pipedrive.Look(id).Kind.ShouldBe(PushKind.Nothing);
        pipedrive.Records.Count.ShouldBe(1);
    }

    [Fact]
    public void A_creation_whose_answer_was_lost_is_joined_when_it_is_seen_and_an_edit_made_meanwhile_is_due()
    {
        var pipedrive = Other();
        var id = _hub.Link("1")!.RecordId;
        pipedrive.Look(id);
        pipedrive.EditRecord(id, "first_name", "Later", 32);
        var seen = Contact("9", 33, ("first_name", "Ann"), ("job_title", "CEO"), ("email", "ann@example.com"));
        pipedrive.Apply(seen with { Record = seen.Record! with { SyncId = id } });
        pipedrive.Value("first_name", "9").ShouldBe("Later");
        pipedrive.Look(id).Fields.ShouldBe([FirstName]);
    }

    [Fact]
    public void A_creation_that_was_refused_may_be_tried_again()
    {
        var pipedrive = Other();
        var id = _hub.Link("1")!.RecordId;
        var set = pipedrive.Load();
        PushPlanner.GiveUp(set, pipedrive.Look(id).Link!);
        pipedrive.Keep(set);
        pipedrive.Link(RecordLink.NewRef(RemoteKind.Contact, id))!.State.ShouldBe(LinkState.Deleted);
        pipedrive.Look(id).Kind.ShouldBe(PushKind.Create);
    }

    [Fact]
    public void What_was_refused_is_under_way_no_more()
    {
        _hub.Edit("first_name", "Anna", 3);
        var plan = _hub.Look();
        var set = _hub.Load();
        PushPlanner.GiveUp(set, plan.Link!);
        _hub.Keep(set);
        _hub.Link("1")!.Sent.ShouldBeEmpty();
        _hub.Link("1")!.State.ShouldBe(LinkState.Live);
    }

    [Fact]
    public void A_deleted_record_is_deleted_there_too_and_its_conflicts_are_over()
    {
        _hub.Policy = _hub.Policy with { Strategies = Strategies.Of(Strategy.ManualReview) };
        _hub.Edit("first_name", "Hub", 3);
        _hub.Apply(Contact(6, ("first_name", "HubSpot"), ("job_title", "CEO"), ("email", "ann@example.com")));
        _hub.Conflicts.Count.ShouldBe(1);
        _hub.Delete(9);
        _hub.Look().Kind.ShouldBe(PushKind.Delete);
        _hub.Conflicts.ShouldBeEmpty();
    }

    [Fact]
    public void A_deleted_record_that_is_not_there_needs_no_deletion()
    {
        var id = _hub.Link("1")!.RecordId;
        _hub.Delete(9);
        Other().Look(id).ShouldBe(PushPlan.Nothing);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_creation_that_was_sought_and_not_found_is_over_where_the_record_is_deleted_or_there_by_another_link(bool isDeleted)
    {
        var (pipedrive, id) = (Other(), _hub.Link("1")!.RecordId);
        var creating = pipedrive.Look(id).Link!;
        pipedrive.Link(creating.Ref)!.State.ShouldBe(LinkState.Creating);
        var set = pipedrive.Load();
        if (isDeleted)
            set.Put(pipedrive.Records[id] with { DeletedAt = Noon.AddMinutes(9) });
        else
            set.Put(creating with { Ref = creating.Ref with { Id = "7" }, State = LinkState.Live });
        pipedrive.Keep(set);
        pipedrive.Look(id);
        pipedrive.Link(creating.Ref)!.State.ShouldBe(LinkState.Deleted);
    }

    [Theory]
    [InlineData(DeletePolicy.Propagate, PushKind.Create)]
    [InlineData(DeletePolicy.Archive, PushKind.Nothing)] // put away
    [InlineData(DeletePolicy.Ignore, PushKind.Nothing)]
    public void A_record_that_was_deleted_there_and_lives_here_is_created_again_only_where_deletions_propagate(DeletePolicy onDelete, PushKind kind)
    {
        _hub.Policy = _hub.Policy with { OnDelete = onDelete };
        _hub.Edit("first_name", "Edited after the deletion", 9);
        _hub.Apply(Deleted(5));
        _hub.Link("1")!.State.ShouldBe(LinkState.Deleted);
        _hub.Look().Kind.ShouldBe(kind);
    }

    [Fact]
    public void What_was_merged_elsewhere_is_merged_here()
    {
        _hub.Apply(Contact("2", 1, ("email", "bob@example.com")));
        var (loser, survivor) = (_hub.Link("1")!.RecordId, _hub.Link("2")!.RecordId);
        _hub.Records[loser] = _hub.Records[loser] with { MergedIntoId = survivor, DeletedAt = Noon };
        var plan = _hub.Look(loser);
        (plan.Kind, plan.Link!.Ref.Id, plan.Into!.Value.Id).ShouldBe((PushKind.Merge, "1", "2"));
    }

    [Fact]
    public void Where_the_survivor_is_not_there_the_loser_s_record_becomes_its()
    {
        var loser = _hub.Link("1")!.RecordId;
        var survivor = Guid.NewGuid();
        _hub.Records[survivor] = _hub.Records[loser] with { Id = survivor, Values = _hub.Records[loser].Values.SetItem(FirstName, "Survivor") };
        _hub.Records[loser] = _hub.Records[loser] with { MergedIntoId = survivor, DeletedAt = Noon };
        _hub.Look(loser).Kind.ShouldBe(PushKind.Nothing);
        _hub.Link("1")!.RecordId.ShouldBe(survivor);
        _hub.Look(survivor).Fields.ShouldBe([FirstName]);
    }

    [Fact]
    public void While_the_survivor_is_being_created_there_the_loser_s_record_waits_and_is_merged_when_that_is_over()
    {
        var loser = _hub.Link("1")!.RecordId;
        var survivor = Guid.NewGuid();
        _hub.Records[survivor] = _hub.Records[loser] with { Id = survivor, Values = _hub.Records[loser].Values.SetItem(FirstName, "Survivor") };
        _hub.Look(survivor).Kind.ShouldBe(PushKind.Create);
        _hub.Records[loser] = _hub.Records[loser] with { MergedIntoId = survivor, DeletedAt = Noon };

        _hub.Look(loser).ShouldBe(PushPlan.Wait);
        _hub.Link("1")!.RecordId.ShouldBe(loser);

        var made = Contact("2", 1, ("email", "bob@example.com"));
        _hub.Apply(made with { Record = made.Record! with { SyncId = survivor }, OwnWrite = OwnWrite.Answer });
        var plan = _hub.Look(loser);
        (plan.Kind, plan.Link!.Ref.Id, plan.Into!.Value.Id).ShouldBe((PushKind.Merge, "1", "2"));
    }

    [Fact]
    public void Where_the_survivor_was_deleted_the_loser_s_record_is_deleted()
    {
        var loser = _hub.Link("1")!.RecordId;
        var survivor = Guid.NewGuid();
        _hub.Records[survivor] = _hub.Records[loser] with { Id = survivor, DeletedAt = Noon };
        _hub.Records[loser] = _hub.Records[loser] with { MergedIntoId = survivor, DeletedAt = Noon };
        _hub.Look(loser).Kind.ShouldBe(PushKind.Delete);
    }

    [Fact]
    public void A_record_that_a_person_made_in_the_hub_holds_its_match_keys_from_the_first_look_on()
    {
        var pipedrive = Other();
        var id = _hub.Link("1")!.RecordId;
        pipedrive.Look(id);
        pipedrive.Apply(Contact("9", 40, ("email", "ann@example.com"), ("first_name", "Ann"), ("job_title", "CEO"))).ShouldBe(ChangeOutcome.Updated);
        pipedrive.Link("9")!.RecordId.ShouldBe(id);
    }

    [Theory]
    [InlineData("Boss", "CEO")] // the hub knows better
    [InlineData(null, null)] // nobody chose it, so nobody else hears of it
    public void What_a_platform_fills_in_when_we_create_a_record_is_seen_and_not_taken(string? theirs, string? ours)
    {
        _hub.Edit("job_title", ours, 4);
        var pipedrive = Other();
        var id = _hub.Link("1")!.RecordId;
        pipedrive.Look(id, writable: name => name != "job_title").Kind.ShouldBe(PushKind.Create);
        pipedrive.Apply(AsMade(Answer(Contact("9", 40, ("first_name", "Ann"), ("email", "ann@example.com"), ("job_title", theirs ?? "Member")), id)));
        pipedrive.Value("job_title", "9").ShouldBe(ours);
        pipedrive.Pushes.ShouldBeEmpty();

        pipedrive.Apply(Contact("9", 50, ("first_name", "Ann"), ("email", "ann@example.com"), ("job_title", "Chosen")));
        pipedrive.Value("job_title", "9").ShouldBe("Chosen"); // that is an edit
    }

    [Theory]
    [InlineData("job_title", "Chosen", "Chosen")]
    [InlineData("first_name", "Chosen", "Ann")] // it is what the platform made of ours
    [InlineData("lifecycle_stage", "Chosen", null)] // platforms have a default of their own
    public void What_somebody_put_into_an_empty_field_before_the_answer_to_our_creation_was_read_is_an_edit(string field, string theirs, string? ours)
    {
        _hub.Edit("job_title", null, 4);
        var pipedrive = Other();
        var id = _hub.Link("1")!.RecordId;
        pipedrive.Look(id);
        var read = AsMade(Answer(Contact("9", 40, ("email", "ann@example.com"), (field, theirs)), id));
        pipedrive.Apply(read with { Record = read.Record! with { IsAhead = true } });
        pipedrive.Value(field, "9").ShouldBe(ours);
    }

    [Theory]
    [InlineData(30, "Theirs")]
    [InlineData(50, "Ours")]
    public void What_somebody_put_there_competes_with_what_the_hub_got_while_the_record_was_being_created(int hubAt, string winner)
    {
        _hub.Edit("job_title", null, 4);
        var pipedrive = Other();
        var id = _hub.Link("1")!.RecordId;
        pipedrive.Look(id);
        pipedrive.EditRecord(id, "job_title", "Ours", hubAt);
        var read = AsMade(Answer(Contact("9", 40, ("first_name", "Ann"), ("email", "ann@example.com"), ("job_title", "Theirs")), id));
        pipedrive.Apply(read with { Record = read.Record! with { IsAhead = true } });
        pipedrive.Value("job_title", "9").ShouldBe(winner);
        pipedrive.History.ShouldContain(entry => entry.Field == "job_title" && entry.NewValue == "Theirs");
    }

    [Fact]
    public void What_a_platform_fills_in_is_not_taken_either_where_its_webhook_comes_before_the_answer()
    {
        var pipedrive = Other();
        var id = _hub.Link("1")!.RecordId;
        pipedrive.Look(id, writable: name => name != "lifecycle_stage");
        var made = Contact("9", 40, ("first_name", "Ann"), ("email", "ann@example.com"), ("lifecycle_stage", "Member"));
        made = AsMade(made with { Record = made.Record! with { SyncId = id } });
        pipedrive.Apply(made);
        pipedrive.Apply(Answer(made, id));
        pipedrive.Value("lifecycle_stage", "9").ShouldBe(null);
        pipedrive.Apply(Exactly(Contact("9", 40, ("first_name", "Ann"), ("email", "ann@example.com"), ("lifecycle_stage", "Chosen")), "lifecycle_stage", 41));
        pipedrive.Value("lifecycle_stage", "9").ShouldBe("Chosen");
    }

    [Fact]
    public void A_value_that_a_platform_cannot_take_is_not_cleared_by_what_it_tells_of_the_creation()
    {
        var pipedrive = Other();
        var id = _hub.Link("1")!.RecordId;
        pipedrive.Look(id, writable: name => name != "job_title");
        pipedrive.Apply(Answer(Contact("9", 40, ("first_name", "Ann"), ("email", "ann@example.com")), id));
        pipedrive.Apply(Exactly(Contact("9", 40, ("first_name", "Ann"), ("email", "ann@example.com")), "job_title", 40));
        pipedrive.Value("job_title", "9").ShouldBe("CEO");
    }

    // The hub as Pipedrive's batches see it: the same records, none of HubSpot's links.
    private MemoryHub Other()
    {
        var other = new MemoryHub { Policy = _hub.Policy with { Platform = Platform.Pipedrive } };
        foreach (var (id, record) in _hub.Records)
            other.Records[id] = record;
        return other;
    }

    private static RemoteChange AsMade(RemoteChange change) => change with { Record = change.Record! with { CreatedAt = change.Record.Version } };

    private static RemoteChange Answer(RemoteChange change, Guid syncId) =>
        change with { OwnWrite = OwnWrite.Answer, Record = change.Record! with { SyncId = syncId } };
}
