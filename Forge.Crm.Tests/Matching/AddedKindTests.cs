using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.Sync;
using Microsoft.Extensions.Logging.Abstractions;

namespace Forge.Crm.Tests.Matching;

/// <summary>A kind that comes to a connection later is matched like those of the first load.</summary>
public sealed class AddedKindTests
{
    [Fact]
    public async Task A_kind_of_which_the_hub_holds_records_waits_for_a_plan_and_nothing_is_joined_or_pushed_before()
    {
        await using var bed = await LoadedAsync("company");
        await bed.AddHereAsync("Ann", "ann@x.example");
        bed.AddThere("Anna", "ann@x.example");

        (await SetAsync(bed, "company", "contact")).ShouldBeTrue();
        (await bed.ViewAsync()).State.ShouldBe("needed");
        await Should.ThrowAsync<MatchPlanException>(() => bed.Sync.RunAsync());
        (await bed.PushAsync()).Rows.ShouldBe(0);
        (await bed.Sync.CountAsync("crm_record_links where remote_kind = 'contact'")).ShouldBe(0);

        var plan = await bed.MakeAsync();
        (await bed.ItemsAsync()).Count.ShouldBe(2);
        var answer = await bed.Plans.ApproveAsync(
            SyncBed.Tenant, Platform.HubSpot, plan,
            new Dictionary<RecordKind, MatchChoice> { [RecordKind.Contact] = MatchChoice.LinkOnly, [RecordKind.Company] = MatchChoice.LinkOnly }, "boss", CancellationToken.None);
        (await bed.FinishAsync(answer.Job!.Value)).State.ShouldBe(JobState.Done);
        (await bed.LinksAsync()).Count(link => link.EndsWith(" live Ann", StringComparison.Ordinal)).ShouldBe(1);
        (await StateAsync(bed)).ShouldBe("live settled");
    }

    [Fact]
    public async Task A_kind_that_a_person_had_ignored_comes_by_a_plan_only()
    {
        await using var bed = await MatchBed.CreateAsync("Ann:ann@x.example");
        await bed.ConnectAsync();
        await bed.ApproveAsync(await bed.MakeAsync(), MatchChoice.Ignore, MatchChoice.LinkOnly);
        (await SetAsync(bed, "company", "contact", "deal")).ShouldBeTrue();
        (await StateAsync(bed)).ShouldBe("connected needed");
    }

    [Fact]
    public async Task A_kind_that_the_hub_has_nothing_of_needs_no_plan()
    {
        await using var bed = await LoadedAsync("company");
        bed.AddThere("Ann", "ann@x.example");
        (await SetAsync(bed, "company", "contact")).ShouldBeTrue();
        (await StateAsync(bed)).ShouldBe("live none");
        (await bed.Sync.RunAsync()).Created.ShouldBe(1);
    }

    [Fact]
    public async Task A_kind_that_another_platform_is_loading_waits_for_a_plan()
    {
        await using var bed = await LoadedAsync("company");
        await bed.Sync.ExecuteAsync($"insert into crm_sync_configs (tenant_id, platform, kinds) values ('{SyncBed.Tenant}', 'pipedrive', '{{contact}}')");
        (await SetAsync(bed, "company", "contact")).ShouldBeTrue();
        (await StateAsync(bed)).ShouldBe("connected needed");
    }

    [Fact]
    public async Task Leaving_a_kind_out_needs_no_plan_and_stops_nothing()
    {
        await using var bed = await LoadedAsync("company", "contact");
        await bed.AddHereAsync("Ann", "ann@x.example");
        (await SetAsync(bed, "company")).ShouldBeTrue();
        (await StateAsync(bed)).ShouldBe("live none");
    }

    [Fact]
    public async Task A_plan_that_was_made_without_the_kind_is_made_again()
    {
        await using var bed = await MatchBed.CreateAsync("Ann:ann@x.example");
        await bed.ConnectAsync();
        await bed.Sync.ExecuteAsync("update crm_sync_configs set kinds = '{company}'");
        var plan = await bed.MakeAsync();
        (await SetAsync(bed, "company", "contact")).ShouldBeTrue();
        (await StateAsync(bed)).ShouldBe("connected needed");
        (await bed.TryApproveAsync(plan, MatchChoice.LinkOnly)).State.ShouldBe(MatchAnswerState.Closed);
    }

    [Fact]
    public async Task Once_a_plan_is_approved_its_kinds_stand_until_it_is_loaded()
    {
        await using var bed = await LoadedAsync("company");
        await bed.Sync.ExecuteAsync("update crm_sync_configs set state = 'connected', match_state = 'approved'");
        await Should.ThrowAsync<FormatException>(() => SetAsync(bed, "company", "contact"));
        (await SetAsync(bed, "company")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("paused")]
    [InlineData("importing")]
    [InlineData("reauth_required")]
    public async Task A_connection_that_is_not_live_takes_no_new_kind_and_says_so(string state)
    {
        await using var bed = await LoadedAsync("company");
        await bed.Sync.ExecuteAsync($"update crm_sync_configs set state = '{state}'");
        (await Should.ThrowAsync<FormatException>(() => SetAsync(bed, "company", "contact"))).Message
            .ShouldBe($"Kinds can be added (contact) before a match plan is approved, or while the connection is live; it is '{state}' now. Leave them out, or let it come to that first.");
        (await bed.Sync.ScalarAsync<string[]>("select kinds from crm_sync_configs")).ShouldBe(["company"]);
    }

    private static async Task<MatchBed> LoadedAsync(params string[] kinds)
    {
        var bed = await MatchBed.CreateAsync();
        await bed.ConnectAsync();
        await SetAsync(bed, kinds);
        await bed.Sync.RunAsync();
        return bed;
    }

    private static Task<bool> SetAsync(MatchBed bed, params string[] kinds) => new ConnectionSettings(
            bed.Sync.Database, new(bed.Sync.Database, bed.Sync.Clock, NullLogger<SyncConfigs>.Instance), bed.Sync.Sessions, [new FakeConnector(bed.Crm)])
        .SetAsync(SyncBed.Tenant, Platform.HubSpot, new("two_way", kinds, "propagate", 15), "boss", CancellationToken.None);

    private static Task<string> StateAsync(MatchBed bed) => bed.Sync.ScalarAsync<string>("select state || ' ' || match_state from crm_sync_configs where platform = 'hubspot'");
}
