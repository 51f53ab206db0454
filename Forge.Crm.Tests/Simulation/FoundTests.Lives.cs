using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Simulation;

// Records that come, go and come back.
public sealed partial class FoundTests
{
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
    public void A_write_that_met_a_deleted_record_is_no_reason_to_pass_over_an_edit_that_it_shows_when_it_is_back() => Holds(new Setup(HubSpotSkew: 3600, PipedriveSkew: -31536000),
    [
        new Create(Platform.HubSpot, 0),
        new Create(Platform.Pipedrive, 0),
        new Deliver(562047427),
        new Apply(Platform.HubSpot),
        new Edit(Platform.Pipedrive, 0, JobTitle, "Job-92.xx"),
        new Edit(Platform.HubSpot, 0, JobTitle, "Job-95."),
        new Edit(Platform.HubSpot, 0, JobTitle, ""),
        new Remove(Platform.HubSpot, 0),
        new Push(Platform.Pipedrive),
        new Push(Platform.HubSpot, PushFault.None, new Edit(Platform.Supabase, 0, LeadValue, "100119.50")),
        new Reconcile(Platform.HubSpot, true),
        new Restore(Platform.HubSpot, 0),
    ]);
}
