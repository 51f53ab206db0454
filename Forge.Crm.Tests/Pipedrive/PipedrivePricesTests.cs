using Forge.Crm.Adapters.Http;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Pipedrive;

public sealed class PipedrivePricesTests
{
    [Theory]
    [InlineData("GET", "/api/v2/persons", 10)]
    [InlineData("GET", "/api/v2/persons/8", 1)]
    [InlineData("GET", "/api/v2/persons/search", 20, "search")]
    [InlineData("GET", "/api/v2/itemSearch", 20, "search")]
    [InlineData("GET", "/api/v2/deals/archived", 20)]
    [InlineData("GET", "/api/v2/stages", 5)]
    [InlineData("GET", "/api/v2/pipelines", 5)]
    [InlineData("GET", "/api/v2/personFields", 10)]
    [InlineData("POST", "/api/v2/personFields", 10, "writes")]
    [InlineData("POST", "/api/v2/deals", 5, "writes")]
    [InlineData("PATCH", "/api/v2/deals/8", 5)]
    [InlineData("DELETE", "/api/v2/deals/8", 3)]
    [InlineData("GET", "/v1/users", 20)]
    [InlineData("GET", "/v1/users/me", 2)]
    [InlineData("GET", "/v1/leads/adf21080-0e10-11eb-879b-05d71fb426ec", 2)]
    [InlineData("GET", "/v1/leads/archived", 20)]
    [InlineData("GET", "/v1/webhooks", 20)]
    [InlineData("POST", "/v1/webhooks", 10, "writes")]
    [InlineData("PATCH", "/v1/leads/adf21080-0e10-11eb-879b-05d71fb426ec", 10)]
    [InlineData("PUT", "/v1/notes/4", 10, "writes")]
    [InlineData("PUT", "/v1/persons/4/merge", 40, "writes")]
    [InlineData("DELETE", "/v1/notes/4", 6)]
    public void Every_call_takes_one_of_the_burst_and_its_price_of_the_day(string method, string path, int tokens, string? also = null)
    {
        BucketPrice[] expected = [new("burst", 1), .. also is null ? [] : new[] { new BucketPrice(also, 1) }, new("daily", tokens)];
        PipedrivePrices.Of(new(method), path).ShouldBe(expected);
    }

    [Fact]
    public void A_token_costs_nothing() => PipedrivePrices.Of(HttpMethod.Post, "/oauth/token").ShouldBeEmpty();

    [Fact]
    public async Task The_day_is_charged_here_as_it_is_there()
    {
        await using var bed = new PipedriveBed();
        await bed.StartAsync();
        await bed.RunAsync(account => account.ReadStagesAsync(CancellationToken.None));
        await bed.RunAsync(account => account.ReadOwnersAsync(CancellationToken.None));
        await bed.RunAsync(account => ((ICrmWriter)account).FindAsync(RemoteKind.Contact, [new(Guid.NewGuid(), ["email:nobody@example.com"])], CancellationToken.None));
        await bed.RunAsync(account => account.ListAsync(RemoteKind.Contact, null, false, CancellationToken.None));
        var here = bed.Simulator.Ledger.Entries.Sum(entry => PipedrivePrices.Of(new(entry.Method), entry.Path).Single(part => part.Bucket == "daily").Tokens);
        here.ShouldBe(bed.There.TokensUsedToday);
        here.ShouldBeGreaterThan(20);
    }
}
