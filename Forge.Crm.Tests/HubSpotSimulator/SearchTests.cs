using System.Net;
using System.Text.Json;
using Forge.Crm.LocalHost.HubSpot;

namespace Forge.Crm.Tests.HubSpotSimulation;

public sealed class SearchTests
{
    private const string Search = "/crm/v3/objects/contacts/search";

    [Theory]
    [InlineData("email", "EQ", "ADA@example.com", null, "ada")]
    [InlineData("email", "NEQ", "ada@example.com", null, "ben eva")]
    [InlineData("firstname", "CONTAINS_TOKEN", "ad*", null, "ada")]
    [InlineData("email", "CONTAINS_TOKEN", "*@example.com", null, "ada ben eva")]
    [InlineData("firstname", "NOT_CONTAINS_TOKEN", "ada", null, "ben eva")]
    [InlineData("phone", "HAS_PROPERTY", null, null, "ada ben")]
    [InlineData("phone", "NOT_HAS_PROPERTY", null, null, "eva")]
    [InlineData("lifecyclestage", "EQ", "lead", null, "ada")]
    [InlineData("lifecyclestage", "EQ", "LEAD", null, "")]
    [InlineData("phone", "GT", "1", null, "ben")]
    [InlineData("phone", "GTE", "1", null, "ada ben")]
    [InlineData("phone", "LT", "2", null, "ada")]
    [InlineData("phone", "LTE", "2", null, "ada ben")]
    [InlineData("phone", "BETWEEN", "1", "2", "ada ben")]
    public async Task Every_operator_selects_its_records(string property, string kind, string? value, string? high, string expected)
    {
        await using var hubSpot = await StartWithThreeAsync();
        var filter = new Dictionary<string, string?> { ["propertyName"] = property, ["operator"] = kind, ["value"] = value, ["highValue"] = high };
        (await FirstNamesAsync(hubSpot, [[filter]])).ShouldBe(expected);
    }

    [Theory]
    [InlineData("IN", "ada@example.com", "ada")]
    [InlineData("IN", "ADA@example.com", "")]
    [InlineData("NOT_IN", "ada@example.com", "ben eva")]
    public async Task Lists_of_text_must_be_lower_case(string kind, string value, string expected)
    {
        await using var hubSpot = await StartWithThreeAsync();
        (await FirstNamesAsync(hubSpot, [[new { propertyName = "email", @operator = kind, values = new[] { value } }]])).ShouldBe(expected);
    }

    [Fact]
    public async Task Filters_of_a_group_must_all_match_and_one_group_is_enough()
    {
        await using var hubSpot = await StartWithThreeAsync();
        var adaWithPhone = new object[] { Is("firstname", "ada"), Is("phone", "1") };
        var benWithoutPhone = new object[] { Is("firstname", "ben"), Is("phone", "9") };
        (await FirstNamesAsync(hubSpot, [adaWithPhone, benWithoutPhone, [Is("firstname", "eva")]])).ShouldBe("ada eva");
    }

    [Fact]
    public async Task Changes_come_in_their_order_from_a_stamp_on()
    {
        await using var hubSpot = await StartWithThreeAsync();
        var from = hubSpot.Clock!.GetUtcNow().ToUnixTimeMilliseconds();
        hubSpot.Clock.Advance(TimeSpan.FromSeconds(1));
        Edit(hubSpot, "eva", "5");
        hubSpot.Clock.Advance(TimeSpan.FromSeconds(1));
        Edit(hubSpot, "ada", "6");
        var filter = new { propertyName = "lastmodifieddate", @operator = "GT", value = $"{from}" };
        (await FirstNamesAsync(hubSpot, [[filter]], Sort("lastmodifieddate", "ASCENDING"))).ShouldBe("eva ada");
        (await FirstNamesAsync(hubSpot, [[filter]], Sort("lastmodifieddate", "DESCENDING"))).ShouldBe("ada eva");
        (await FirstNamesAsync(hubSpot, [], Sort("lastmodifieddate", "ASCENDING"))).ShouldBe("ben eva ada");
        (await FirstNamesAsync(hubSpot, [], Sort("firstname", "DESCENDING"))).ShouldBe("eva ben ada");
    }

    [Fact]
    public async Task The_index_lags_and_shows_a_former_state_until_it_caught_up()
    {
        await using var hubSpot = await StartWithThreeAsync();
        hubSpot.Clock!.Advance(TimeSpan.FromMinutes(1));
        (await FirstNamesAsync(hubSpot, [])).ShouldBe("ada ben eva");
        hubSpot.Simulator.Faults.SearchIndexLag = TimeSpan.FromSeconds(10);
        Edit(hubSpot, "ada", "6");
        hubSpot.Contact("new@example.com", ("firstname", "new"));
        (await FirstNamesAsync(hubSpot, [[Is("phone", "6")]])).ShouldBe("");
        (await FirstNamesAsync(hubSpot, [[Is("phone", "1")]])).ShouldBe("ada");
        (await FirstNamesAsync(hubSpot, [])).ShouldBe("ada ben eva");
        hubSpot.Clock.Advance(TimeSpan.FromSeconds(10));
        (await FirstNamesAsync(hubSpot, [[Is("phone", "6")]])).ShouldBe("ada");
        (await FirstNamesAsync(hubSpot, [])).ShouldBe("ada ben eva new");
    }

    [Fact]
    public async Task Archived_records_never_appear()
    {
        await using var hubSpot = await StartWithThreeAsync();
        hubSpot.Account.Archive("contacts", IdOf(hubSpot, "ben"));
        (await FirstNamesAsync(hubSpot, [])).ShouldBe("ada eva");
    }

    [Fact]
    public async Task No_search_leads_beyond_ten_thousand_results()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        HubSpotDemoData.Fill(hubSpot.Account, seed: 3, contacts: 10_050, companies: 0, deals: 0);
        var last = await hubSpot.PostAsync(Search, new { limit = 200, after = "9800" });
        last.Results.Length.ShouldBe(200);
        last["total"].GetInt32().ShouldBe(10_050);
        last.Next.ShouldBe("10000");
        var beyond = await hubSpot.PostAsync(Search, new { limit = 200, after = "10000" });
        beyond.Status.ShouldBe(HttpStatusCode.BadRequest);
        beyond.Text("category").ShouldBe("VALIDATION_ERROR");
    }

    [Fact]
    public async Task A_search_beyond_a_limit_is_refused()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var groups = (int count, int filters) => Enumerable.Range(0, count)
            .Select(_ => new { filters = Enumerable.Repeat(Is("phone", "1"), filters) });
        await RefusedAsync(new { limit = 201 });
        await RefusedAsync(new { filterGroups = groups(6, 1) });
        await RefusedAsync(new { filterGroups = groups(1, 7) });
        await RefusedAsync(new { filterGroups = groups(5, 4) });
        await RefusedAsync(new { sorts = new[] { Sort("email", "ASCENDING"), Sort("phone", "ASCENDING") } });
        await RefusedAsync(new { query = new string('x', 3_000) });
        await RefusedAsync(new { filterGroups = new[] { new { filters = new[] { Is("nonsense", "1") } } } });
        await RefusedAsync(new { filterGroups = new[] { new { filters = new[] { new { propertyName = "phone", @operator = "LIKE", value = "1" } } } } });

        async Task RefusedAsync(object body) => (await hubSpot.PostAsync(Search, body)).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Text_is_looked_for_in_the_searchable_properties()
    {
        await using var hubSpot = await StartWithThreeAsync();
        var found = await hubSpot.PostAsync(Search, new { query = "EVA@", limit = 10 });
        found["total"].GetInt32().ShouldBe(1);
        found.Results[0].GetProperty("properties").EnumerateObject().Select(property => property.Name)
            .ShouldBe(["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"]);
    }

    private static async Task<SimulatorFixture> StartWithThreeAsync()
    {
        var hubSpot = await SimulatorFixture.StartFrozenAsync();
        hubSpot.Contact("ada@example.com", ("firstname", "ada"), ("phone", "1"), ("lifecyclestage", "lead"));
        hubSpot.Contact("ben@example.com", ("firstname", "ben"), ("phone", "2"), ("lifecyclestage", "customer"));
        hubSpot.Contact("eva@example.com", ("firstname", "eva"));
        return hubSpot;
    }

    private static async Task<string> FirstNamesAsync(SimulatorFixture hubSpot, object[][] groups, object? sort = null)
    {
        var found = await hubSpot.PostAsync(Search, new
        {
            filterGroups = groups.Select(filters => new { filters }),
            sorts = sort is null ? [] : new[] { sort },
            properties = new[] { "firstname" },
            limit = 10,
        });
        found.Status.ShouldBe(HttpStatusCode.OK, JsonSerializer.Serialize(found.Json));
        return string.Join(' ', found.Results.Select(result => result.GetProperty("properties").GetProperty("firstname").GetString()));
    }

    private static object Is(string propertyName, string value) => new { propertyName, @operator = "EQ", value };

    private static object Sort(string propertyName, string direction) => new { propertyName, direction };

    private static string IdOf(SimulatorFixture hubSpot, string firstName) =>
        hubSpot.Account.Records("contacts").Single(record => record["firstname"] == firstName).Id;

    private static void Edit(SimulatorFixture hubSpot, string firstName, string phone) =>
        hubSpot.Account.Edit("contacts", IdOf(hubSpot, firstName), new Dictionary<string, string> { ["phone"] = phone });
}
