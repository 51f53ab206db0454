using System.Net;

namespace Forge.Crm.Tests.HubSpotSimulation;

public sealed class MergeTests
{
    private const string Contacts = "/crm/v3/objects/contacts";

    [Fact]
    public async Task The_primary_wins_and_its_gaps_are_filled()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var one = hubSpot.Contact("one@example.com", ("phone", "1"));
        var two = hubSpot.Contact("two@example.com", ("phone", "2"), ("city", "Bern"));
        var merged = await hubSpot.PostAsync($"{Contacts}/merge", new { primaryObjectId = one, objectIdToMerge = two });
        merged.Status.ShouldBe(HttpStatusCode.OK);
        merged.Text("id").ShouldBe(one);
        merged.Property("phone").ShouldBe("1");
        merged.Property("city").ShouldBe("Bern");
        merged.Property("email").ShouldBe("one@example.com");
        merged.Property("hs_additional_emails").ShouldBe("two@example.com");
        merged.Property("hs_merged_object_ids").ShouldBe(two);
        (await hubSpot.GetAsync(Contacts)).Ids.ShouldBe([one]);
    }

    [Fact]
    public async Task Over_a_chain_of_merges_every_former_id_leads_to_the_survivor_but_not_in_batches()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var ids = Enumerable.Range(0, 4).Select(i => hubSpot.Contact($"c{i}@example.com")).ToArray();
        hubSpot.Account.Merge("contacts", ids[1], ids[0]).ShouldBe(ids[1]);
        var fresh = hubSpot.Account.Merge("contacts", ids[2], ids[1], newId: true);
        ids.ShouldNotContain(fresh);
        var last = hubSpot.Account.Merge("contacts", ids[3], fresh);
        last.ShouldBe(ids[3]);
        foreach (var id in ids.Append(fresh))
        {
            var updated = await hubSpot.SendAsync(HttpMethod.Patch, $"{Contacts}/{id}", new { properties = new { phone = id } });
            updated.Text("id").ShouldBe(last);
        }
        var merged = hubSpot.Account.Find("contacts", ids[0])!;
        merged["hs_merged_object_ids"]!.Split(';').ShouldBe([ids[2], ids[0], ids[1], fresh], ignoreOrder: true);
        merged["hs_additional_emails"]!.Split(';').ShouldBe(["c0@example.com", "c1@example.com", "c2@example.com"], ignoreOrder: true);
        var batch = await hubSpot.PostAsync($"{Contacts}/batch/update", new { inputs = new[] { new { id = ids[0], properties = new { phone = "9" } } } });
        batch.Status.ShouldBe(HttpStatusCode.MultiStatus);
        batch.Results.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_address_that_came_by_a_merge_still_finds_its_contact_and_stays_taken()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var one = hubSpot.Contact("one@example.com");
        hubSpot.Account.Merge("contacts", one, hubSpot.Contact("two@example.com"));
        (await hubSpot.GetAsync($"{Contacts}/two@example.com?idProperty=email")).Text("id").ShouldBe(one);
        (await hubSpot.PostAsync(Contacts, new { properties = new { email = "two@example.com" } })).Status.ShouldBe(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task The_survivor_keeps_the_associations_of_both_and_one_primary_company()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var (one, two) = (hubSpot.Contact("one@example.com"), hubSpot.Contact("two@example.com"));
        var companies = new[] { "A", "B" }.Select(name => hubSpot.Account.Create("companies", new Dictionary<string, string> { ["name"] = name })).ToArray();
        hubSpot.Account.Associate("contacts", one, "companies", companies[0], 1);
        hubSpot.Account.Associate("contacts", two, "companies", companies[1], 1);
        hubSpot.Account.Merge("contacts", one, two);
        var links = hubSpot.Account.Find("contacts", one)!.Associations;
        links.Where(link => link.TypeId == 279).Select(link => link.ToId).ShouldBe(companies);
        links.Single(link => link.TypeId == 1).ToId.ShouldBe(companies[0]);
        hubSpot.Account.Find("companies", companies[1])!.Associations.ShouldAllBe(link => link.ToId == one);
    }

    [Fact]
    public async Task A_merge_by_api_leaves_a_new_record_if_told_to()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        hubSpot.Simulator.Faults.MergesMakeNewRecord = true;
        var (one, two) = (hubSpot.Contact("one@example.com"), hubSpot.Contact("two@example.com"));
        var merged = await hubSpot.PostAsync($"{Contacts}/merge", new { primaryObjectId = one, objectIdToMerge = two });
        merged.Text("id").ShouldNotBeOneOf(one, two);
        (await hubSpot.GetAsync($"{Contacts}/{one}")).Text("id").ShouldBe(merged.Text("id"));
    }
}
