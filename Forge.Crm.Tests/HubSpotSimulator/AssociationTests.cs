using System.Net;
using System.Text.Json;
using Forge.Crm.LocalHost.HubSpot;

namespace Forge.Crm.Tests.HubSpotSimulation;

public sealed class AssociationTests : IAsyncLifetime
{
    private SimulatorFixture hubSpot = null!;
    private string contact = "";
    private string company = "";

    public async Task InitializeAsync()
    {
        hubSpot = await SimulatorFixture.StartAsync();
        contact = hubSpot.Contact("ada@example.com");
        company = Company("Isar Works");
    }

    public async Task DisposeAsync() => await hubSpot.DisposeAsync();

    [Theory]
    [InlineData("/crm/v4/objects")]
    [InlineData("/crm/objects/2026-03")]
    public async Task A_default_association_is_seen_from_both_sides(string prefix)
    {
        var put = await hubSpot.SendAsync(HttpMethod.Put, $"{prefix}/contacts/{contact}/associations/default/companies/{company}");
        put.Status.ShouldBe(HttpStatusCode.OK);
        put.Results[0].GetProperty("associationSpec").GetProperty("associationTypeId").GetInt32().ShouldBe(279);
        var listed = await hubSpot.GetAsync($"{prefix}/companies/{company}/associations/contact");
        listed.Results[0].GetProperty("toObjectId").GetString().ShouldBe(contact);
        TypeIds(listed.Results[0]).ShouldBe([280]);
    }

    [Fact]
    public async Task A_primary_company_brings_the_unlabelled_type_and_displaces_the_former_one()
    {
        var other = Company("Rhein Labs");
        foreach (var id in new[] { company, other })
        {
            var put = await hubSpot.SendAsync(HttpMethod.Put, Path(id), "[{\"associationCategory\":\"HUBSPOT_DEFINED\",\"associationTypeId\":1}]");
            put.Status.ShouldBe(HttpStatusCode.Created);
            put["labels"][0].GetString().ShouldBe("Primary");
        }
        var listed = await hubSpot.GetAsync($"/crm/v4/objects/contacts/{contact}/associations/companies");
        listed.Results.Select(TypeIds).ShouldBe([[279], [1, 279]]);
        var read = await hubSpot.GetAsync($"/crm/v3/objects/contacts/{contact}?associations=companies,deals");
        read["associations"].EnumerateObject().Select(group => group.Name).ShouldBe(["companies"]);
        read["associations"].GetProperty("companies").GetProperty("results").EnumerateArray()
            .Select(item => (item.GetProperty("id").GetString(), item.GetProperty("type").GetString()))
            .ShouldBe([(company, "contact_to_company_unlabeled"), (other, "contact_to_company"), (other, "contact_to_company_unlabeled")]);
    }

    [Fact]
    public async Task A_batch_read_says_who_has_none()
    {
        hubSpot.Account.Associate("contacts", contact, "companies", company);
        var lonely = hubSpot.Contact("eva@example.com");
        var read = await hubSpot.PostAsync("/crm/v4/associations/contacts/companies/batch/read", new { inputs = new[] { new { id = contact }, new { id = lonely } } });
        read.Status.ShouldBe(HttpStatusCode.MultiStatus);
        read.Results[0].GetProperty("from").GetProperty("id").GetString().ShouldBe(contact);
        read.Results[0].GetProperty("to")[0].GetProperty("associationTypes")[0].GetProperty("label").ValueKind.ShouldBe(JsonValueKind.Null);
        read["errors"][0].GetProperty("subCategory").GetString().ShouldBe("crm.associations.NO_ASSOCIATIONS_FOUND");
        read["errors"][0].GetProperty("context").GetProperty("fromObjectId")[0].GetString().ShouldBe(lonely);
    }

    [Fact]
    public async Task Batches_create_and_archive()
    {
        var pair = new { from = new { id = contact }, to = new { id = company }, types = new[] { new { associationCategory = "HUBSPOT_DEFINED", associationTypeId = 279 } } };
        var made = await hubSpot.PostAsync("/crm/v4/associations/contacts/companies/batch/create", new { inputs = new[] { pair } });
        made.Status.ShouldBe(HttpStatusCode.Created);
        made.Results[0].GetProperty("fromObjectTypeId").GetString().ShouldBe("0-1");
        var archive = new { inputs = new[] { new { from = new { id = contact }, to = new[] { new { id = company } } } } };
        (await hubSpot.PostAsync("/crm/v4/associations/contacts/companies/batch/archive", archive)).Status.ShouldBe(HttpStatusCode.NoContent);
        hubSpot.Account.Find("contacts", contact)!.Associations.ShouldBeEmpty();
        var byDefault = new { inputs = new[] { new { from = new { id = contact }, to = new { id = company } } } };
        (await hubSpot.PostAsync("/crm/associations/2026-03/contacts/companies/batch/associate/default", byDefault)).Status.ShouldBe(HttpStatusCode.OK);
        (await hubSpot.PostAsync("/crm/associations/2026-03/contacts/companies/batch/archive", archive)).Status.ShouldBe(HttpStatusCode.OK);
        hubSpot.Account.Find("companies", company)!.Associations.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_association_with_an_archived_record_is_not_shown_until_it_is_restored()
    {
        hubSpot.Account.Associate("contacts", contact, "companies", company);
        hubSpot.Account.Archive("companies", company);
        var path = $"/crm/v4/objects/contacts/{contact}/associations/companies";
        (await hubSpot.GetAsync(path)).Results.ShouldBeEmpty();
        hubSpot.Account.Restore("companies", company);
        (await hubSpot.GetAsync(path)).Results.Length.ShouldBe(1);
        (await hubSpot.SendAsync(HttpMethod.Delete, Path(company))).Status.ShouldBe(HttpStatusCode.NoContent);
        (await hubSpot.GetAsync(path)).Results.ShouldBeEmpty();
    }

    [Fact]
    public async Task Many_associations_come_in_pages()
    {
        HubSpotDemoData.Fill(hubSpot.Account, 1, contacts: 620, companies: 1, deals: 0);
        var big = hubSpot.Account.Records("companies").Single(record => record["name"] != "Isar Works").Id;
        var first = await hubSpot.GetAsync($"/crm/v4/objects/companies/{big}/associations/contacts");
        var second = await hubSpot.GetAsync($"/crm/v4/objects/companies/{big}/associations/contacts?after={first.Next}");
        (first.Results.Length, second.Results.Length, second.Next).ShouldBe((500, 120, null));
        var read = await hubSpot.GetAsync($"/crm/v3/objects/companies/{big}?associations=contacts");
        read["associations"].GetProperty("contacts").TryGetProperty("paging", out _).ShouldBeTrue();
    }

    [Fact]
    public async Task Labels_list_the_types_of_a_direction()
    {
        var labels = await hubSpot.GetAsync("/crm/v4/associations/contacts/companies/labels");
        labels.Results.Select(label => label.GetProperty("typeId").GetInt32()).ShouldBe([1, 279]);
        var made = await hubSpot.PostAsync("/crm/v4/associations/contacts/companies/labels", new { label = "Partner", name = "partner" });
        made.Results.Length.ShouldBe(2);
        (await hubSpot.GetAsync("/crm/v4/associations/contacts/companies/labels")).Results.Length.ShouldBe(3);
    }

    [Fact]
    public async Task A_new_record_comes_with_its_associations_or_not_at_all()
    {
        object Deal(int typeId, string toId) => new
        {
            properties = new { dealname = "Pilot", dealstage = "contractsent" },
            associations = new[] { new { to = new { id = toId }, types = new[] { new { associationCategory = "HUBSPOT_DEFINED", associationTypeId = typeId } } } },
        };
        var made = await hubSpot.PostAsync("/crm/v3/objects/deals", Deal(3, contact));
        hubSpot.Account.Find("deals", made.Text("id")!)!.Associations.Single().ToId.ShouldBe(contact);
        (await hubSpot.PostAsync("/crm/v3/objects/deals", Deal(4, contact))).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await hubSpot.PostAsync("/crm/v3/objects/deals", Deal(3, "77"))).Status.ShouldBe(HttpStatusCode.BadRequest);
        hubSpot.Account.Count("deals").ShouldBe(1);
    }

    private string Path(string companyId) => $"/crm/v4/objects/contacts/{contact}/associations/companies/{companyId}";

    private string Company(string name) => hubSpot.Account.Create("companies", new Dictionary<string, string> { ["name"] = name });

    private static int[] TypeIds(JsonElement link) =>
        [.. link.GetProperty("associationTypes").EnumerateArray().Select(type => type.GetProperty("typeId").GetInt32())];
}
