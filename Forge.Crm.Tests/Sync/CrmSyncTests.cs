using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Fakes;

namespace Forge.Crm.Tests.Sync;

public sealed class CrmSyncTests
{
    [Fact]
    public async Task Connecting_keeps_the_secret_in_the_vault_and_takes_over_the_accounts_conventions()
    {
        await using var bed = await SyncBed.CreateAsync();

        var connection = await bed.Sync.ConnectAsync(SyncBed.Tenant, Platform.HubSpot, CrmCredentials.PrivateApp(FakeCrm.Token, "signs webhooks"), CancellationToken.None);

        connection.ShouldSatisfyAllConditions(
            c => c.AccountId.ShouldBe("4711"), c => c.TimeZone.ShouldBe("Europe/Berlin"), c => c.Currency.ShouldBe("EUR"),
            c => c.PathKey.Length.ShouldBeGreaterThanOrEqualTo(32));
        (await bed.ScalarAsync<string>("select time_zone || ' ' || default_currency from crm_tenants")).ShouldBe("Europe/Berlin EUR");
        (await bed.ScalarAsync<string>("select account_id || ' ' || path_key || ' ' || state from crm_connections")).ShouldBe($"4711 {connection.PathKey} active");
        var secretRef = await bed.ScalarAsync<string>("select secret_ref from crm_sync_configs");
        (await bed.Secrets.GetAsync(secretRef, CancellationToken.None)).ShouldBe(FakeCrm.Credentials.Secret);
        var webhookRef = await bed.ScalarAsync<string>("select webhook_secret_ref from crm_connections");
        (await bed.Secrets.GetAsync(webhookRef, CancellationToken.None)).ShouldBe("signs webhooks");
    }

    [Fact]
    public async Task Connecting_again_changes_nothing()
    {
        await using var bed = await SyncBed.CreateAsync();
        var first = await bed.Sync.ConnectAsync(SyncBed.Tenant, Platform.HubSpot, CrmCredentials.PrivateApp(FakeCrm.Token, "signs webhooks"), CancellationToken.None);
        await bed.ExecuteAsync("update crm_tenants set time_zone = 'Asia/Tokyo', default_currency = 'JPY'");
        await bed.ExecuteAsync("update crm_sync_configs set state = 'paused', interval_minutes = 30");
        var rows = "select string_agg(r::text, '') from (select t::text || xmin from crm_tenants t union all select c::text || xmin from crm_connections c union all select s::text || xmin from crm_sync_configs s) as r(line)";
        var before = await bed.ScalarAsync<string>(rows);

        var second = await bed.Sync.ConnectAsync(SyncBed.Tenant, Platform.HubSpot, FakeCrm.Credentials, CancellationToken.None);

        second.ShouldBe(first);
        (await bed.ScalarAsync<string>(rows)).ShouldBe(before);
    }

    [Fact]
    public async Task A_wrong_token_is_refused_and_keeps_the_right_one_in_its_place()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var refused = await Should.ThrowAsync<CrmConnectException>(() =>
            bed.Sync.ConnectAsync(SyncBed.Tenant, Platform.HubSpot, CrmCredentials.PrivateApp("a wrong token"), CancellationToken.None));

        refused.Message.ShouldContain("refuses the credentials");
        refused.ToString().ShouldNotContain("a wrong token");
        (await bed.Secrets.GetAsync(await bed.ScalarAsync<string>("select secret_ref from crm_sync_configs"), CancellationToken.None))
            .ShouldBe(FakeCrm.Credentials.Secret);
    }

    [Fact]
    public async Task Another_account_is_refused_because_the_ids_of_the_first_would_mean_other_records_there()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.Account = bed.Crm.Account with { Id = "9999" };
        (await Should.ThrowAsync<CrmConnectException>(() =>
            bed.Sync.ConnectAsync(SyncBed.Tenant, Platform.HubSpot, FakeCrm.Credentials, CancellationToken.None))).Message.ShouldContain("4711");
    }

    [Fact]
    public void Credentials_never_show_in_text() =>
        $"{CrmCredentials.PrivateApp(FakeCrm.Token, "signs webhooks")}".ShouldBe("CrmCredentials");

    [Fact]
    public async Task A_tenant_that_is_not_connected_is_told_so()
    {
        await using var bed = await SyncBed.CreateAsync();
        await Should.ThrowAsync<NotConnectedException>(() => bed.RunAsync());
    }

    [Fact]
    public async Task A_sync_that_was_cancelled_goes_on_with_the_next_call()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(1_200);
        using var stop = new CancellationTokenSource();
        await Should.ThrowAsync<OperationCanceledException>(() =>
            bed.Sync.SyncAsync(SyncBed.Request, new StopAt(600, stop), stop.Token));
        var loaded = await bed.CountAsync("crm_contacts");
        loaded.ShouldBe(1_000);

        var result = await bed.RunAsync();

        result.ShouldSatisfyAllConditions(r => r.Created.ShouldBe(1_200), r => r.ContactsSynced.ShouldBe(1_200), r => r.Unchanged.ShouldBe(0));
        (await bed.Jobs.ListAsync(SyncBed.Tenant, 10, CancellationToken.None)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_sync_in_the_callers_process_and_one_from_the_queue_share_their_job()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.AddContacts(2_600);
        var job = await bed.StartAsync();

        var results = await Task.WhenAll(bed.RunAsync(), Task.Run(() => bed.RunAsync()));

        results.ShouldAllBe(result => result.JobId == job.Id && result.Created == 2_600);
        (await bed.CountAsync("crm_contacts")).ShouldBe(2_600);
        (await bed.CountAsync("crm_audit_log where action = 'create'")).ShouldBe(2_600);
    }

    private sealed class StopAt(long done, CancellationTokenSource stop) : IProgress<SyncProgress>
    {
        public void Report(SyncProgress value)
        {
            if (value.Done >= done)
                stop.Cancel();
        }
    }
}
