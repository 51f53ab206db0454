using System.Globalization;
using System.Text;
using System.Text.Json;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.HubSpot.StubHubSpot;

namespace Forge.Crm.Tests.HubSpot;

/// <summary>An incremental read over a search that behaves as HubSpot's does: one sort, 200 results a page, no more than 10,000.</summary>
public sealed class HubSpotChangesTests
{
    private const long Start = 1789990000000;

    [Theory]
    [InlineData(RemoteKind.Contact, "lastmodifieddate")]
    [InlineData(RemoteKind.Company, "hs_lastmodifieddate")]
    [InlineData(RemoteKind.Deal, "hs_lastmodifieddate")]
    public async Task A_search_goes_by_the_kinds_own_modified_date(RemoteKind kind, string property)
    {
        using var hubSpot = new StubHubSpot(_ => Json("""{"total":0,"results":[]}"""));
        var page = await hubSpot.Open().ChangedSinceAsync(kind, new(At(Start).AddTicks(7)), CancellationToken.None);
        page.Next.ShouldBeNull();
        page.Ids.ShouldBeEmpty();
        hubSpot.Requests.ShouldHaveSingleItem().Body.ShouldBe(
            $$$"""{"filterGroups":[{"filters":[{"propertyName":"{{{property}}}","operator":"GTE","value":"{{{Start}}}"}]}]"""
            + $$$""","sorts":[{"propertyName":"{{{property}}}","direction":"ASCENDING"}],"properties":["{{{property}}}"],"limit":200}""");
    }

    [Fact]
    public async Task All_records_of_many_stamps_are_found_past_the_cap()
    {
        var index = new SearchIndex(Enumerable.Range(1, 12_345).ToDictionary(id => id, id => Start + (id % 4_000)));
        (await FindAllAsync(index)).ShouldBe(index.Ids.Order());
    }

    [Fact]
    public async Task More_than_ten_thousand_records_of_one_stamp_are_all_found()
    {
        var index = new SearchIndex(Enumerable.Range(1, 10_500).ToDictionary(id => id, _ => Start));
        for (var i = 0; i < 300; i++)
            index.Edit(20_000 + i, Start + 1 + i);
        (await FindAllAsync(index)).ShouldBe(index.Ids.Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Records_that_are_edited_between_pages_push_no_other_one_out_of_sight(int seed)
    {
        var random = new Random(seed);
        var index = new SearchIndex(Enumerable.Range(1, 3_000).ToDictionary(id => id, id => Start + (random.Next(3) == 0 ? 50 : id)));
        var edits = 0;
        var found = await FindAllAsync(index, () =>
        {
            for (var i = 0; i < 40 && edits < 2_000; i++, edits++)
                index.Edit(1 + random.Next(3_000), Start + 100_000 + edits);
        });
        found.ShouldBe(index.Ids.Order());
    }

    [Theory]
    [InlineData(199)]
    [InlineData(200)]
    [InlineData(201)]
    [InlineData(400)]
    [InlineData(401)]
    public async Task A_page_that_one_stamp_fills_is_no_end_and_no_circle(int ties)
    {
        var index = new SearchIndex(Enumerable.Range(1, ties).ToDictionary(id => id, _ => Start));
        (await FindAllAsync(index)).ShouldBe(index.Ids.Order());
        index.Edit(ties + 1, Start + 5);
        (await FindAllAsync(index)).ShouldBe(index.Ids.Order());
    }

    private static async Task<List<int>> FindAllAsync(SearchIndex index, Action? betweenPages = null)
    {
        using var hubSpot = new StubHubSpot(index.Answer, ("SearchesPerSecond", "50"));
        var account = hubSpot.Open();
        var found = new SortedSet<int>();
        ChangedWindow? window = new(At(Start));
        var pages = 0;
        while (window is not null)
        {
            pages++.ShouldBeLessThan(400);
            var page = await hubSpot.RunAsync(account.ChangedSinceAsync(RemoteKind.Contact, window, CancellationToken.None));
            found.UnionWith(page.Ids.Select(row => int.Parse(row.Id, CultureInfo.InvariantCulture)));
            window = page.Next;
            betweenPages?.Invoke();
        }

        return [.. found];
    }

    private static DateTimeOffset At(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private sealed class SearchIndex(Dictionary<int, long> stamps)
    {
        private readonly Random _random = new(42);

        public IEnumerable<int> Ids => stamps.Keys;

        public void Edit(int id, long stamp) => stamps[id] = stamp;

        public HttpResponseMessage Answer(StubRequest request)
        {
            var search = JsonDocument.Parse(request.Body).RootElement;
            var filters = search.GetProperty("filterGroups")[0].GetProperty("filters").EnumerateArray().Select(Filter).ToArray();
            var found = stamps.Where(row => Array.TrueForAll(filters, passes => passes(row.Key, row.Value))).ToArray();
            // HubSpot sorts by one property only: which of two equal ones comes first is anyone's guess.
            _random.Shuffle(found);
            var byId = search.GetProperty("sorts")[0].GetProperty("propertyName").GetString() == "hs_object_id";
            var page = found.OrderBy(row => byId ? row.Key : row.Value).Take(search.GetProperty("limit").GetInt32()).ToList();
            var body = new StringBuilder($$"""{"total":{{Math.Min(found.Length, 10_000)}},"results":[""");
            body.AppendJoin(',', page.Select(row =>
                $$$"""{"id":"{{{row.Key}}}","properties":{"lastmodifieddate":"{{{At(row.Value):yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}}"},"updatedAt":"2026-01-01T00:00:00Z"}"""));
            body.Append(']').Append(found.Length > page.Count ? ",\"paging\":{\"next\":{\"after\":\"200\"}}}" : "}");
            return Json(body.ToString());
        }

        private static Func<int, long, bool> Filter(JsonElement filter)
        {
            var value = long.Parse(filter.GetProperty("value").GetString()!, CultureInfo.InvariantCulture);
            var byId = filter.GetProperty("propertyName").GetString() == "hs_object_id";
            return filter.GetProperty("operator").GetString() switch
            {
                "GTE" => (id, stamp) => (byId ? id : stamp) >= value,
                "GT" => (id, stamp) => (byId ? id : stamp) > value,
                "EQ" => (id, stamp) => (byId ? id : stamp) == value,
                var other => throw new InvalidOperationException(other),
            };
        }
    }
}
