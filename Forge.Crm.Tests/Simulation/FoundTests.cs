using System.Collections.Immutable;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Simulation;

/// <summary>Programs that once broke a promise, as the simulator shrank them; each holds for good.</summary>
public sealed class FoundTests
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
    public void A_restoration_on_a_platform_whose_clock_is_slow_comes_after_our_deletion_all_the_same() => Holds(new Setup(HubSpotSkew: -3600),
    [
        new Create(Platform.Pipedrive, 9),
        new Deliver(1912663342),
        new Apply(Platform.Pipedrive),
        new Push(Platform.HubSpot, PushFault.None, new Edit(Platform.HubSpot, 0, LeadValue, "100124.50")),
        new Remove(Platform.Supabase, 5),
        new Push(Platform.HubSpot),
        new Restore(Platform.HubSpot, 0),
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
    public void A_value_that_came_to_a_deleted_record_is_there_when_the_record_is_restored() => Holds(new Setup(),
    [
        new Create(Platform.Pipedrive, 2),
        new Deliver(1411461905),
        new Apply(Platform.Pipedrive),
        new Edit(Platform.Pipedrive, 7, Tags, "tag-33.;all"),
        new Remove(Platform.Supabase, 3),
        new Push(Platform.Pipedrive),
        new Restore(Platform.Pipedrive, 1),
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
    public void A_loser_of_a_merge_that_its_platform_brought_back_is_linked_again() => Holds(new Setup("source_priority", PipedriveSkew: -31536000),
    [
        new Create(Platform.Pipedrive, 0),
        new Create(Platform.HubSpot, 1),
        new Create(Platform.Supabase, 2),
        new Deliver(1755595010),
        new Create(Platform.Pipedrive, 0),
        new Push(Platform.HubSpot),
        new Apply(Platform.Pipedrive),
        new Apply(Platform.HubSpot),
        new Push(Platform.Pipedrive),
        new MergeRecords(Platform.HubSpot, 0, 7),
        new Reconcile(Platform.HubSpot, true),
        new MergeRecords(Platform.Pipedrive, 6, 5),
        new Push(Platform.Pipedrive),
        new Remove(Platform.Pipedrive, 1),
        new Remove(Platform.Pipedrive, 4),
        new Restore(Platform.Pipedrive, 6),
    ]);

    [Fact]
    public void A_merged_record_that_is_restored_where_it_was_not_merged_is_merged_there_too() => Holds(new Setup("field_merge", OnDelete: DeletePolicy.Archive),
    [
        new Create(Platform.Supabase, 0),
        new Create(Platform.HubSpot, 2),
        new Push(Platform.Pipedrive),
        new Wait(340),
        new Push(Platform.HubSpot),
        new Reconcile(Platform.HubSpot, false),
        new MergeRecords(Platform.HubSpot, 6, 1),
        new Remove(Platform.Pipedrive, 1),
        new Deliver(758100491),
        new Apply(Platform.Pipedrive, ApplyFault.DiesBeforeAck),
        new Restore(Platform.Pipedrive, 7),
        new Reconcile(Platform.HubSpot, true),
        new Push(Platform.Pipedrive),
    ]);

    [Fact]
    public void A_merge_with_a_record_that_was_deleted_elsewhere_leaves_no_live_record_without_a_hub_record() => Holds(new Setup("source_priority", HubSpotSkew: -3600, PipedriveSkew: 31536000),
    [
        new Create(Platform.Pipedrive, 0),
        new Create(Platform.Supabase, 1),
        new Create(Platform.Supabase, 2),
        new Deliver(1375765719),
        new Apply(Platform.Pipedrive),
        new Push(Platform.HubSpot),
        new Edit(Platform.Pipedrive, 5, JobTitle, "Job-10."),
        new Create(Platform.Pipedrive, 9),
        new MergeRecords(Platform.HubSpot, 5, 7),
        new MergeRecords(Platform.Pipedrive, 3, 0),
        new Deliver(1680998501),
        new Apply(Platform.Pipedrive),
        new Push(Platform.HubSpot),
    ]);

    [Fact]
    public void A_record_that_came_back_beside_its_new_self_does_not_take_it_along_when_it_is_merged() => Holds(new Setup(HubSpotSkew: 31536000),
    [
        new Create(Platform.HubSpot, 0),
        new Create(Platform.Pipedrive, 1),
        new Create(Platform.Pipedrive, 2),
        new Deliver(1032172294),
        new Apply(Platform.HubSpot),
        new Remove(Platform.HubSpot, 6),
        new Push(Platform.Pipedrive),
        new Deliver(1704094295),
        new Edit(Platform.Supabase, 2, LastName, "LEE-31."),
        new Apply(Platform.Pipedrive),
        new Apply(Platform.HubSpot),
        new Push(Platform.HubSpot),
        new Restore(Platform.HubSpot, 7),
        new MergeRecords(Platform.HubSpot, 4, 6),
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
    public void The_edits_of_a_restored_record_that_was_created_anew_are_noted_before_it_becomes_another_one() => Holds(new Setup("source_priority"),
    [
        new Create(Platform.Pipedrive, 1),
        new Deliver(1686134347),
        new Apply(Platform.Pipedrive),
        new Push(Platform.HubSpot),
        new Edit(Platform.Supabase, 7, LeadValue, "100041.50"),
        new Push(Platform.HubSpot, PushFault.None, new Edit(Platform.HubSpot, 5, LeadValue, "100043.50")),
        new Remove(Platform.Supabase, 1),
        new Push(Platform.HubSpot),
        new Edit(Platform.Pipedrive, 0, LastName, "LEE-65."),
        new Push(Platform.Pipedrive),
        new Push(Platform.HubSpot, PushFault.None, new Edit(Platform.HubSpot, 3, LastName, "LEE-73.")),
        new Restore(Platform.HubSpot, 5),
    ]);

    [Fact]
    public void What_a_merge_wrote_into_the_survivor_is_no_edit_also_when_it_is_heard_again() => Holds(new Setup(),
    [
        new Create(Platform.HubSpot, 2),
        new Create(Platform.Pipedrive, 4),
        new Deliver(407274469),
        new Apply(Platform.Pipedrive),
        new Edit(Platform.Supabase, 0, LeadValue, "100087.50"),
        new Push(Platform.HubSpot),
        new Edit(Platform.Supabase, 0, LeadValue, "100112.50"),
        new MergeRecords(Platform.HubSpot, 1, 0),
        new Remove(Platform.HubSpot, 2),
        new Deliver(654706453),
        new Apply(Platform.HubSpot),
        new Restore(Platform.HubSpot, 5),
    ]);

    [Fact]
    public void The_same_value_that_a_merge_kept_gets_no_later_time() => Holds(new Setup("source_priority", PipedriveSkew: 31536000),
    [
        new Create(Platform.Supabase, 0),
        new Create(Platform.Supabase, 1),
        new Push(Platform.HubSpot, PushFault.AnswerLost, null),
        new Create(Platform.HubSpot, 7),
        new Edit(Platform.Supabase, 0, JobTitle, "Job-44.xxxx"),
        new Push(Platform.HubSpot),
        new MergeRecords(Platform.HubSpot, 6, 2),
        new Deliver(1580934463),
        new Remove(Platform.HubSpot, 5),
        new Deliver(142631610),
        new Apply(Platform.HubSpot),
        new Restore(Platform.HubSpot, 5),
    ]);

    [Fact]
    public void A_field_that_was_held_against_one_platform_goes_to_the_other_when_the_record_there_is_deleted() => Holds(new Setup("manual_review", HubSpotSkew: 7, PipedriveSkew: 7),
    [
        new Create(Platform.Pipedrive, 0),
        new Create(Platform.Supabase, 1),
        new Create(Platform.HubSpot, 2),
        new Reconcile(Platform.HubSpot, true),
        new Reconcile(Platform.Pipedrive, true),
        new Push(Platform.HubSpot),
        new Deliver(924146371),
        new Edit(Platform.Pipedrive, 3, LastName, " Lee-30. "),
        new Edit(Platform.HubSpot, 5, JobTitle, "Job-34.xxxx"),
        new Apply(Platform.Pipedrive),
        new Push(Platform.HubSpot),
        new Edit(Platform.HubSpot, 0, Tags, "tag-56.;all"),
        new Push(Platform.Pipedrive, PushFault.AnswerLost, null),
        new Create(Platform.Pipedrive, 2),
        new Edit(Platform.Supabase, 2, JobTitle, ""),
        new Push(Platform.Pipedrive),
        new Edit(Platform.Pipedrive, 2, JobTitle, "Job-127.xx"),
        new Edit(Platform.Pipedrive, 0, FirstName, "Ann-131."),
        new MergeRecords(Platform.Pipedrive, 1, 0),
        new Deliver(1285973768),
        new Remove(Platform.HubSpot, 1),
        new Edit(Platform.HubSpot, 3, FirstName, "Ann-172."),
    ]);

    [Fact]
    public void What_a_platform_brings_back_within_the_second_of_our_merge_is_a_record_again() => Holds(new Setup("timestamp_based", "{}", 0, 3600, true, DeletePolicy.Propagate),
    [
        new Create(Platform.HubSpot, 1),
        new Apply(Platform.Pipedrive, ApplyFault.DiesBeforeCommit),
        new Remove(Platform.Supabase, 3),
        new Create(Platform.HubSpot, 10),
        new Edit(Platform.Pipedrive, 6, FirstName, "Ann-34."),
        new Deliver(1722154410),
        new Reconcile(Platform.HubSpot, true),
        new Apply(Platform.Pipedrive),
        new Deliver(1380880018),
        new Edit(Platform.Pipedrive, 1, Tags, "tag-56.;all"),
        new Deliver(1638358448),
        new Create(Platform.Supabase, 11),
        new Wait(1026),
        new Edit(Platform.HubSpot, 5, FirstName, "Ann-66."),
        new Edit(Platform.Supabase, 7, LastName, "LEE-67."),
        new Push(Platform.HubSpot, PushFault.RateLimited, null),
        new Apply(Platform.Pipedrive),
        new Edit(Platform.Supabase, 4, LastName, " Lee-70. "),
        new Deliver(841810468),
        new Push(Platform.HubSpot),
        new Push(Platform.HubSpot, PushFault.DiesBeforeCall, null),
        new Deliver(764585854),
        new Apply(Platform.Pipedrive, ApplyFault.DiesBeforeAck),
        new Wait(506),
        new Deliver(276673734),
        new Push(Platform.Pipedrive, PushFault.None, new Edit(Platform.Pipedrive, 3, LastName, "LEE-97.")),
        new Deliver(1377253911),
        new Wait(1174),
        new MergeRecords(Platform.HubSpot, 0, 2),
        new Wait(88),
        new Deliver(1573042243),
        new Apply(Platform.HubSpot),
        new Deliver(93438279),
        new Edit(Platform.HubSpot, 3, LeadValue, "100121.50"),
        new Deliver(1150816054),
        new Push(Platform.Pipedrive),
        new Restore(Platform.Pipedrive, 3),
    ]);

    [Fact]
    public void An_edit_that_we_ran_over_in_a_record_that_was_deleted_and_brought_back_leaves_a_trace() => Holds(new Setup("timestamp_based", "{}", 31536000, 0, false, DeletePolicy.Propagate),
    [
        new Create(Platform.Supabase, 0),
        new Create(Platform.Supabase, 1),
        new Create(Platform.Supabase, 2),
        new Push(Platform.HubSpot, PushFault.None, new Edit(Platform.Supabase, 4, JobTitle, "Job-5.")),
        new Deliver(441602378),
        new Push(Platform.Pipedrive, PushFault.None, new Edit(Platform.Pipedrive, 4, JobTitle, "")),
        new Push(Platform.HubSpot, PushFault.None, new Edit(Platform.HubSpot, 3, LastName, "LEE-17.")),
        new Apply(Platform.HubSpot),
        new Edit(Platform.HubSpot, 4, Tags, "tag-31.;all"),
        new Push(Platform.Pipedrive, PushFault.None, new Edit(Platform.Pipedrive, 3, LastName, " Lee-32. ")),
        new MergeRecords(Platform.Pipedrive, 2, 0),
        new Deliver(477328647),
        new Edit(Platform.Supabase, 0, LastName, "LEE-37."),
        new Apply(Platform.Pipedrive),
        new Push(Platform.Pipedrive),
        new Restore(Platform.Pipedrive, 1),
        new Reconcile(Platform.Pipedrive, true),
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
    public void What_a_stale_read_shows_of_a_record_that_we_deleted_leaves_a_trace() => Holds(new Setup("timestamp_based", "{}", 0, 7, false, DeletePolicy.Archive),
    [
        new Create(Platform.Pipedrive, 6),
        new Deliver(1702209851),
        new Apply(Platform.Pipedrive),
        new Create(Platform.Pipedrive, 4),
        new Create(Platform.Pipedrive, 9),
        new Create(Platform.Supabase, 4),
        new Push(Platform.Pipedrive, PushFault.RateLimited, null),
        new Create(Platform.Supabase, 8),
        new Remove(Platform.Supabase, 2),
        new Create(Platform.Supabase, 3),
        new Create(Platform.Pipedrive, 3),
        new Create(Platform.Supabase, 7),
        new Remove(Platform.Pipedrive, 3),
        new Edit(Platform.Supabase, 3, Tags, "tag-152.;all"),
        new Push(Platform.Pipedrive, PushFault.None, new Edit(Platform.Pipedrive, 1, LastName, "LEE-153.")),
        new Apply(Platform.Pipedrive),
        new Edit(Platform.Pipedrive, 3, Tags, "tag-155.;all"),
        new Restore(Platform.Pipedrive, 5),
        new Push(Platform.Pipedrive),
        new Create(Platform.Pipedrive, 9),
        new Deliver(319372817),
        new Edit(Platform.HubSpot, 2, FirstName, "Ann-160."),
        new Reconcile(Platform.HubSpot, true),
        new Edit(Platform.HubSpot, 3, LeadValue, "100162.50"),
        new Push(Platform.HubSpot, PushFault.EchoFirst, null),
        new Create(Platform.HubSpot, 7),
        new Deliver(1024781749),
        new Edit(Platform.Supabase, 4, LastName, " Lee-166. "),
        new Create(Platform.Pipedrive, 6),
        new Wait(6),
        new Apply(Platform.Pipedrive, ApplyFault.StaleRead),
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

    private static void Holds(Setup setup, ImmutableArray<Step> steps) => Invariants.Check(new(setup, steps)).Violations.ShouldBeEmpty();
}
