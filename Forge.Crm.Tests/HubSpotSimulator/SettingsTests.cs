using System.Net;
using System.Text.Json;
using Forge.Crm.LocalHost.HubSpot;

namespace Forge.Crm.Tests.HubSpotSimulation;

public sealed class SettingsTests
{
    [Fact]
    public async Task Stages_carry_their_metadata_as_text()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var pipelines = await hubSpot.GetAsync("/crm/v3/pipelines/deals");
        var stages = pipelines.Results[0].GetProperty("stages").EnumerateArray().ToArray();
        stages.Select(stage => stage.GetProperty("id").GetString()).ShouldBe(
            ["appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "decisionmakerboughtin", "contractsent", "closedwon", "closedlost"]);
        var won = stages[5].GetProperty("metadata");
        (won.GetProperty("isClosed").GetString(), won.GetProperty("probability").GetString()).ShouldBe(("true", "1.0"));
        (await hubSpot.GetAsync("/crm/pipelines/2026-03/deals/default/stages/contractsent")).Text("label").ShouldBe("Contract Sent");
        (await hubSpot.GetAsync("/crm/v3/pipelines/contacts")).Results.ShouldBeEmpty();
    }

    [Fact]
    public async Task Owners_come_in_pages_and_by_address()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        HubSpotDemoData.Fill(hubSpot.Account, 1, 0, 0, 0);
        var first = await hubSpot.GetAsync("/crm/v3/owners?limit=3");
        var second = await hubSpot.GetAsync($"/crm/v3/owners?limit=3&after={first.Next}");
        first.Ids.Concat(second.Ids).Distinct().Count().ShouldBe(5);
        second.Next.ShouldBeNull();
        var gone = (await hubSpot.GetAsync("/crm/v3/owners?archived=true")).Results.ShouldHaveSingleItem();
        gone.TryGetProperty("userId", out _).ShouldBeFalse();
        var email = first.Results[0].GetProperty("email").GetString();
        (await hubSpot.GetAsync($"/crm/v3/owners?email={email}")).Ids.ShouldBe([first.Ids[0]]);
        (await hubSpot.GetAsync($"/crm/v3/owners/{first.Ids[0]}")).Text("email").ShouldBe(email);
        long.Parse(first.Ids[0], System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThan(int.MaxValue);
    }

    [Fact]
    public async Task Properties_are_described_and_made_once()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var industry = await hubSpot.GetAsync("/crm/v3/properties/companies/industry");
        (industry.Text("type"), industry.Text("fieldType")).ShouldBe(("enumeration", "select"));
        industry["options"].GetArrayLength().ShouldBeGreaterThan(50);
        (await hubSpot.GetAsync("/crm/v3/properties/contacts")).Results.Single(property => property.GetProperty("name").GetString() == "createdate")
            .GetProperty("modificationMetadata").GetProperty("readOnlyValue").GetBoolean().ShouldBeTrue();
        (await hubSpot.GetAsync("/crm/v3/properties/contacts/nonsense")).Status.ShouldBe(HttpStatusCode.NotFound);
        var custom = new { name = "score", label = "Score", type = "number", fieldType = "number", groupName = "contactinformation" };
        (await hubSpot.PostAsync("/crm/properties/2026-03/contacts", custom)).Status.ShouldBe(HttpStatusCode.Created);
        (await hubSpot.PostAsync("/crm/v3/properties/contacts", custom)).Status.ShouldBe(HttpStatusCode.Conflict);
        hubSpot.Contact("ada@example.com", ("score", "7"));
    }

    [Fact]
    public async Task The_account_describes_itself()
    {
        await using var hubSpot = await SimulatorFixture.StartFrozenAsync();
        var details = await hubSpot.GetAsync("/account-info/v3/details");
        (details.Text("timeZone"), details.Text("companyCurrency"), details.Text("utcOffset")).ShouldBe(("Europe/Berlin", "EUR", "+02:00"));
        details["utcOffsetMilliseconds"].GetInt64().ShouldBe(7_200_000);
    }

    [Fact]
    public async Task The_same_seed_makes_the_same_records()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var other = hubSpot.Simulator.AddAccount(2, "two");
        var third = hubSpot.Simulator.AddAccount(3, "three");
        HubSpotDemoData.Fill(hubSpot.Account, 42, 300, 40, 60);
        HubSpotDemoData.Fill(other, 42, 300, 40, 60);
        HubSpotDemoData.Fill(third, 43, 300, 40, 60);
        foreach (var type in new[] { "contacts", "companies", "deals" })
        {
            Text(other, type).ShouldBe(Text(hubSpot.Account, type));
            Text(third, type).ShouldNotBe(Text(hubSpot.Account, type));
        }

        static string Text(HubSpotAccount account, string type) => JsonSerializer.Serialize(account.Records(type));
    }

    [Fact]
    public async Task Demonstration_records_never_lie_in_the_future()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync(new() { Time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider() });
        HubSpotDemoData.Fill(hubSpot.Account, 1, 50, 5, 5);
        hubSpot.Account.Records("contacts").ShouldAllBe(contact => contact.UpdatedAt <= hubSpot.Simulator.Options.Time.GetUtcNow());
    }

    [Fact]
    public async Task Demonstration_records_are_such_as_the_api_would_take()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        HubSpotDemoData.Fill(hubSpot.Account, 1, 400, 50, 80);
        var contacts = hubSpot.Account.Records("contacts");
        contacts.Select(contact => contact["email"]).Distinct().Count().ShouldBe(400);
        contacts.ShouldAllBe(contact => contact.Associations.Count(link => link.TypeId == 1) == 1 && contact.Associations.Count(link => link.TypeId == 279) == 1);
        contacts.Count(contact => contact["phone"] != null).ShouldBeInRange(250, 390);
        var deals = hubSpot.Account.Records("deals");
        deals.Select(deal => deal["pipeline"]).Distinct().Count().ShouldBe(2);
        deals.ShouldAllBe(deal => deal.Associations.Any(link => link.TypeId == 3) && deal.Associations.Any(link => link.TypeId == 341));
        deals.ShouldAllBe(deal => deal.UpdatedAt >= deal.CreatedAt && deal["hs_deal_stage_probability"] != null);
        hubSpot.Account.Records("companies").Select(company => company["domain"]).Distinct().Count().ShouldBe(50);
        var found = await hubSpot.PostAsync("/crm/v3/objects/contacts/search", new { limit = 1 });
        found["total"].GetInt32().ShouldBe(400);
    }
}
