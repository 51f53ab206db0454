using System.Collections.Immutable;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Simulation;

/// <summary>Programs that once broke a promise, as the simulator shrank them; each holds for good. Here those about edits, beside them those about the lives of records.</summary>
public sealed partial class FoundTests
{
    private const int FirstName = 0;
    private const int LastName = 1;
    private const int JobTitle = 2;
    private const int LeadValue = 3;
    private const int Tags = 4;

    [Fact]
    public void The_event_of_an_older_write_of_ours_is_no_edit_that_the_next_one_ran_over() => Holds(new Setup(),
    [
        new Create(Platform.Supabase, 5),
        new Push(Platform.HubSpot),
        new Edit(Platform.Supabase, 3, FirstName, "Ann-31."),
        new Push(Platform.HubSpot),
        new Edit(Platform.Supabase, 1, FirstName, "Ann-35."),
    ]);

    /// <summary>Found by the running product: an edit that is read after what is sent was stored, and before the call that runs over it.</summary>
    [Fact]
    public void An_edit_that_is_seen_while_a_write_of_ours_is_under_way_is_not_lost_when_that_runs_over_it() => Holds(new Setup(),
    [
        new Create(Platform.Supabase, 0),
        new Push(Platform.HubSpot),
        new Edit(Platform.Supabase, 0, FirstName, "Ann-3."),
        new Push(Platform.HubSpot, PushFault.HeardFirst, new Edit(Platform.HubSpot, 0, FirstName, "Ann-4.")),
    ]);

    [Fact]
    public void A_push_that_is_held_by_another_platform_s_conflict_is_not_due_for_ever() => Holds(new Setup("manual_review", OnDelete: DeletePolicy.Archive),
    [
        new Create(Platform.Supabase, 9),
        new Push(Platform.HubSpot, PushFault.AnswerLost),
        new Create(Platform.Supabase, 2),
        new Create(Platform.HubSpot, 6),
        new Deliver(981193600),
        new Push(Platform.HubSpot),
        new Apply(Platform.HubSpot),
        new Create(Platform.HubSpot, 8),
        new Edit(Platform.HubSpot, 5, LastName, "LEE-171."),
        new Edit(Platform.Supabase, 2, LastName, "LEE-173."),
    ]);

    [Fact]
    public void What_was_held_when_its_record_was_deleted_is_in_the_history() => Holds(new Setup("manual_review", HubSpotSkew: -31536000, PipedriveSkew: 31536000),
    [
        new Create(Platform.HubSpot, 0),
        new Create(Platform.HubSpot, 2),
        new Create(Platform.HubSpot, 1),
        new Deliver(1424625261),
        new Create(Platform.Supabase, 9),
        new Apply(Platform.HubSpot),
        new Edit(Platform.HubSpot, 6, LeadValue, "100042.50"),
        new Push(Platform.Pipedrive),
        new MergeRecords(Platform.Pipedrive, 1, 7),
        new Edit(Platform.Supabase, 7, LeadValue, "100055.50"),
    ]);

    [Fact]
    public void An_event_of_a_record_that_is_not_shown_any_more_leaves_its_value_in_the_history() => Holds(new Setup("source_priority"),
    [
        new Create(Platform.Pipedrive, 2),
        new Edit(Platform.Pipedrive, 3, JobTitle, "Job-3.xxx"),
        new Deliver(603829061),
        new Edit(Platform.Pipedrive, 0, Tags, "tag-38.;all"),
        new Apply(Platform.Pipedrive),
        new Push(Platform.HubSpot),
        new Edit(Platform.HubSpot, 5, Tags, "tag-48.;all"),
        new Edit(Platform.HubSpot, 0, LastName, "LEE-49."),
        new Deliver(679579838),
        new Remove(Platform.HubSpot, 5),
        new Apply(Platform.HubSpot),
    ]);

    [Fact]
    public void An_edit_that_we_ran_over_is_noted_though_a_newer_one_was_seen_before_its_event_came() => Holds(new Setup(),
    [
        new Create(Platform.Supabase, 2),
        new Push(Platform.HubSpot),
        new Edit(Platform.Supabase, 7, Tags, "tag-8.;all"),
        new Push(Platform.HubSpot, PushFault.None, new Edit(Platform.HubSpot, 0, Tags, "tag-16.;all")),
        new Edit(Platform.HubSpot, 0, Tags, "tag-71.;all"),
        new Edit(Platform.Supabase, 5, LeadValue, "100072.50"),
        new Push(Platform.HubSpot),
    ]);

    [Fact]
    public void A_value_that_differs_from_ours_only_in_form_is_not_ours_while_nothing_was_written() => Holds(new Setup("source_priority", HubSpotSkew: -3600, PipedriveSkew: 7),
    [
        new Create(Platform.Supabase, 0),
        new Create(Platform.Supabase, 1),
        new Create(Platform.Pipedrive, 5),
        new Edit(Platform.Supabase, 5, LastName, "LEE-85."),
        new Deliver(1946805405),
        new Apply(Platform.Pipedrive),
        new Push(Platform.HubSpot),
        new MergeRecords(Platform.HubSpot, 4, 2),
        new Push(Platform.Pipedrive),
        new Deliver(1480623337),
        new Apply(Platform.HubSpot),
        new Push(Platform.Pipedrive, PushFault.DiesBeforeCall),
    ]);

    [Fact]
    public void An_edit_that_ran_under_a_write_whose_answer_was_lost_is_noted() => Holds(new Setup("manual_review"),
    [
        new Create(Platform.HubSpot, 0),
        new Create(Platform.HubSpot, 1),
        new Create(Platform.Pipedrive, 2),
        new Edit(Platform.HubSpot, 1, LastName, "LEE-33."),
        new Edit(Platform.HubSpot, 6, LeadValue, "100034.50"),
        new Deliver(194173627),
        new Apply(Platform.Pipedrive),
        new Push(Platform.HubSpot),
        new Edit(Platform.Supabase, 5, LastName, "LEE-55."),
        new Remove(Platform.HubSpot, 1),
        new Push(Platform.HubSpot, PushFault.AnswerLost, new Edit(Platform.HubSpot, 3, LastName, " Lee-74. ")),
        new Push(Platform.HubSpot, PushFault.EchoFirst),
    ]);

    [Fact]
    public void An_edit_that_was_told_when_it_was_overwritten_already_is_not_taken_for_one_that_we_ran_over_later() => Holds(new Setup(HubSpotSkew: 3600),
    [
        new Create(Platform.Supabase, 2),
        new Push(Platform.HubSpot),
        new Deliver(1300193270),
        new Edit(Platform.Supabase, 2, JobTitle, "Job-64.xxxx"),
        new Edit(Platform.HubSpot, 7, JobTitle, "Job-66.x"),
        new Edit(Platform.HubSpot, 5, LeadValue, "100068.50"),
        new Deliver(1630639259),
        new Edit(Platform.HubSpot, 3, JobTitle, ""),
        new Edit(Platform.HubSpot, 2, LeadValue, "100090.50"),
        new Edit(Platform.HubSpot, 0, FirstName, "Ann-159."),
        new Deliver(457422962),
    ]);

    [Fact]
    public void An_edit_that_a_write_in_doubt_ran_over_leaves_a_trace_though_what_it_became_is_told_of_first() => Holds(new Setup("timestamp_based", "{}", 0, 0, false, DeletePolicy.Archive),
    [
        new Create(Platform.HubSpot, 2),
        new Edit(Platform.Pipedrive, 6, FirstName, "Ann-6."),
        new Remove(Platform.Pipedrive, 5),
        new Push(Platform.Pipedrive, PushFault.None, new Edit(Platform.Pipedrive, 0, LeadValue, "100008.50")),
        new Wait(3),
        new Apply(Platform.Pipedrive),
        new Deliver(370774575),
        new Apply(Platform.HubSpot),
        new Remove(Platform.HubSpot, 2),
        new Review(2, ReviewPick.Hub, "Ann-16."),
        new Apply(Platform.Pipedrive),
        new Edit(Platform.HubSpot, 5, FirstName, "Ann-36."),
        new Apply(Platform.HubSpot, ApplyFault.StaleRead),
        new Wait(87),
        new Apply(Platform.HubSpot),
        new Apply(Platform.HubSpot, ApplyFault.DiesBeforeCommit),
        new Wait(6),
        new Deliver(1642934066),
        new Push(Platform.Pipedrive),
        new Deliver(650776030),
        new Deliver(1402875349),
        new Edit(Platform.HubSpot, 3, Tags, "tag-64.;all"),
        new Edit(Platform.Pipedrive, 2, JobTitle, "Job-69.xxxx"),
        new Edit(Platform.HubSpot, 2, LeadValue, "100070.50"),
        new Push(Platform.HubSpot),
        new Deliver(1845749638),
        new Deliver(924334830),
        new Edit(Platform.Supabase, 6, JobTitle, "Job-74.xxxx"),
        new Edit(Platform.Supabase, 5, Tags, "tag-76.;all"),
        new Edit(Platform.Supabase, 6, LastName, "LEE-77."),
        new Wait(6),
        new Push(Platform.Pipedrive, PushFault.AnswerLost, new Edit(Platform.Pipedrive, 3, JobTitle, "Job-79.xxxx")),
        new Edit(Platform.Pipedrive, 7, Tags, "tag-80.;all"),
        new Edit(Platform.Pipedrive, 5, JobTitle, "Job-81.x"),
        new Deliver(1214986271),
        new Apply(Platform.Pipedrive, ApplyFault.DiesBeforeAck),
    ]);

    [Fact]
    public void Two_platforms_whose_rules_undo_each_other_are_stopped_and_a_person_is_asked()
    {
        var verdict = Invariants.Check(new(new Setup(Automations: true),
        [
            new Create(Platform.Supabase, 1),
            new Push(Platform.HubSpot),
            new Push(Platform.Pipedrive),
            new Edit(Platform.HubSpot, 0, FirstName, "Ann-7."),
        ]));
        verdict.Violations.ShouldBeEmpty();
        verdict.Conflicts.ShouldBe(1);
        verdict.Writes.ShouldBeLessThanOrEqualTo(2 + 3 + 3); // two creations, three pushes to each
    }

    // Where nothing bears our id, as of activities and notes.
    [Fact]
    public void What_we_are_creating_is_not_taken_for_another_record_because_the_platform_cut_a_text() => Holds(new Setup(IsAnonymous: true),
    [
        new Create(Platform.Supabase, 0),
        new Edit(Platform.Supabase, 0, JobTitle, "Job-183.xxx"),
        new Push(Platform.Pipedrive, PushFault.EchoFirst),
    ]);

    [Fact]
    public void What_was_created_without_an_answer_is_found_before_it_is_taken_for_another_record() => Holds(new Setup(IsAnonymous: true),
    [
        new Create(Platform.Supabase, 0),
        new Edit(Platform.Supabase, 0, JobTitle, "Job-19.xxxx"),
        new Push(Platform.Pipedrive, PushFault.AnswerLost),
    ]);

    [Fact]
    public void Of_two_records_that_say_the_same_each_is_there_once_though_one_was_not_answered() => Holds(new Setup(IsAnonymous: true),
    [
        new Create(Platform.Supabase, 0),
        new Push(Platform.Pipedrive),
        new Create(Platform.Supabase, 1),
        new Push(Platform.Pipedrive, PushFault.AnswerLost),
    ]);

    [Fact]
    public void A_creation_without_an_answer_is_waited_for_no_more_when_its_record_is_there_by_another_link() => Holds(new Setup("field_merge", IsAnonymous: true),
    [
        new Create(Platform.Pipedrive, 1),
        new Reconcile(Platform.Pipedrive, false),
        new Remove(Platform.Pipedrive, 0),
        new Edit(Platform.Supabase, 0, Tags, "tag-170.;all"),
        new Reconcile(Platform.Pipedrive, true),
        new Restore(Platform.Pipedrive, 0),
        new Push(Platform.Pipedrive, PushFault.AnswerLost),
    ]);

    private static void Holds(Setup setup, ImmutableArray<Step> steps) => Invariants.Check(new(setup, steps)).Violations.ShouldBeEmpty();
}
