using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Pipedrive;

namespace Forge.Crm.Tests.Pipedrive;

/// <summary>The same contract: the account, its tokens and its limits.</summary>
public sealed class PipedriveAccessContractTests : IAsyncLifetime
{
    private readonly PipedriveBed _bed = new();

    public Task InitializeAsync() => _bed.StartAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task Owners_stages_and_the_account_read()
    {
        PipedriveDemoData.Fill(_bed.There, seed: 3, persons: 1, organizations: 1, deals: 1);
        (await _bed.RunAsync(account => account.ReadOwnersAsync(CancellationToken.None))).Select(owner => (owner.Id, owner.IsActive))
            .ShouldBe(_bed.There.Users.Select(user => ($"{user.Id}", user.IsActive)));
        var stages = await _bed.RunAsync(account => account.ReadStagesAsync(CancellationToken.None));
        stages.Select(stage => (stage.PipelineId, stage.Id, stage.Probability)).ShouldBe(
            _bed.There.Stages.Select(stage => ($"{stage.PipelineId}", $"{stage.Id}", stage.PipelineId == 1 ? stage.Probability / 100m : (decimal?)null)));
        stages.ShouldAllBe(stage => stage.Status == "open" && !stage.IsArchived);
        (await _bed.RunAsync(account => account.DescribeAsync(CancellationToken.None))).ShouldBe(new("8000001", "Europe/Tallinn", "EUR"));
    }

    [Fact]
    public async Task An_account_that_is_connected_by_OAuth_is_read_beyond_its_tokens_life()
    {
        var secret = $$"""{"refreshToken":"{{_bed.There.RefreshToken}}"}""";
        for (var i = 0; i < 3; i++)
        {
            (await _bed.RunAsync(account => account.DescribeAsync(CancellationToken.None), secret)).Id.ShouldBe("8000001");
            _bed.Time.Advance(TimeSpan.FromMinutes(61));
        }

        await _bed.RunAsync(account => account.DescribeAsync(CancellationToken.None), secret);
        _bed.Simulator.EndAccessTokens(_bed.There);
        (await _bed.RunAsync(account => account.DescribeAsync(CancellationToken.None), secret)).Id.ShouldBe("8000001");
        _bed.Simulator.RevokeRefreshToken(_bed.There);
        _bed.Time.Advance(TimeSpan.FromMinutes(61));
        (await Should.ThrowAsync<CrmCallException>(() => _bed.RunAsync(account => account.DescribeAsync(CancellationToken.None), secret))).IsUnauthorized.ShouldBeTrue();
    }

    [Fact]
    public async Task A_token_that_nobody_knows_is_refused() =>
        (await Should.ThrowAsync<CrmCallException>(() => _bed.RunAsync(account => account.DescribeAsync(CancellationToken.None), """{"apiToken":"x"}""")))
            .IsUnauthorized.ShouldBeTrue();

    [Fact]
    public async Task The_burst_of_the_smallest_plan_is_kept()
    {
        _bed.Simulator.Limits.Enabled = true;
        for (var i = 0; i < 100; i++)
            await _bed.RunAsync(account => account.DescribeAsync(CancellationToken.None));
        _bed.Simulator.Ledger.Count(request => request.Status == 429).ShouldBe(0);
    }

    [Fact]
    public async Task A_plan_that_is_smaller_than_configured_is_learned_from_the_answers()
    {
        _bed.Simulator.Limits.Enabled = true;
        _bed.Simulator.Limits.ApiTokenPerTwoSeconds = 12;
        for (var i = 0; i < 60; i++)
            await _bed.RunAsync(account => account.DescribeAsync(CancellationToken.None));
        _bed.Simulator.Ledger.Count(request => request.Status == 429).ShouldBe(0);
    }

    [Fact]
    public async Task A_daily_budget_that_is_used_up_is_left_to_the_queue()
    {
        _bed.Simulator.Limits.Enabled = true;
        _bed.Simulator.Limits.DailyTokens = 9;
        var e = await Should.ThrowAsync<CrmCallException>(() =>
            _bed.RunAsync(account => account.ReadAsync(RemoteKind.Contact, ["1"], false, CancellationToken.None)));
        e.IsTransient.ShouldBeTrue();
        // Whose midnight the company's is, nobody tells: it is looked at again within the hour.
        e.RetryAfter!.Value.ShouldBeInRange(TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
        e.DayEnds.ShouldNotBeNull();
        await Should.ThrowAsync<CrmCallException>(() => _bed.RunAsync(account => account.DescribeAsync(CancellationToken.None)));
        _bed.Simulator.Ledger.Entries.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_page_of_HTML_in_the_place_of_an_answer_means_that_we_called_too_often()
    {
        _bed.Simulator.Faults.FailNext("/v1/users/me", new() { Status = 403, ContentType = "text/html", Body = "<html></html>" });
        var e = await Should.ThrowAsync<CrmCallException>(() => _bed.RunAsync(account => account.DescribeAsync(CancellationToken.None)));
        (e.IsTransient, e.RetryAfter).ShouldBe((true, TimeSpan.FromMinutes(5)));
        // Nobody calls again before that, and a record that is asked for is not taken for one that may not be seen.
        (await Should.ThrowAsync<CrmCallException>(() => _bed.RunAsync(account => account.ReadAsync(RemoteKind.Contact, ["1"], false, CancellationToken.None))))
            .Message.ShouldContain("blocked");
        _bed.Simulator.Ledger.Entries.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_403_with_an_answer_of_Pipedrives_own_is_no_block()
    {
        _bed.Simulator.Faults.FailNext("/v1/users/me", new() { Status = 403, ContentType = "application/json", Body = """{"success":false,"error":"forbidden"}""" });
        (await Should.ThrowAsync<CrmCallException>(() => _bed.RunAsync(account => account.DescribeAsync(CancellationToken.None)))).IsTransient.ShouldBeFalse();
        await _bed.RunAsync(account => account.DescribeAsync(CancellationToken.None));
    }

    [Fact]
    public async Task The_searches_own_burst_is_kept()
    {
        _bed.Simulator.Limits.Enabled = true;
        for (var i = 0; i < 30; i++)
            await _bed.RunAsync(account => ((ICrmWriter)account).FindAsync(RemoteKind.Contact, [new(Guid.NewGuid(), [$"email:nobody{i}@example.com"])], CancellationToken.None));
        _bed.Simulator.Ledger.Count(request => request.Path.EndsWith("search", StringComparison.Ordinal)).ShouldBe(30);
        _bed.Simulator.Ledger.Count(request => request.Status == 429).ShouldBe(0);
    }

    [Fact]
    public async Task A_connection_that_drops_is_made_again()
    {
        _bed.Simulator.Faults.FailNext("/v1/users/me", new() { DropConnection = true }, times: 2);
        (await _bed.RunAsync(account => account.DescribeAsync(CancellationToken.None))).Id.ShouldBe("8000001");
    }
}
