using System.Net;
using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Tests.Sync;

public sealed class SyncStepsChainTests
{
    [Fact]
    public async Task A_crash_after_any_step_loses_and_doubles_nothing()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(1_700);
        bed.Crm.Add(RemoteKind.Company, ("name", "Acme"));
        var job = await bed.StartAsync();
        var crashes = 0;
        // The step is committed, and its worker dies before the next message is sent: the relay rings with what the row says.
        for (var stored = job; stored.IsRunnable; stored = await bed.JobAsync(job.Id))
        {
            (await bed.StepAsync(stored)).State.ShouldNotBe(StepState.NotMine);
            crashes++;
        }

        crashes.ShouldBeGreaterThan(5);
        var done = await bed.JobAsync(job.Id);
        done.State.ShouldBe(JobState.Done);
        done.Counts.Of(RemoteKind.Contact).ShouldBe(new KindCounts(Read: 1_700, Created: 1_700));
        (await bed.CountAsync("crm_contacts")).ShouldBe(1_700);
        (await bed.CountAsync("crm_audit_log where action = 'create'")).ShouldBe(1_701);
    }

    [Fact]
    public async Task A_step_that_dies_before_its_commit_is_repeated_from_its_page()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(1_200);
        var job = (await bed.StepAsync(await bed.StartAsync())).Job!;
        job = (await bed.StepAsync(job)).Job!; // companies
        job = (await bed.StepAsync(job)).Job!;
        await bed.ExecuteAsync("""
            create function die() returns trigger language plpgsql as $$ begin raise 'the server goes down' using errcode = 'admin_shutdown'; end $$;
            create trigger die before update on crm_sync_jobs for each row execute function die()
            """);
        await Should.ThrowAsync<PostgresException>(() => bed.StepAsync(job));
        (await bed.CountAsync("crm_contacts")).ShouldBe(500);

        await bed.ExecuteAsync("drop trigger die on crm_sync_jobs");
        var done = await bed.FinishAsync(await bed.JobAsync(job.Id));

        done.Counts.Of(RemoteKind.Contact).ShouldBe(new KindCounts(Read: 1_200, Created: 1_200));
        (await bed.CountAsync("crm_contacts")).ShouldBe(1_200);
    }

    [Fact]
    public async Task A_message_that_comes_twice_does_its_step_once()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(1_200);
        var job = await bed.StartAsync();
        while (job.IsRunnable)
        {
            var first = await bed.StepAsync(job);
            var calls = bed.Crm.CallsOf("list contact");
            (await bed.StepAsync(job)).State.ShouldBe(StepState.NotMine);
            bed.Crm.CallsOf("list contact").ShouldBe(calls);
            job = first.Job!;
        }

        job.Counts.Of(RemoteKind.Contact).ShouldBe(new KindCounts(Read: 1_200, Created: 1_200));
    }

    [Fact]
    public async Task Of_workers_that_run_one_step_at_the_same_time_one_commits_it()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var contacts = bed.Crm.AddContacts(1_200);
        await bed.RunAsync();
        bed.Wait();
        foreach (var id in contacts.Take(700))
            bed.Crm.Edit(RemoteKind.Contact, id, ("jobtitle", "Promoted"));
        var job = await bed.StartAsync(SyncMode.Initial);
        while (job.IsRunnable)
        {
            var current = job;
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => bed.StepAsync(current))));
            outcomes.Count(outcome => outcome.State is StepState.Next or StepState.Finished).ShouldBe(1);
            outcomes.Count(outcome => outcome.State == StepState.NotMine).ShouldBe(2);
            job = await bed.JobAsync(job.Id);
        }

        job.Counts.Of(RemoteKind.Contact).ShouldBe(new KindCounts(Read: 1_200, Updated: 700, Unchanged: 500));
        (await bed.CountAsync("crm_audit_log where action = 'set'")).ShouldBe(700);
    }

    [Fact]
    public async Task Workers_that_take_the_steps_in_turn_finish_what_the_other_began()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        await using var other = bed.Beside();
        var contacts = bed.Crm.AddContacts(1_700);
        bed.Crm.Add(RemoteKind.Company, ("name", "Acme"));
        var lists = bed.Crm.CallsOf("list contact");

        (await InTurnAsync(SyncMode.Initial)).ShouldBe(new KindCounts(Read: 1_700, Created: 1_700));
        // What one has read ahead is of no use to the other, and costs a page a step at most twice.
        (bed.Crm.CallsOf("list contact") - lists).ShouldBeLessThanOrEqualTo(2 * 17);

        bed.Wait();
        foreach (var id in contacts.Take(700))
            bed.Crm.Edit(RemoteKind.Contact, id, ("jobtitle", "Promoted"));
        (await InTurnAsync(SyncMode.Incremental)).Updated.ShouldBe(700);
        bed.Wait();
        foreach (var id in contacts.Take(10))
            bed.Crm.Archive(RemoteKind.Contact, id);
        await InTurnAsync(SyncMode.Sweep);

        (await bed.CountAsync("crm_contacts where deleted_at is null")).ShouldBe(1_690);
        (await bed.CountAsync("crm_audit_log where action = 'create'")).ShouldBe(1_701);
        (await bed.CountAsync("crm_audit_log where action = 'set'")).ShouldBe(700);

        async Task<KindCounts> InTurnAsync(SyncMode mode)
        {
            var job = await bed.StartAsync(mode);
            for (var turn = 0; job.IsRunnable; turn++)
            {
                var (worker, late) = turn % 2 == 0 ? (bed, other) : (other, bed);
                var outcome = await worker.StepAsync(job);
                outcome.State.ShouldBeOneOf(StepState.Next, StepState.Finished);
                (await late.StepAsync(job)).State.ShouldBe(StepState.NotMine);
                job = outcome.Job!;
            }

            job.State.ShouldBe(JobState.Done);
            return job.Counts.Of(RemoteKind.Contact);
        }
    }

    [Fact]
    public async Task A_paused_job_does_nothing_until_it_is_resumed()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(1_200);
        var job = await bed.StartAsync();
        while (job.Counts.Of(RemoteKind.Contact).Created == 0)
            job = (await bed.StepAsync(job)).Job!;

        (await bed.Jobs.PauseAsync(SyncBed.Tenant, job.Id, CancellationToken.None)).ShouldBeTrue();
        (await bed.StepAsync(job)).State.ShouldBe(StepState.NotMine);
        (await bed.CountAsync("crm_contacts")).ShouldBe(500);
        (await Should.ThrowAsync<SyncFailedException>(() => bed.RunAsync())).Message.ShouldContain("paused");

        (await bed.Jobs.ResumeAsync(SyncBed.Tenant, job.Id, CancellationToken.None)).ShouldBeTrue();
        (await bed.FinishAsync(await bed.JobAsync(job.Id))).Counts.Of(RemoteKind.Contact).Created.ShouldBe(1_200);
        (await bed.Jobs.ResumeAsync(SyncBed.Tenant, job.Id, CancellationToken.None)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_job_that_is_paused_or_cancelled_during_a_step_commits_nothing_of_it()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(300);
        var job = await bed.StartAsync();
        var isCancelled = false;
        bed.Crm.Before = call =>
        {
            if (call == "list contact" && !isCancelled)
                isCancelled = bed.Jobs.CancelAsync(SyncBed.Tenant, job.Id, CancellationToken.None).GetAwaiter().GetResult();
        };
        var step = job;
        StepOutcome outcome;
        while ((outcome = await bed.StepAsync(step)).State == StepState.Next)
            step = outcome.Job!;

        outcome.State.ShouldBe(StepState.NotMine);
        (await bed.CountAsync("crm_contacts")).ShouldBe(0);
        (await bed.JobAsync(job.Id)).State.ShouldBe(JobState.Cancelled);
    }

    [Fact]
    public async Task A_second_job_of_the_same_platform_is_the_first_one()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var orders = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ =>
            bed.Jobs.StartAsync(SyncBed.Tenant, new(Platform.HubSpot, null, [], null, "test"), CancellationToken.None)));

        orders.Count(started => started.IsNew).ShouldBe(1);
        orders.Select(started => started.Job.Id).Distinct().ShouldHaveSingleItem();
        (await bed.Jobs.ListAsync(SyncBed.Tenant, 10, CancellationToken.None)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_call_that_fails_for_now_is_tried_again_no_sooner_than_the_platform_asks()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(10);
        var job = await bed.StartAsync();
        bed.Crm.Before = _ => throw new CrmCallException(Platform.HubSpot, HttpStatusCode.TooManyRequests, "TEN_SECONDLY_ROLLING", TimeSpan.FromSeconds(10));
        var outcome = await bed.StepAsync(job);

        outcome.State.ShouldBe(StepState.Later);
        outcome.At.ShouldBe(bed.Clock.GetUtcNow().AddSeconds(10));
        bed.Crm.Before = _ => { };
        (await bed.StepAsync(job)).State.ShouldBe(StepState.NotMine); // a second ring must not start a second chain

        bed.Clock.Advance(TimeSpan.FromSeconds(10));
        (await bed.FinishAsync(await bed.JobAsync(job.Id))).Counts.Of(RemoteKind.Contact).Created.ShouldBe(10);
    }

    [Fact]
    public async Task A_job_that_waits_for_the_platforms_next_day_says_so_and_is_never_given_up()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(10);
        var job = await bed.StartAsync();
        for (var day = 0; day < 120; day++)
        {
            var ends = bed.Clock.GetUtcNow().AddHours(12);
            bed.Crm.Before = _ => throw new CrmCallException(Platform.HubSpot, HttpStatusCode.TooManyRequests, "the day", TimeSpan.FromHours(12)) { DayEnds = ends };
            (await bed.StepAsync(job)).At.ShouldBe(ends);
            bed.Clock.SetUtcNow(ends);
        }

        (await WaitingAsync(bed, job)).ShouldBe($"for the day's budget until {bed.Clock.GetUtcNow():yyyy-MM-ddTHH:mm:ss}+00:00");
        bed.Crm.Before = _ => { };
        (await bed.FinishAsync(await bed.JobAsync(job.Id))).Counts.Of(RemoteKind.Contact).Created.ShouldBe(10);
        (await WaitingAsync(bed, job)).ShouldBeNull();
    }

    private static async Task<string?> WaitingAsync(SyncBed bed, SyncJob job) =>
        JsonDocument.Parse((await new JobViews(bed.Database).FindAsync(SyncBed.Tenant, job.Id, CancellationToken.None))!)
            .RootElement.GetProperty("progress").GetProperty("waiting").GetString();

    [Fact]
    public async Task The_waits_grow_and_end()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var job = await bed.StartAsync();
        bed.Crm.Before = _ => throw new CrmCallException(Platform.HubSpot, null, "no route to host");
        var waits = new List<TimeSpan>();
        StepOutcome outcome;
        while ((outcome = await bed.StepAsync(job)) is { State: StepState.Later, At: { } at })
        {
            waits.Add(at - bed.Clock.GetUtcNow());
            bed.Clock.SetUtcNow(at);
        }

        waits.ShouldBe(waits.Order());
        waits[^1].ShouldBe(TimeSpan.FromMinutes(15));
        waits.Sum(wait => wait.TotalHours).ShouldBeInRange(20, 26);
        outcome.State.ShouldBe(StepState.Finished);
        outcome.Job!.State.ShouldBe(JobState.Failed);
        outcome.Job.Error!.ShouldContain("no route to host");
    }

    [Fact]
    public async Task A_refused_token_ends_the_job_and_asks_for_a_new_connection()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(10);
        await bed.RunAsync();
        await bed.Secrets.SetAsync(await bed.ScalarAsync<string>("select secret_ref from crm_sync_configs"), CrmCredentials.PrivateApp("expired").Secret, CancellationToken.None);
        bed.Sessions.Forget(SyncBed.Tenant);

        var failure = await Should.ThrowAsync<SyncFailedException>(() => bed.RunAsync());

        failure.Message.ShouldContain("401");
        (await bed.ScalarAsync<string>("select state from crm_sync_configs")).ShouldBe("reauth_required");
        await bed.Sync.ConnectAsync(SyncBed.Tenant, Platform.HubSpot, Fakes.FakeCrm.Credentials, CancellationToken.None);
        (await bed.ScalarAsync<string>("select state from crm_sync_configs")).ShouldBe("live");
        (await bed.RunAsync()).Mode.ShouldBe(SyncMode.Incremental);
    }

    [Fact]
    public async Task A_job_of_a_paused_connection_waits_for_it()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(10);
        var job = await bed.StartAsync();
        await bed.ExecuteAsync("update crm_sync_configs set enabled = false");
        bed.Sessions.Forget(SyncBed.Tenant);
        (await bed.StepAsync(job)).State.ShouldBe(StepState.Later);

        await bed.ExecuteAsync("update crm_sync_configs set enabled = true");
        bed.Wait();
        (await bed.FinishAsync(await bed.JobAsync(job.Id))).State.ShouldBe(JobState.Done);
    }

    [Fact]
    public async Task The_history_names_the_job()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(1);
        var result = await bed.RunAsync();
        (await bed.ScalarAsync<string>("select cause || ' ' || cause_id || ' ' || actor from crm_audit_log where action = 'create'"))
            .ShouldBe($"job {result.JobId} library");
    }
}
