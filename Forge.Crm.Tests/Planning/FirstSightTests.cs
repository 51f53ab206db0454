using System.Collections.Immutable;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>A record of the platform that the hub has no link to yet: a new one, or one that the hub made and the platform now shows.</summary>
public sealed class FirstSightTests
{
    private static readonly Guid Made = Guid.Parse("00000000-0000-0000-0000-0000000000aa");

    private readonly MemoryHub _hub = new();

    [Theory]
    [InlineData(7, 5)]
    [InlineData(4, 4)]
    public void A_field_that_the_platform_does_not_carry_is_unset_since_its_version_and_not_later_than_that_was_read(int readAt, int since)
    {
        var shown = Contact("9", 5, ("first_name", "Ann"));
        _hub.Apply(shown with { Record = shown.Record! with { ReadAt = Noon.AddMinutes(readAt) } });
        _hub.StampOf("phone", "9").ShouldBe(new Stamp(Noon.AddMinutes(since), Platform.HubSpot, IsApproximate: true));
        _hub.Link("9")!.SeenStamps[IndexOf("phone")].ShouldBe(Stamp.None);
    }

    [Fact]
    public void A_field_that_has_a_time_of_its_own_starts_with_it()
    {
        _hub.Apply(Exactly(Contact("9", 5, ("first_name", "Ann")), "first_name", 2));
        _hub.StampOf("first_name", "9").ShouldBe(new Stamp(Noon.AddMinutes(2), Platform.HubSpot));
    }

    [Fact]
    public void Of_two_keys_the_free_one_is_claimed_and_the_other_s_holder_is_named()
    {
        _hub.Apply(Contact("1", 0, ("email", "ann@example.com")));
        var shown = Contact("2", 1, ("email", "ann@example.com"), ("additional_emails", "other@example.com"));
        var set = _hub.Load();
        var plan = new BatchPlanner(_hub.Policy, StandardFields.Of, Guid.NewGuid)
            .Plan(set, [shown with { Record = shown.Record! with { Keys = ["email:ann@example.com", "email:other@example.com"] } }]);
        plan.Results[0].Reason.ShouldBe($"possible duplicate of contact {_hub.Link("1")!.RecordId}");
        set.Claims.ShouldHaveSingleItem().Key.ShouldBe((RecordKind.Contact, "email:other@example.com"));
    }

    [Fact]
    public void What_only_the_hub_knows_is_due_on_the_platform_that_shows_the_record_without_it()
    {
        Make(("first_name", "Ann"), ("job_title", "CEO"));
        Show(("first_name", null), ("job_title", null));
        _hub.Pushes.ShouldHaveSingleItem().ShouldBe(new(Platform.HubSpot, RecordKind.Contact, Made));
        _hub.Link("9")!.SeenStamps[IndexOf("first_name")].At.ShouldBe(Noon.AddMinutes(5)); // shown now, as empty
    }

    [Fact]
    public void It_is_not_due_where_it_waits_for_a_person()
    {
        Make(("first_name", "Ann"));
        _hub.Hold(Made, "first_name", Platform.Pipedrive);
        Show(("first_name", null));
        _hub.Pushes.ShouldBeEmpty();
    }

    [Fact]
    public void Where_both_know_the_same_nothing_is_due()
    {
        Make(("first_name", "Ann"));
        Show(("first_name", "Ann"));
        _hub.Pushes.ShouldBeEmpty();
    }

    [Fact]
    public void A_record_that_was_deleted_while_it_was_being_created_is_due_to_be_deleted_there()
    {
        Make(("first_name", "Ann"));
        _hub.Records[Made] = _hub.Records[Made] with { DeletedAt = Noon.AddMinutes(9) };
        Show(("first_name", "Ann"));
        _hub.Pushes.ShouldContain(new PushDue(Platform.HubSpot, RecordKind.Contact, Made));
        _hub.Look("9").Kind.ShouldBe(PushKind.Delete);
    }

    [Fact]
    public void A_field_that_neither_side_ever_set_is_known_to_be_empty_from_then_on()
    {
        Make(("first_name", "Ann"));
        Show(("first_name", "Ann"), ("job_title", null));
        var stamp = new Stamp(Noon.AddMinutes(5), Platform.HubSpot, IsApproximate: true);
        (_hub.StampOf("job_title", "9"), _hub.Link("9")!.Level[IndexOf("job_title")]).ShouldBe((stamp, stamp));
    }

    private static int IndexOf(string field) => StandardFields.Contact.IndexOf(field);

    // In the hub, at minute 2, by a person: the other fields were never set.
    private void Make(params (string Field, string Value)[] fields)
    {
        var values = new string?[StandardFields.Contact.Count];
        var stamps = new Stamp[values.Length];
        foreach (var (field, value) in fields)
            (values[IndexOf(field)], stamps[IndexOf(field)]) = (value, new(Noon.AddMinutes(2), Platform.Supabase));
        _hub.Records[Made] = new(Made, RecordKind.Contact, [.. values], [.. stamps]);
    }

    private void Show(params (string Field, string? Value)[] fields)
    {
        var shown = Contact("9", 5, fields);
        _hub.Apply(shown with { Record = shown.Record! with { SyncId = Made } }).ShouldBe(ChangeOutcome.Updated);
    }

    [Theory]
    [InlineData("Called back", true)]
    [InlineData("called  back", true)]
    [InlineData("Another", false)]
    public void What_carries_no_id_of_ours_and_says_what_we_are_creating_waits_for_the_answer(string body, bool waits) =>
        Waits(body, shown => shown with { ReadAt = Noon.AddHours(1) }).ShouldBe(waits);

    [Theory]
    [InlineData(0, 1, null, true)]
    [InlineData(0, 179, null, true)]
    [InlineData(0, 180, null, false)] // no answer comes any more
    [InlineData(-299, 1, null, true)] // the platform's clock may be behind
    [InlineData(-300, 1, null, false)]
    [InlineData(-300, 1, 0, true)] // events have our time
    [InlineData(0, 1, -1, false)] // heard of before we sent anything
    public void What_can_carry_no_id_of_ours_and_was_made_since_we_sent_a_creation_waits_whatever_it_says(int created, int read, int? heard, bool waits) => Waits(
        "Edited since",
        shown => shown with { CreatedAt = Noon.AddSeconds(created), ReadAt = Noon.AddSeconds(read) },
        change => change with { HeardAt = heard is { } at ? Noon.AddSeconds(at) : null }).ShouldBe(waits);

    [Fact]
    public void What_could_carry_our_id_and_does_not_or_has_a_key_does_not_wait()
    {
        Waits("Called back", shown => shown with { IsAnonymous = false }).ShouldBeFalse();
        Waits("Called back", shown => shown with { SyncId = Made }).ShouldBeFalse(); // the answer itself
        Waits("Called back", shown => shown with { Keys = ["email:ann@example.com"] }).ShouldBeFalse();
    }

    /// <summary>Whether a note waits while another one, with the text "Called back", is being created since noon.</summary>
    private static bool Waits(string body, Func<RemoteRecord, RemoteRecord> show, Func<RemoteChange, RemoteChange>? tell = null)
    {
        var shape = StandardFields.Activity;
        var id = Guid.NewGuid();
        var values = new string?[shape.Count];
        (values[shape.IndexOf("type")], values[shape.IndexOf("body")]) = ("note", "Called back");
        var creating = RecordLink.New(RecordLink.NewRef(RemoteKind.Note, id), id, MemoryHub.Noon, shape) with
        {
            State = LinkState.Creating,
            Sent = new[] { "type", "body" }.ToImmutableDictionary(shape.IndexOf, field => new Sent(values[shape.IndexOf(field)], default)),
        };
        var set = new WorkingSet([], [creating], [], [], [], []);
        var fields = new RemoteField[shape.Count];
        fields[shape.IndexOf("body")] = new(body, new(MemoryHub.Noon, Platform.Pipedrive));
        var shown = show(new RemoteRecord(new(RemoteKind.Note, "7"), [.. fields], Noon, Noon, [], [], Noon) { IsAnonymous = true });
        var policy = SyncPolicy.DefaultFor(Platform.Pipedrive);
        RemoteChange change = new(shown.Ref, shown, null, [], [], MemoryHub.Cause);
        var plan = new BatchPlanner(policy, StandardFields.Of, Guid.NewGuid).Plan(set, [tell?.Invoke(change) ?? change]);
        return plan.Results[0].Outcome == ChangeOutcome.Outdated;
    }
}
