using System.Diagnostics.Metrics;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Fakes;

namespace Forge.Crm.Tests.Connections;

/// <summary>A connection that is stopped, or held up, says so.</summary>
public sealed class ConnectionTroubleTests(ConnectionFixture fixture) : IClassFixture<ConnectionFixture>
{
    [Fact]
    public async Task Refused_credentials_stop_the_connection_are_listed_and_are_no_word_about_new_ones()
    {
        var (tenant, _, token) = await fixture.ConnectedAsync(Platform.HubSpot);
        var states = fixture.Server.Get<SyncStates>();
        await states.RequireReauthAsync(tenant, Platform.HubSpot, CancellationToken.None);

        var shown = await fixture.ShownAsync(tenant, Platform.HubSpot);
        (shown.GetProperty("state").GetString(), shown.GetProperty("problems")[0].GetString()).ShouldBe(("reauth_required", "The platform refuses the credentials: connect it again."));
        (await fixture.SendAsync(tenant, "POST", "connections/hubspot/pause")).Status.ShouldBe(409);
        (await fixture.SendAsync(tenant, "POST", "connections/hubspot/resume")).Status.ShouldBe(409);
        (await fixture.SendAsync(tenant, "POST", "connections/hubspot", $$"""{"token":"{{token}}"}""")).Status.ShouldBe(200);
        (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetProperty("state").GetString().ShouldBe("connected");

        // A worker that still had the old credentials in hand hears of their refusal late.
        await fixture.Server.Get<SyncConfigs>().OfAsync(tenant, CancellationToken.None);
        await fixture.Hub.ExecuteAsync($"update crm_sync_configs set secret_ref = 'other' where tenant_id = '{tenant}'");
        await states.RequireReauthAsync(tenant, Platform.HubSpot, CancellationToken.None);
        (await fixture.Hub.ScalarAsync<string>($"select state from crm_sync_configs where tenant_id = '{tenant}'")).ShouldBe("connected");
    }

    [Fact]
    public async Task What_waits_for_a_platform_that_keeps_failing_or_for_a_person_says_so_as_long_as_it_does()
    {
        var (tenant, _, _) = await fixture.ConnectedAsync(Platform.HubSpot);
        var jobs = fixture.Server.Get<JobStore>();
        var job = (await jobs.StartAsync(tenant, new(Platform.HubSpot, SyncMode.Initial, [], null, "test"), CancellationToken.None)).Job;
        for (var attempts = 1; attempts <= 3; attempts++)
        {
            (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetProperty("problems").GetArrayLength().ShouldBe(0);
            await jobs.PutOffAsync(job, job.Cursor with { Attempts = attempts }, CancellationToken.None);
        }

        (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetProperty("problems")[0].GetString().ShouldBe(
            "The platform could not be read 3 times in a row: it is asked again, and the sync goes on by itself once it answers.");
        await jobs.PutOffAsync(job, job.Cursor with { Attempts = 0 }, CancellationToken.None);
        await fixture.Hub.ExecuteAsync($"update crm_sync_configs set match_state = 'ready' where tenant_id = '{tenant}'");
        (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetProperty("problems")[0].GetString()!.ShouldStartWith("It waits for its match plan");
        await fixture.Hub.ExecuteAsync($"update crm_sync_configs set match_state = 'settled' where tenant_id = '{tenant}'");
        (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetProperty("problems").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_vault_that_is_silent_is_said_to_be_and_stops_what_needs_it_and_nothing_else()
    {
        await using var server = await fixture.StartServerAsync();
        var tenant = await fixture.Hub.AddTenantAsync();
        var (_, token) = fixture.NewAccount(Platform.HubSpot);
        var body = $$"""{"token":"{{token}}"}""";
        (await ConnectionFixture.SendAsync(server, tenant, "POST", "connections/hubspot", body)).Status.ShouldBe(200);
        var vault = (FakeSecretStore)server.Get<ISecretStore>();

        vault.IsSilent = true;

        (await ConnectionFixture.SendAsync(server, tenant, "GET", "connections/hubspot")).Body.ShouldContain("The vault does not answer: the connection is stopped");
        (await ConnectionFixture.SendAsync(server, tenant, "POST", "connections/hubspot", body)).Status.ShouldBe(503);
        (await ConnectionFixture.SendAsync(server, tenant, "DELETE", "connections/hubspot")).Status.ShouldBe(503);
        (await ConnectionFixture.SendAsync(server, tenant, "POST", "connections/hubspot/test")).Body.ShouldContain("\"works\":false");
        (await server.Get<PlatformSessions>().OpenAsync(tenant, Platform.HubSpot, CallLane.Webhook, CancellationToken.None)).ShouldBeNull();
        (await ConnectionFixture.SendAsync(server, tenant, "GET", "health")).ShouldBe((200, """{"database":"ok","bus":"ok","vault":"unreachable"}"""));

        vault.IsSilent = false;
        (await server.Get<PlatformSessions>().OpenAsync(tenant, Platform.HubSpot, CallLane.Webhook, CancellationToken.None)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_consent_that_is_taken_back_stops_the_connection_with_an_alert_and_no_further_call()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var (account, _) = fixture.NewAccount(Platform.Pipedrive);
        var there = fixture.Pipedrive.Account(account);
        var sync = fixture.Server.Get<ICrmSync>();
        await sync.ConnectAsync(tenant, Platform.Pipedrive, CrmCredentials.OAuth(there.RefreshToken), CancellationToken.None);
        var alerts = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, meters) =>
        {
            if (instrument.Name == "forge.connection.reauth" && ReferenceEquals(instrument.Meter.Scope, fixture.Server.Get<IMeterFactory>()))
                meters.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => alerts += (int)value);
        listener.Start();

        fixture.Pipedrive.RevokeRefreshToken(there);
        fixture.Pipedrive.EndAccessTokens(there);
        var request = new SyncRequest(tenant, Platform.Pipedrive);
        (await Should.ThrowAsync<SyncFailedException>(() => sync.SyncAsync(request, null, CancellationToken.None))).Message.ShouldContain("refresh token is refused");

        (await fixture.ShownAsync(tenant, Platform.Pipedrive)).GetProperty("state").GetString().ShouldBe("reauth_required");
        alerts.ShouldBe(1);
        var asked = fixture.Pipedrive.Ledger.Entries.Count;
        (await fixture.Server.Get<PlatformSessions>().OpenAsync(tenant, Platform.Pipedrive, CallLane.Webhook, CancellationToken.None)).ShouldBeNull();
        fixture.Pipedrive.Ledger.Entries.Count.ShouldBe(asked);
    }
}
