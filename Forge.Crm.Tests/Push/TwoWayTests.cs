using System.Diagnostics;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Stack;
using Forge.Crm.Tests.Timers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Forge.Crm.Tests.Push;

/// <summary>Two platforms of one tenant at once, through queues, functions and timers: what each write there costs, and what comes back.</summary>
public sealed class TwoWayTests : IAsyncLifetime
{
    private const string Ann = "ann@example.com";

    private TwoWayHost _host = null!;

    public async Task InitializeAsync() => _host = await TwoWayHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_contact_of_one_platform_is_created_once_in_the_other_and_every_edit_is_one_write_there()
    {
        var here = await _host.AddAsync(Platform.HubSpot, ("email", Ann), ("firstname", "Ann"));
        await _host.SettleAsync();
        var there = _host.Pipedrive.All(RemoteKind.Contact).ShouldHaveSingleItem().Ref.Id;
        (_host.Pipedrive.Writes.Count, _host.HubSpot.Writes.Count).ShouldBe((1, 0));

        await _host.EditAsync(Platform.HubSpot, here, ("jobtitle", "CTO"));
        await _host.SettleAsync();
        await _host.EditAsync(Platform.Pipedrive, there, ("jobtitle", "CEO"));
        await _host.SettleAsync();
        await _host.EditAsync(Platform.HubSpot, here, ("jobtitle", "CTO")); // back to what it was: an edit like any other
        await _host.SettleAsync();

        _host.Pipedrive.Writes.Skip(1).ShouldBe([$"update {there} jobtitle", $"update {there} jobtitle"]);
        _host.HubSpot.Writes.ShouldBe([$"update {here} jobtitle"]);
        (_host.There(Platform.HubSpot, Ann, "jobtitle"), _host.There(Platform.Pipedrive, Ann, "jobtitle")).ShouldBe(("CTO", "CTO"));
        (await _host.Hub.RowsAsync("select email, job_title from crm_contacts")).ShouldBe([$"{Ann}|CTO"]);

        for (var cycle = 0; cycle < 10; cycle++)
        {
            await _host.HearEverythingAgainAsync();
            await _host.SettleAsync();
        }

        (_host.Pipedrive.Writes.Count, _host.HubSpot.Writes.Count).ShouldBe((3, 1));
        (await _host.Hub.RowsAsync("select distinct status from crm_webhook_events where status not in ('applied', 'unchanged')")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_first_load_of_one_platform_is_created_on_the_other_by_its_batch_calls_and_comes_back_to_nobody()
    {
        _host.HubSpot.AddContacts(250);

        await _host.Get<ICrmSync>().SyncAsync(new(_host.Hub.Id, Platform.HubSpot), null, CancellationToken.None);
        await _host.SettleAsync();

        _host.Pipedrive.All(RemoteKind.Contact).Count.ShouldBe(250);
        (_host.Pipedrive.Writes.Count, _host.HubSpot.Writes.Count).ShouldBe((250, 0));
        _host.Pipedrive.CallsOf("create contact").ShouldBeLessThanOrEqualTo(6);
        (await _host.Hub.RowsAsync("select platform, count(*) from crm_record_links where state = 'live' group by platform order by platform")).ShouldBe(["hubspot|250", "pipedrive|250"]);
    }

    [Fact]
    public async Task What_one_platform_refuses_is_listed_and_does_not_keep_the_other_from_it()
    {
        _host.Pipedrive.Refuses = properties => properties.GetValueOrDefault("email") == Ann ? "'name' is missing" : null;
        await using var listener = await ListenAsync();
        await InsertAsync();
        await _host.AddAsync(Platform.HubSpot, ("email", "bob@example.com"));
        await _host.SettleAsync();

        (_host.HubSpot.Writes.Count, _host.Pipedrive.Writes.Count).ShouldBe((1, 1));
        (await _host.Hub.RowsAsync("select platform, status, reason from crm_outbox")).ShouldBe(["pipedrive|failed|'name' is missing"]);

        _host.Pipedrive.Refuses = _ => null;
        (await _host.Get<PushErrors>().RedriveAllAsync(_host.Hub.Id, Platform.Pipedrive, null, "somebody", CancellationToken.None)).ShouldBe(1);
        await _host.SettleAsync();
        _host.There(Platform.Pipedrive, Ann, "email").ShouldBe(Ann);
    }

    [Fact]
    public async Task A_paused_platform_hears_nothing_until_it_is_resumed_and_the_other_everything()
    {
        await _host.Get<SyncStates>().MoveAsync(_host.Hub.Id, Platform.Pipedrive, ConnectionState.Paused, CancellationToken.None);
        var here = await _host.AddAsync(Platform.HubSpot, ("email", Ann));
        await Wait.UntilAsync(async () => await _host.Hub.ScalarAsync<long>("select count(*) from crm_outbox where platform = 'pipedrive'") == 1, "nothing was queued");
        await _host.EditAsync(Platform.HubSpot, here, ("jobtitle", "CTO"));
        await Wait.UntilAsync(async () => await _host.Hub.ScalarAsync<string>("select job_title from crm_contacts") == "CTO", "the edit was not taken");
        _host.Pipedrive.Writes.ShouldBeEmpty();

        await _host.Get<SyncStates>().MoveAsync(_host.Hub.Id, Platform.Pipedrive, ConnectionState.Live, CancellationToken.None);
        await _host.SettleAsync();
        _host.Pipedrive.Writes.Count.ShouldBe(1);
        _host.There(Platform.Pipedrive, Ann, "jobtitle").ShouldBe("CTO");
    }

    [Fact]
    public async Task Edits_of_different_fields_on_both_sides_meet_and_cost_one_write_each()
    {
        var here = await _host.AddAsync(Platform.HubSpot, ("email", Ann));
        await _host.SettleAsync();
        var there = _host.Pipedrive.All(RemoteKind.Contact)[0].Ref.Id;

        await Task.WhenAll(
            _host.EditAsync(Platform.HubSpot, here, ("jobtitle", "CTO")),
            _host.EditAsync(Platform.Pipedrive, there, ("phone", "+12125550100")));
        await _host.SettleAsync();

        _host.HubSpot.Writes.ShouldBe([$"update {here} phone"]);
        _host.Pipedrive.Writes.Skip(1).ShouldBe([$"update {there} jobtitle"]);
    }

    [Fact]
    public async Task An_edit_in_SQL_is_on_both_platforms_within_a_second_of_its_commit()
    {
        await using var listener = await ListenAsync();
        await InsertAsync();
        await _host.SettleAsync();
        // The relay alone would take three seconds at the least. While this machine is busy with something else, edits are slow whatever we do:
        // that may cost a round of five, or two, not all.
        var medians = new List<TimeSpan>();
        do
            medians.Add(await MedianOfFiveEditsAsync($"Round {medians.Count}"));
        while (medians[^1] >= TimeSpan.FromSeconds(1) && medians.Count < 4);

        medians[^1].ShouldBeLessThan(TimeSpan.FromSeconds(1), string.Join(", ", medians));
        var writes = 1 + (5 * medians.Count);
        (_host.HubSpot.Writes.Count, _host.Pipedrive.Writes.Count).ShouldBe((writes, writes));
    }

    [Fact]
    public async Task Without_a_wake_up_the_relay_finds_an_edit_in_SQL()
    {
        await InsertAsync();
        await Wait.UntilAsync(() => Task.FromResult(_host.There(Platform.Pipedrive, Ann, "email") is not null), "the relay did not come");
        await _host.SettleAsync();
        _host.HubSpot.Writes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Ten_edits_in_a_second_are_one_write()
    {
        await using var listener = await ListenAsync();
        await InsertAsync();
        await _host.SettleAsync();
        var (calls, writes) = (_host.HubSpot.CallsOf("write contact"), _host.HubSpot.Writes.Count);

        for (var i = 0; i < 10; i++)
        {
            await _host.Hub.ExecuteAsync($"update crm_contacts set job_title = 'Title {i}', phone = '+1212555010{i}'");
            await Task.Delay(80);
        }

        await _host.SettleAsync();
        var more = await PausesAsync();
        (_host.HubSpot.CallsOf("write contact") - calls).ShouldBeInRange(1, 1 + more);
        (_host.HubSpot.Writes.Count - writes).ShouldBeInRange(1, 1 + more);
        (_host.There(Platform.HubSpot, Ann, "jobtitle"), _host.There(Platform.Pipedrive, Ann, "phone")).ShouldBe(("Title 9", "+12125550109"));
    }

    [Fact]
    public async Task Whoever_never_stops_editing_is_pushed_all_the_same()
    {
        await using var listener = await ListenAsync();
        await InsertAsync();
        await _host.SettleAsync();
        var writes = _host.HubSpot.Writes.Count;

        for (var i = 0; i < 100 && _host.HubSpot.Writes.Count == writes; i++)
        {
            await _host.Hub.ExecuteAsync($"update crm_contacts set job_title = 'Title {i}'");
            await Task.Delay(100);
        }

        _host.HubSpot.Writes.Count.ShouldBeGreaterThan(writes);
    }

    [Fact]
    public async Task What_is_no_lane_wakes_nobody()
    {
        var wakeUps = _host.Get<PushWakeUps>();
        foreach (var payload in new[] { "", "x", "a:b:c", $"{_host.Hub.Id}:hubspot", $"{_host.Hub.Id}:nobody:0", $"{_host.Hub.Id}:hubspot:x" })
            (await wakeUps.HearAsync(payload, CancellationToken.None)).ShouldBeFalse(payload);
        (await wakeUps.HearAsync($"{_host.Hub.Id}:hubspot:0", CancellationToken.None)).ShouldBeTrue();
    }

    private async Task<TimeSpan> MedianOfFiveEditsAsync(string name)
    {
        var took = new List<TimeSpan>();
        for (var i = 0; i < 5; i++)
        {
            var (title, started) = ($"{name}, {i}", Stopwatch.GetTimestamp());
            await _host.Hub.ExecuteAsync($"update crm_contacts set job_title = '{title}'");
            await Wait.UntilAsync(() => Task.FromResult(
                _host.There(Platform.HubSpot, Ann, "jobtitle") == title && _host.There(Platform.Pipedrive, Ann, "jobtitle") == title), "it did not arrive");
            took.Add(Stopwatch.GetElapsedTime(started));
            await _host.SettleAsync();
        }

        return took.Order().ElementAt(2);
    }

    private Task<OutboxListener> ListenAsync() => OutboxListener.StartAsync(
        _host.Hub.AppConnectionString, _host.Get<PushWakeUps>(), NullLogger<OutboxListener>.Instance, CancellationToken.None);

    /// <summary>How often the editing was interrupted for so long, by whatever else this machine does, that what was there was rightly pushed.</summary>
    private async Task<int> PausesAsync() => (int)await _host.Hub.ScalarAsync<long>("""
        select count(*) filter (where pause > interval '200 milliseconds') + floor(extract(epoch from max(at) - min(at)) / 1.4)::bigint
          from (select at, at - lag(at) over (order by at) as pause from crm_audit_log where field = 'job_title') edits
        """);

    private Task InsertAsync() => _host.Hub.ExecuteAsync($"insert into crm_contacts (tenant_id, id, email) values ('{_host.Hub.Id}', gen_random_uuid(), '{Ann}')");
}
