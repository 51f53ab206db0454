using Forge.Crm.Adapters.Http;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Pipedrive;

public sealed class PipedrivePricesTests
{
    public static TheoryData<string, string, int, string?> Calls => new()
    {
        { "GET", "/api/v2/persons", 10, null },
        { "GET", "/api/v2/persons/8", 1, null },
        { "GET", "/api/v2/persons/search", 20, "search" },
        { "GET", "/api/v2/itemSearch", 20, "search" },
        { "GET", "/api/v2/deals/archived", 20, null },
        { "GET", "/api/v2/stages", 5, null },
        { "GET", "/api/v2/pipelines", 5, null },
        { "GET", "/api/v2/personFields", 10, null },
        { "POST", "/api/v2/personFields", 10, "writes" },
        { "POST", "/api/v2/deals", 5, "writes" },
        { "PATCH", "/api/v2/deals/8", 5, null },
        { "DELETE", "/api/v2/deals/8", 3, null },
        { "GET", "/v1/users", 20, null },
        { "GET", "/v1/activityTypes", 20, null },
        { "GET", "/v1/users/me", 2, null },
        { "GET", "/v1/leads/adf21080-0e10-11eb-879b-05d71fb426ec", 2, null },
        { "GET", "/v1/leads/archived", 20, null },
        { "GET", "/v1/webhooks", 20, null },
        { "POST", "/v1/webhooks", 10, "writes" },
        { "PATCH", "/v1/leads/adf21080-0e10-11eb-879b-05d71fb426ec", 10, null },
        { "PUT", "/v1/notes/4", 10, "writes" },
        { "PUT", "/v1/persons/4/merge", 40, "writes" },
        { "DELETE", "/v1/notes/4", 6, null },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public void Every_call_takes_one_of_the_burst_and_its_price_of_the_day(string method, string path, int tokens, string? also)
    {
        BucketPrice[] expected = [new("burst", 1), .. also is null ? [] : new[] { new BucketPrice(also, 1) }, new("daily", tokens)];
        PipedrivePrices.Of(new(method), path).ShouldBe(expected);
    }

    [Fact]
    public async Task The_simulator_charges_for_each_call_what_the_table_says()
    {
        await using var bed = new PipedriveBed();
        await bed.StartAsync();
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        foreach (var row in Calls)
        {
            var (method, path, tokens) = ((string)row[0]!, (string)row[1]!, (int)row[2]!);
            var before = bed.There.TokensUsedToday;
            using var request = new HttpRequestMessage(new(method), new Uri(bed.Simulator.BaseAddress, path)) { Headers = { { "x-api-token", "token-1" } } };
            using var response = await http.SendAsync(request, CancellationToken.None);
            (bed.There.TokensUsedToday - before).ShouldBe(tokens, $"{method} {path}");
        }
    }

    [Theory]
    [InlineData(PushKind.Create, RemoteKind.Contact)]
    [InlineData(PushKind.Create, RemoteKind.Company)]
    [InlineData(PushKind.Create, RemoteKind.Deal)]
    [InlineData(PushKind.Update, RemoteKind.Contact)]
    [InlineData(PushKind.Update, RemoteKind.Company)]
    [InlineData(PushKind.Update, RemoteKind.Deal)]
    [InlineData(PushKind.Delete, RemoteKind.Deal)]
    [InlineData(PushKind.Merge, RemoteKind.Contact)]
    [InlineData(PushKind.Merge, RemoteKind.Company)]
    [InlineData(PushKind.Merge, RemoteKind.Deal)]
    public async Task What_a_dry_run_says_that_a_push_takes_is_what_it_takes(PushKind push, RemoteKind kind)
    {
        await using var bed = new PipedriveBed(isRealTime: true);
        await bed.StartAsync();
        var ids = await CreatedAsync(bed, kind, 6); // whose fields are known then
        var (tokens, calls) = (bed.There.TokensUsedToday, bed.Simulator.Ledger.Entries.Count);

        await (push switch
        {
            PushKind.Create => CreatedAsync(bed, kind, 3),
            PushKind.Update => AfterReadAsync(bed, kind, ids[..3], account => account.WriteAsync(kind, [.. ids[..3].Select(id => new RecordUpdate(id, Fields(kind, "New")))], CancellationToken.None)),
            PushKind.Delete => AfterReadAsync(bed, kind, ids[..3], account => account.DeleteAsync(kind, ids[..3], CancellationToken.None)),
            _ => AfterReadAsync(bed, kind, ids[..3], async account =>
            {
                for (var i = 0; i < 3; i++)
                    (await account.MergeAsync(kind, ids[i + 3], ids[i], CancellationToken.None)).State.ShouldBe(WriteState.Done);
                return 0;
            }),
        });

        var price = (await bed.RunAsync(account => Task.FromResult(((ICrmWriter)account).PriceOf(push, kind.ToRecordKind())))).Of(3);
        (bed.There.TokensUsedToday - tokens, bed.Simulator.Ledger.Entries.Count - calls).ShouldBe(((int)price.Tokens, (int)price.Calls));
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

    private static async Task<string[]> CreatedAsync(PipedriveBed bed, RemoteKind kind, int count)
    {
        // As a push of what a job queued does it: contacts and companies may be there already, among the newest.
        if (kind is RemoteKind.Contact or RemoteKind.Company)
            await bed.RunAsync(account => ((ICrmWriter)account).FindAsync(kind, [new(Guid.NewGuid(), ["email:nobody@example.com"]) { MayBeOld = false }], CancellationToken.None));
        var made = await bed.RunAsync(account => ((ICrmWriter)account).CreateAsync(
            kind, [.. Enumerable.Range(0, count).Select(i => new RecordCreation(Guid.NewGuid(), Fields(kind, $"No. {i}")))], CancellationToken.None));
        return [.. made.Select(answer => answer.Record!.Ref.Id)];
    }

    private static async Task<string[]> AfterReadAsync<T>(PipedriveBed bed, RemoteKind kind, string[] ids, Func<ICrmWriter, Task<T>> push)
    {
        await bed.RunAsync(account => account.ReadAsync(kind, ids, false, CancellationToken.None));
        await bed.RunAsync(account => push((ICrmWriter)account));
        return ids;
    }

    private static Dictionary<string, string?> Fields(RemoteKind kind, string text) =>
        kind == RemoteKind.Contact ? new() { ["first_name"] = text } : new() { [PipedriveBed.NameOf(kind)] = text };
}
