using System.Net;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Push;

/// <summary>The outbox: who takes what, and what becomes of it where a call fails.</summary>
public sealed class PushQueueTests : IAsyncLifetime
{
    private PushBed _bed = null!;

    public async Task InitializeAsync() => _bed = await PushBed.CreateAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task A_platform_that_is_only_read_from_is_never_written_to()
    {
        await using var bed = await PushBed.CreateAsync("read");
        var id = await bed.InsertAsync("email", "'ann@example.com'");
        await bed.Hub.ExecuteAsync($"insert into crm_outbox (tenant_id, platform, kind, record_id, cause) values ('{bed.Hub.Id}', 'hubspot', 'contact', '{id}', 'edit')");

        (await bed.PushAsync()).Rows.ShouldBe(0);

        bed.Crm.Writes.ShouldBeEmpty();
        (await bed.Hub.RowsAsync("select attempts from crm_outbox")).ShouldBe(["0"]);
    }

    [Fact]
    public async Task A_direction_that_was_taken_back_leaves_what_waits()
    {
        await _bed.InsertAsync("email", "'ann@example.com'");
        await _bed.Hub.ExecuteAsync("update crm_sync_configs set direction = 'read'");

        (await _bed.PushAsync()).ShouldBe(new PushResult(0, null));

        _bed.Crm.Writes.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_row_is_one_workers_for_a_minute_and_the_lane_too()
    {
        await _bed.InsertAsync("email", "'ann@example.com'");
        var (first, second) = (new PushTurn(_bed.Lane), new PushTurn(_bed.Lane));

        (await _bed.Outbox.ClaimAsync(first, 10, CancellationToken.None)).ShouldHaveSingleItem().Attempts.ShouldBe(1);
        await _bed.InsertAsync("email", "'bob@example.com'");
        (await _bed.Outbox.ClaimAsync(second, 10, CancellationToken.None)).ShouldBeEmpty();
        (await _bed.Outbox.NextDueAsync(_bed.Lane, CancellationToken.None))!.Value.ShouldBeGreaterThan(TimeProvider.System.GetUtcNow().AddSeconds(50));
        (await _bed.Outbox.ClaimAsync(first, 10, CancellationToken.None)).ShouldHaveSingleItem();
        await _bed.Outbox.EndAsync(first, CancellationToken.None);
        (await _bed.Outbox.KeepAsync(second, CancellationToken.None)).ShouldBeFalse();
        (await _bed.Outbox.ClaimAsync(second, 10, CancellationToken.None)).ShouldBeEmpty(); // both rows are still leased

        await _bed.Hub.ExecuteAsync("update crm_outbox set next_attempt_at = now()");
        (await _bed.Outbox.ClaimAsync(second, 10, CancellationToken.None)).Count.ShouldBe(2);
        (await _bed.Outbox.KeepAsync(first, CancellationToken.None)).ShouldBeFalse();
    }

    [Fact]
    public async Task Four_workers_in_one_lane_write_every_record_once()
    {
        for (var i = 0; i < 25; i++)
            await _bed.InsertAsync("email", $"'c{i}@example.com'");

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _bed.Drain.DrainAsync(_bed.Lane, CancellationToken.None)));

        _bed.Crm.Writes.Count.ShouldBe(25);
        _bed.Crm.All(RemoteKind.Contact).Count.ShouldBe(25);
        (await _bed.QueueAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_somebody_edits_goes_before_what_a_job_queued_and_a_job_makes_no_edit_wait()
    {
        var first = new List<int>();
        for (var i = 0; i < 150; i++)
            await _bed.InsertAsync("email", $"'job{i}@example.com'");
        await _bed.Hub.ExecuteAsync("update crm_outbox set cause = 'job', queued_at = queued_at - interval '1 hour'");
        await _bed.InsertAsync("email", "'person@example.com'");
        _bed.Crm.After = call => first.Add(call == "create contact" ? _bed.Crm.Writes.Count : 0);

        await _bed.PushAsync();

        first.First(count => count > 0).ShouldBe(1);
        _bed.Crm.All(RemoteKind.Contact).Single(contact => contact.Properties["email"] == "person@example.com").Ref.Id
            .ShouldBe(_bed.Crm.All(RemoteKind.Contact)[0].Ref.Id);
        _bed.Crm.Writes.Count.ShouldBe(151);
    }

    [Fact]
    public async Task A_worker_that_lost_its_turn_sends_nothing_more()
    {
        await _bed.InsertAsync("email", "'ann@example.com'");
        _bed.Crm.Before = call =>
        {
            if (call == "find contact")
                _bed.Hub.ExecuteAsync("update crm_leases set holder = 'another worker'").GetAwaiter().GetResult();
        };

        await _bed.Drain.DrainAsync(_bed.Lane, CancellationToken.None);
        _bed.Crm.Writes.ShouldBeEmpty();

        _bed.Crm.Before = _ => { };
        await _bed.PushAsync();
        _bed.Crm.Writes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_edit_during_the_call_is_pushed_after_it()
    {
        var there = _bed.Crm.AddContacts(1)[0];
        var id = await _bed.TakeInAsync(there);
        await _bed.EditAsync(id, "job_title = 'CTO'");
        _bed.Crm.After = call =>
        {
            if (call == "write contact" && _bed.Crm.Writes.Count == 1)
                _bed.EditAsync(id, "job_title = 'CEO'").GetAwaiter().GetResult();
        };

        await _bed.Drain.DrainAsync(_bed.Lane, CancellationToken.None);

        _bed.Crm.Writes.Count.ShouldBe(2);
        _bed.There(there, "jobtitle").ShouldBe("CEO");
        (await _bed.Hub.ScalarAsync<string>("select job_title from crm_contacts")).ShouldBe("CEO");
        (await _bed.QueueAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_worker_that_dies_over_a_row_leaves_it_and_in_the_end_it_is_given_up()
    {
        var ids = new[] { await _bed.InsertAsync("email", "'a@example.com'"), await _bed.InsertAsync("email", "'poison@example.com'"), await _bed.InsertAsync("email", "'b@example.com'") };
        _bed.Crm.Refuses = properties => properties["email"] == "poison@example.com" ? throw new InvalidTimeZoneException("a bug") : null;

        for (var i = 0; i < 30; i++)
        {
            await Record.ExceptionAsync(_bed.PushAsync);
            if ((await _bed.QueueAsync()) is ["failed|given up after 10 attempts"])
                break;
        }

        (await _bed.Hub.RowsAsync("select record_id, status, reason from crm_outbox")).ShouldBe([$"{ids[1]}|failed|given up after 10 attempts"]);
        _bed.Crm.All(RemoteKind.Contact).Select(contact => contact.Properties.GetValueOrDefault("email")).Where(email => email is not null)
            .ShouldBe(["a@example.com", "b@example.com"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_limit_is_waited_for_as_long_as_the_platform_asks_and_counts_against_no_row()
    {
        await _bed.InsertAsync("email", "'ann@example.com'");
        _bed.Crm.Before = _ => throw new CrmCallException(Platform.HubSpot, HttpStatusCode.TooManyRequests, "DAILY", TimeSpan.FromMinutes(15));

        var result = await _bed.Drain.DrainAsync(_bed.Lane, CancellationToken.None);

        result.Due!.Value.ShouldBe(TimeProvider.System.GetUtcNow().AddMinutes(15), TimeSpan.FromSeconds(20));
        (await _bed.Hub.RowsAsync("select status, attempts, reason from crm_outbox")).ShouldBe(["pending|0|HubSpot answered 429: DAILY"]);
    }

    [Fact]
    public async Task What_jobs_queued_waits_for_the_next_day_where_the_rest_of_this_one_is_kept_and_live_edits_go_on()
    {
        var ends = TimeProvider.System.GetUtcNow().AddHours(5);
        await _bed.InsertAsync("email", "'ann@example.com'");
        await _bed.Hub.ExecuteAsync("update crm_outbox set cause = 'job'");
        _bed.Crm.Before = _ => throw new CrmCallException(Platform.HubSpot, HttpStatusCode.TooManyRequests, "the day", TimeSpan.FromHours(5)) { DayEnds = ends };
        (await _bed.Drain.DrainAsync(_bed.Lane, CancellationToken.None)).Due!.Value.ShouldBe(ends, TimeSpan.FromSeconds(20));

        _bed.Crm.Before = _ => { };
        await _bed.InsertAsync("email", "'bob@example.com'");
        await _bed.Drain.DrainAsync(_bed.Lane, CancellationToken.None);

        _bed.Crm.All(RemoteKind.Contact).Select(contact => contact.Properties["email"]).ShouldBe(["bob@example.com"]);
        (await _bed.Hub.RowsAsync("select status, attempts from crm_outbox")).ShouldBe(["pending|0"]);
    }

    [Fact]
    public async Task While_the_platform_does_not_answer_the_whole_lane_rests_and_only_the_first_rows_were_tried()
    {
        for (var i = 0; i < 250; i++)
            await _bed.InsertAsync("email", $"'c{i}@example.com'");
        _bed.Crm.Before = _ => throw new CrmCallException(Platform.HubSpot, HttpStatusCode.ServiceUnavailable, "down", TimeSpan.FromSeconds(40));

        var result = await _bed.Drain.DrainAsync(_bed.Lane, CancellationToken.None);
        await _bed.Drain.DrainAsync(_bed.Lane, CancellationToken.None);

        result.Due!.Value.ShouldBe(TimeProvider.System.GetUtcNow().AddSeconds(40), TimeSpan.FromSeconds(10));
        _bed.Crm.CallsOf("find contact").ShouldBe(1);
        (await _bed.Hub.RowsAsync("select attempts, count(*) from crm_outbox group by attempts order by attempts")).ShouldBe(["0|150", "1|100"]);
    }

    [Fact]
    public async Task A_row_that_fails_alone_keeps_nobody_waiting()
    {
        var first = await _bed.InsertAsync("email", "'poison@example.com'");
        await _bed.Hub.ExecuteAsync("update crm_outbox set attempts = 3");
        await _bed.InsertAsync("email", "'ann@example.com'");
        _bed.Crm.Refuses = properties => properties["email"] == "poison@example.com" ? throw new CrmCallException(Platform.HubSpot, HttpStatusCode.InternalServerError, "crashed") : null;

        await _bed.Drain.DrainAsync(_bed.Lane, CancellationToken.None);

        _bed.Crm.Writes.Count.ShouldBe(1);
        (await _bed.Hub.RowsAsync("select record_id, status from crm_outbox")).ShouldBe([$"{first}|pending"]);
    }

    [Theory, InlineData(1), InlineData(7), InlineData(64)]
    public async Task The_lane_of_a_record_is_the_same_in_the_program_and_in_the_database(int lanes)
    {
        var ids = Enumerable.Range(0, 200).Select(_ => Guid.NewGuid()).ToList();
        var rows = await _bed.Hub.RowsAsync($"select crm_lane(id::uuid, {lanes}) from unnest('{{{string.Join(',', ids)}}}'::text[]) with ordinality as t(id, n) order by n");
        rows.ShouldBe(ids.Select(id => $"{Lane.NumberOf(id, lanes)}"));
    }

    [Fact]
    public async Task An_outage_fails_no_row_however_long_it_lasts()
    {
        await _bed.InsertAsync("email", "'ann@example.com'");
        _bed.Crm.Before = _ => throw new CrmCallException(Platform.HubSpot, HttpStatusCode.BadGateway, "down");
        for (var i = 0; i < 15; i++)
            await _bed.PushAsync();
        (await _bed.QueueAsync()).ShouldBe(["pending|HubSpot answered 502: down"]);

        _bed.Crm.Before = _ => { };
        await _bed.PushAsync();
        _bed.Crm.Writes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_call_that_is_refused_as_a_whole_is_tried_row_by_row()
    {
        for (var i = 0; i < 3; i++)
            await _bed.InsertAsync("email", $"'c{i}@example.com'");
        _bed.Crm.Refuses = properties => properties["email"] == "c1@example.com"
            ? throw new CrmCallException(Platform.HubSpot, HttpStatusCode.BadRequest, "VALIDATION_ERROR")
            : null;

        await _bed.PushAsync();
        await _bed.PushAsync();

        (await _bed.QueueAsync()).ShouldBe(["failed|HubSpot answered 400: VALIDATION_ERROR"]);
        (await _bed.Hub.RowsAsync("select count(*) from crm_record_links where state = 'live'")).ShouldBe(["2"]);
    }

    [Fact]
    public async Task A_refused_token_pauses_the_connection_and_the_rows_wait()
    {
        await _bed.InsertAsync("email", "'ann@example.com'");
        _bed.Crm.Before = _ => throw new CrmCallException(Platform.HubSpot, HttpStatusCode.Unauthorized, "EXPIRED_AUTHENTICATION");

        await _bed.PushAsync();

        (await _bed.Hub.ScalarAsync<string>("select state from crm_sync_configs")).ShouldBe("reauth_required");
        (await _bed.Hub.RowsAsync("select status, attempts from crm_outbox")).ShouldBe(["pending|0"]);
    }

    [Fact]
    public async Task What_the_platform_shows_and_nobody_can_read_is_not_written_over()
    {
        await _bed.Hub.ExecuteAsync("alter table crm_contacts add constraint no_evil check (job_title <> 'evil')");
        var there = _bed.Crm.AddContacts(2);
        await _bed.HearAsync();
        await _bed.Hub.ExecuteAsync("update crm_contacts set first_name = 'Changed'");
        _bed.Crm.Edit(RemoteKind.Contact, there[0], ("jobtitle", "evil"));

        await _bed.PushAsync();
        await _bed.PushAsync();

        _bed.Crm.Writes.ShouldBe([$"update {there[1]} firstname"]);
        (await _bed.QueueAsync()).ShouldHaveSingleItem().ShouldStartWith("failed|what the platform shows cannot be read: ");
    }

    [Fact]
    public async Task A_held_field_is_not_written_while_the_others_are()
    {
        await _bed.Hub.ExecuteAsync("""update crm_sync_configs set strategies = '{"contact.job_title": "manual_review"}'""");
        var there = _bed.Crm.Add(RemoteKind.Contact, ("email", "ann@example.com"), ("jobtitle", "Clerk"));
        var id = await _bed.TakeInAsync(there);
        await _bed.EditAsync(id, "job_title = 'CTO', first_name = 'Ann'");
        _bed.Crm.Edit(RemoteKind.Contact, there, ("jobtitle", "CEO"));

        await _bed.PushAsync();

        _bed.Crm.Writes.ShouldBe([$"update {there} firstname"]);
        (await _bed.Hub.RowsAsync("select field, hub_value, remote_value, state from crm_conflict_records")).ShouldBe(["job_title|CTO|CEO|open"]);
        (await _bed.QueueAsync()).ShouldBeEmpty();
    }
}
