using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.OAuth;

public sealed class OAuthTokensTests : IAsyncLifetime
{
    private OAuthBed _bed = null!;

    public async Task InitializeAsync() => _bed = await OAuthBed.StartAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Theory]
    [InlineData(Platform.HubSpot, 31)]
    [InlineData(Platform.Pipedrive, 61)]
    public async Task Many_calls_of_several_workers_refresh_once_an_expiry(Platform platform, int lifeMinutes)
    {
        var secret = _bed.Secret(platform);
        OAuthBed.Worker[] workers = [_bed.NewWorker(), _bed.NewWorker(), _bed.NewWorker()];
        for (var expiry = 1; expiry <= 3; expiry++)
        {
            await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Task.Run(() => workers[i % workers.Length].DescribeAsync(platform, secret))));
            _bed.Asked(platform).ShouldBe(expiry);
            _bed.Clock.Advance(TimeSpan.FromMinutes(lifeMinutes));
        }
    }

    [Theory]
    [InlineData(Platform.HubSpot)]
    [InlineData(Platform.Pipedrive)]
    public async Task A_refresh_whose_answer_is_lost_is_made_again(Platform platform)
    {
        await using var bed = await OAuthBed.StartAsync(isRealTime: true);
        bed.HubSpot.Faults.FailNext("/oauth/", new() { DropConnection = true, AfterWork = true });
        bed.Pipedrive.Faults.FailNext("/oauth/", new() { DropConnection = true, AfterWork = true });
        await bed.NewWorker().DescribeAsync(platform, bed.Secret(platform));
        bed.Asked(platform).ShouldBe(2);
    }

    [Fact]
    public async Task A_refresh_token_that_was_rotated_is_in_the_vault_before_anybody_uses_what_came_with_it()
    {
        var secret = _bed.Secret(Platform.HubSpot);
        _bed.HubSpot.Faults.RotateRefreshTokens = true;
        await _bed.NewWorker().DescribeAsync(Platform.HubSpot, secret);
        (await _bed.VaultAsync()).ShouldContain(_bed.HubSpot.Account(62515).RefreshToken);

        // A worker that starts later knows the connection's own secret, which is dead by now.
        _bed.Clock.Advance(TimeSpan.FromMinutes(31));
        await _bed.NewWorker().DescribeAsync(Platform.HubSpot, secret);
        _bed.Asked(Platform.HubSpot).ShouldBe(2);
    }

    [Fact]
    public async Task A_rotated_token_whose_answer_is_lost_ends_in_a_request_to_connect_again_and_no_loop()
    {
        await using var bed = await OAuthBed.StartAsync(isRealTime: true);
        bed.HubSpot.Faults.RotateRefreshTokens = true;
        bed.HubSpot.Faults.FailNext("/oauth/", new() { DropConnection = true, AfterWork = true });
        var (worker, secret) = (bed.NewWorker(), bed.Secret(Platform.HubSpot));
        for (var i = 0; i < 3; i++)
            (await Should.ThrowAsync<CrmCallException>(() => worker.DescribeAsync(Platform.HubSpot, secret))).IsUnauthorized.ShouldBeTrue();
        bed.Asked(Platform.HubSpot).ShouldBe(2);
    }

    [Theory]
    [InlineData(Platform.HubSpot)]
    [InlineData(Platform.Pipedrive)]
    public async Task A_consent_that_was_taken_back_is_asked_about_once_by_all_workers_together(Platform platform)
    {
        var secret = _bed.Secret(platform);
        _bed.Revoke(platform);
        foreach (var worker in new[] { _bed.NewWorker(), _bed.NewWorker() })
        {
            for (var i = 0; i < 3; i++)
                (await Should.ThrowAsync<CrmCallException>(() => worker.DescribeAsync(platform, secret))).IsUnauthorized.ShouldBeTrue();
        }

        _bed.Asked(platform).ShouldBe(1);
    }

    [Fact]
    public async Task A_token_that_ended_before_its_time_is_replaced_once_for_all_workers()
    {
        var secret = _bed.Secret(Platform.Pipedrive);
        OAuthBed.Worker[] workers = [_bed.NewWorker(), _bed.NewWorker()];
        foreach (var worker in workers)
            await worker.DescribeAsync(Platform.Pipedrive, secret);

        _bed.Pipedrive.EndAccessTokens(_bed.Pipedrive.Account(8_000_001));
        foreach (var worker in workers)
            await worker.DescribeAsync(Platform.Pipedrive, secret);

        _bed.Asked(Platform.Pipedrive).ShouldBe(2);
    }

    [Fact]
    public async Task Our_own_client_secret_being_wrong_is_no_fault_of_the_tenant()
    {
        var worker = _bed.NewWorker();
        _bed.Pipedrive.Faults.FailNext("/oauth/", new() { Status = 401, Body = """{"success":false,"error":"invalid_client"}""" });
        (await Should.ThrowAsync<CrmCallException>(() => worker.DescribeAsync(Platform.Pipedrive, _bed.Secret(Platform.Pipedrive)))).IsUnauthorized.ShouldBeFalse();
    }
}
