using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Sync;

namespace Forge.Crm.Tests.Matching;

/// <summary>When a plan is needed, and what waits until it is settled.</summary>
public sealed class MatchGateTests
{
    [Fact]
    public async Task A_first_platform_and_an_empty_hub_need_no_plan()
    {
        await using var bed = await MatchBed.CreateAsync();
        await bed.ConnectAsync();
        bed.Crm.AddContacts(3);
        (await bed.ViewAsync()).State.ShouldBe("none");
        (await bed.Sync.RunAsync()).Created.ShouldBe(3);
    }

    [Theory]
    [InlineData(null, "needed")]
    [InlineData("deleted_at = now()", "none")]
    [InlineData("merged_into_id = id", "none")]
    public async Task Live_records_of_the_hub_need_one(string? set, string state)
    {
        await using var bed = await MatchBed.CreateAsync("Ann:ann@x.example");
        if (set is not null)
            await bed.Sync.ExecuteAsync($"update crm_contacts set {set}");
        await bed.ConnectAsync();
        (await bed.ViewAsync()).State.ShouldBe(state);
    }

    [Fact]
    public async Task Records_of_kinds_that_the_platform_does_not_sync_need_none()
    {
        await using var bed = await MatchBed.CreateAsync();
        await bed.InsertAsync("crm_tasks", "subject", "'Call'");
        await bed.ConnectAsync();
        (await bed.ViewAsync()).State.ShouldBe("none");
    }

    [Fact]
    public async Task A_second_platform_needs_one_and_waits_for_the_load_of_the_first()
    {
        await using var bed = await MatchBed.CreateAsync();
        await bed.Sync.ExecuteAsync($"insert into crm_sync_configs (tenant_id, platform) values ('{SyncBed.Tenant}', 'pipedrive')");
        await bed.ConnectAsync();
        (await bed.ViewAsync()).State.ShouldBe("needed");
        (await bed.RowsAsync("select platform || ' ' || match_state from crm_sync_configs order by platform")).ShouldBe(["hubspot needed", "pipedrive none"]);

        var answer = await bed.Plans.StartAsync(SyncBed.Tenant, Platform.HubSpot, "ann", CancellationToken.None);
        (answer.State, answer.Reason).ShouldBe((MatchAnswerState.Closed, "The first load of pipedrive is not complete: what the hub will hold is not known yet. Let it end first."));

        await bed.Sync.ExecuteAsync("update crm_sync_configs set state = 'live' where platform = 'pipedrive'");
        await bed.MakeAsync();
    }

    [Fact]
    public async Task People_who_fill_the_hub_between_connection_and_first_load_are_asked_too()
    {
        await using var bed = await MatchBed.CreateAsync();
        await bed.ConnectAsync();
        await bed.AddHereAsync("Ann", "ann@x.example");
        (await Should.ThrowAsync<MatchPlanException>(() => bed.Sync.RunAsync())).Message.ShouldContain("/api/v1/connections/hubspot/match-plan");
        (await bed.ViewAsync()).State.ShouldBe("needed");
    }

    [Fact]
    public async Task Connecting_again_asks_for_no_plan_once_the_platform_is_open()
    {
        await using var bed = await MatchBed.CreateAsync();
        await bed.ConnectAsync();
        await bed.Sync.RunAsync();
        await bed.AddHereAsync("Ann", "ann@x.example");
        await bed.ConnectAsync();
        (await bed.ViewAsync()).State.ShouldBe("none");
        (await bed.Sync.RunAsync(SyncMode.Sweep)).Failed.ShouldBe(0);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(SyncMode.Initial)]
    [InlineData(SyncMode.Incremental)]
    [InlineData(SyncMode.Sweep)]
    [InlineData(SyncMode.Manual)]
    public async Task No_sync_starts_before_the_plan_is_approved(SyncMode? mode)
    {
        await using var bed = await MatchBed.CreateAsync("Ann:ann@x.example");
        await bed.ConnectAsync();
        bed.AddThere("ann", "ann@x.example");
        await Should.ThrowAsync<MatchPlanException>(() => bed.Sync.RunAsync(mode));
        await bed.MakeAsync();
        await Should.ThrowAsync<MatchPlanException>(() => bed.Sync.RunAsync(mode));
        (await bed.Sync.CountAsync("crm_record_links")).ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_is_pushed_and_no_event_is_taken_and_none_of_it_is_lost()
    {
        await using var bed = await MatchBed.CreateAsync("Ann:ann@x.example Bob:bob@x.example");
        await bed.ConnectAsync();
        var ann = bed.AddThere("ann", "ann@x.example");
        await bed.Sync.ExecuteAsync("update crm_contacts set job_title = 'CEO' where first_name = 'Ann'");
        (await bed.Sync.CountAsync("crm_outbox where status = 'pending'")).ShouldBe(1);

        foreach (var isReady in new[] { false, true })
        {
            if (isReady)
                await bed.MakeAsync();
            (await bed.PushAsync()).Rows.ShouldBe(0);
            (await bed.Sync.Sessions.OpenAsync(SyncBed.Tenant, Platform.HubSpot, CallLane.Webhook, CancellationToken.None)).ShouldBeNull();
        }

        bed.Crm.Writes.ShouldBeEmpty();
        (await bed.Sync.CountAsync("crm_outbox where status = 'pending'")).ShouldBe(1);
        await bed.ApproveAsync((await bed.ViewAsync()).Plan!.Value, MatchChoice.LinkOnly);
        await bed.PushAsync();
        bed.Crm.All(RemoteKind.Contact).Single().ShouldSatisfyAllConditions(c => c.Ref.Id.ShouldBe(ann), c => c.Properties["jobtitle"].ShouldBe("CEO"));
    }

    [Fact]
    public async Task It_is_no_target_of_other_platforms_until_it_is_settled()
    {
        await using var bed = await MatchBed.CreateAsync("Ann:ann@x.example");
        await bed.ConnectAsync();
        await bed.Sync.ExecuteAsync($"insert into crm_sync_configs (tenant_id, platform, direction, state) values ('{SyncBed.Tenant}', 'pipedrive', 'two_way', 'live')");
        var configs = new SyncConfigs(bed.Sync.Database, bed.Sync.Clock, Microsoft.Extensions.Logging.Abstractions.NullLogger<SyncConfigs>.Instance);
        async Task<Platform[]> TargetsOfAsync(Platform platform)
        {
            configs.Forget(SyncBed.Tenant);
            var config = (await configs.OfAsync(SyncBed.Tenant, CancellationToken.None))!;
            return [.. config.PolicyOf(config.Of(platform)!).Targets.Select(target => target.Platform).Order()];
        }

        (await TargetsOfAsync(Platform.Pipedrive)).ShouldBe([Platform.Pipedrive]);
        (await TargetsOfAsync(Platform.HubSpot)).ShouldBe([Platform.HubSpot, Platform.Pipedrive]);
        await bed.Sync.ExecuteAsync("update crm_sync_configs set match_state = 'settled' where platform = 'hubspot'");
        (await TargetsOfAsync(Platform.Pipedrive)).ShouldBe([Platform.HubSpot, Platform.Pipedrive]);
    }

    [Fact]
    public async Task A_person_may_ask_for_a_plan_where_none_is_needed_as_long_as_nothing_was_loaded()
    {
        await using var bed = await MatchBed.CreateAsync();
        await bed.ConnectAsync();
        bed.Crm.AddContacts(2);
        var plan = await bed.MakeAsync();
        (await bed.ViewAsync()).Kinds["contact"].OnlyThere.ShouldBe(2);
        await bed.ApproveAsync(plan, MatchChoice.CreateHere);
        (await bed.Sync.CountAsync("crm_contacts")).ShouldBe(2);

        var answer = await bed.Plans.StartAsync(SyncBed.Tenant, Platform.HubSpot, "ann", CancellationToken.None);
        (answer.State, answer.Reason).ShouldBe((MatchAnswerState.Closed, "A match plan belongs to a first connection; that of HubSpot is open already."));
    }

    [Fact]
    public async Task Nobody_who_is_not_connected_has_a_plan()
    {
        await using var bed = await MatchBed.CreateAsync("Ann:ann@x.example");
        (await bed.Plans.StartAsync(SyncBed.Tenant, Platform.HubSpot, "ann", CancellationToken.None)).State.ShouldBe(MatchAnswerState.NotFound);
        (await bed.TryApproveAsync(Guid.NewGuid(), MatchChoice.LinkOnly)).State.ShouldBe(MatchAnswerState.NotFound);
        (await bed.Views.FindAsync(SyncBed.Tenant, Platform.HubSpot, CancellationToken.None)).ShouldBeNull();
    }
}
