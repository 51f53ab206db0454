using System.Net;
using System.Text.Json;

namespace Forge.Crm.Tests.HubSpotSimulation;

public sealed class ObjectTests
{
    private const string Contacts = "/crm/v3/objects/contacts";

    [Fact]
    public async Task A_created_contact_has_the_documented_shape()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var made = await hubSpot.PostAsync(Contacts, new { properties = new { email = " Ada@Example.COM ", firstname = "Ada" }, associations = Array.Empty<object>() });
        made.Status.ShouldBe(HttpStatusCode.Created);
        made.Property("email").ShouldBe("ada@example.com");
        made.Property("hs_object_id").ShouldBe(made.Text("id"));
        made["archived"].GetBoolean().ShouldBeFalse();
        made.Text("createdAt").ShouldBe(made.Property("createdate"));
        made.Json.TryGetProperty("archivedAt", out _).ShouldBeFalse();
        made.Headers.Location!.AbsolutePath.ShouldBe($"{Contacts}/{made.Text("id")}");
    }

    [Theory]
    [InlineData("/crm/v3/objects/contacts")]
    [InlineData("/crm/v3/objects/contact")]
    [InlineData("/crm/v3/objects/0-1")]
    [InlineData("/crm/objects/2026-03/contacts")]
    [InlineData("/crm/objects/2026-09-beta/CONTACTS")]
    public async Task A_type_is_found_by_every_name_and_version(string path)
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var id = hubSpot.Contact("ada@example.com");
        (await hubSpot.GetAsync($"{path}/{id}")).Text("id").ShouldBe(id);
    }

    [Fact]
    public async Task A_read_shows_what_was_asked_for_and_null_for_what_is_unset()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var id = hubSpot.Contact("ada@example.com");
        var read = await hubSpot.GetAsync($"{Contacts}/{id}?properties=phone,city&properties=email&properties=nonsense");
        read["properties"].EnumerateObject().Select(property => property.Name)
            .ShouldBe(["city", "createdate", "email", "hs_object_id", "lastmodifieddate", "phone"]);
        read["properties"].GetProperty("phone").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task An_address_that_is_taken_is_a_conflict_that_names_the_holder()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var id = hubSpot.Contact("ada@example.com");
        var again = await hubSpot.PostAsync(Contacts, new { properties = new { email = "ADA@example.com" } });
        again.Status.ShouldBe(HttpStatusCode.Conflict);
        again.Text("category").ShouldBe("CONFLICT");
        again.Text("message").ShouldBe($"Contact already exists. Existing ID: {id}");
        Guid.TryParse(again.Text("correlationId"), out _).ShouldBeTrue();
    }

    [Fact]
    public async Task Every_refused_value_is_named_with_its_code()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var refused = await hubSpot.PostAsync(Contacts, new
        {
            properties = new { email = "ada@example.com", nonsense = "1", lifecyclestage = "vip", createdate = "2020-01-01" },
        });
        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Text("category").ShouldBe("VALIDATION_ERROR");
        refused.Text("message")!.ShouldStartWith("Property values were not valid: [{\"isValid\":false");
        refused["errors"].EnumerateArray().Select(error => error.GetProperty("code").GetString())
            .ShouldBe(["PROPERTY_DOESNT_EXIST", "INVALID_OPTION", "READ_ONLY_VALUE"]);
        refused["errors"][0].GetProperty("context").GetProperty("propertyName")[0].GetString().ShouldBe("nonsense");
    }

    [Theory]
    [InlineData("contacts", """{"phone":"1"}""")]
    [InlineData("companies", """{"city":"Bern"}""")]
    [InlineData("deals", """{"dealname":"Pilot"}""")]
    [InlineData("calls", """{"hs_call_title":"Hello"}""")]
    [InlineData("emails", """{"hs_timestamp":"2026-01-01T00:00:00Z"}""")]
    public async Task What_a_type_requires_must_be_set(string type, string properties)
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var refused = await hubSpot.PostAsync($"/crm/v3/objects/{type}", $$"""{"properties":{{properties}}}""");
        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Text("message")!.ShouldContain("required properties were not set");
    }

    [Fact]
    public async Task A_stage_must_be_one_of_the_deals_pipeline()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var made = await hubSpot.PostAsync("/crm/v3/objects/deals", new { properties = new { dealname = "Pilot", dealstage = "contractsent", amount = "10.50" } });
        made.Property("pipeline").ShouldBe("default");
        made.Property("hs_deal_stage_probability").ShouldBe("0.9");
        var path = $"/crm/v3/objects/0-3/{made.Text("id")}";
        var won = await hubSpot.SendAsync(HttpMethod.Patch, path, new { properties = new { dealstage = "closedwon" } });
        won.Status.ShouldBe(HttpStatusCode.OK);
        (await hubSpot.GetAsync($"{path}?properties=hs_is_closed_won")).Property("hs_is_closed_won").ShouldBe("true");
        (await hubSpot.SendAsync(HttpMethod.Patch, path, new { properties = new { dealstage = "elsewhere" } })).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task An_e_mails_headers_fill_in_who_wrote_it()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var headers = """{"from":{"email":"ann@example.com","firstName":"Ann","lastName":"Ash"},"to":[{"email":"us@example.com"}]}""";
        var made = await hubSpot.PostAsync("/crm/v3/objects/emails", new { properties = new { hs_timestamp = "2026-10-01T00:00:00Z", hs_email_direction = "INCOMING_EMAIL", hs_email_headers = headers } });
        var path = $"/crm/v3/objects/emails/{made.Text("id")}";
        var read = await hubSpot.GetAsync($"{path}?properties=hs_email_from_email,hs_email_from_firstname,hs_email_from_lastname");
        new[] { "hs_email_from_email", "hs_email_from_firstname", "hs_email_from_lastname" }.Select(read.Property).ShouldBe(["ann@example.com", "Ann", "Ash"]);
        (await hubSpot.SendAsync(HttpMethod.Patch, path, new { properties = new { hs_email_from_email = "x@example.com" } })).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("closedate", "1582946997000", "2020-02-29T03:29:57.000Z")]
    [InlineData("closedate", "2020-02-29T04:29:57+01:00", "2020-02-29T03:29:57.000Z")]
    [InlineData("amount", "12.50", "12.50")]
    public async Task Values_are_kept_in_one_form(string property, string written, string kept)
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var properties = new Dictionary<string, string> { ["dealname"] = "Pilot", ["dealstage"] = "contractsent", [property] = written };
        (await hubSpot.PostAsync("/crm/v3/objects/deals", new { properties })).Property(property).ShouldBe(kept);
    }

    [Fact]
    public async Task Empty_text_clears_and_leaves_its_trace_in_the_history()
    {
        await using var hubSpot = await SimulatorFixture.StartFrozenAsync();
        var id = hubSpot.Contact("ada@example.com", ("phone", "1"));
        hubSpot.Clock!.Advance(TimeSpan.FromSeconds(1));
        await hubSpot.SendAsync(HttpMethod.Patch, $"{Contacts}/{id}", new { properties = new { phone = "" } });
        var read = await hubSpot.GetAsync($"{Contacts}/{id}?properties=phone&propertiesWithHistory=phone");
        read.Property("phone").ShouldBeNull();
        var history = read["propertiesWithHistory"].GetProperty("phone").EnumerateArray().ToArray();
        history.Select(entry => entry.GetProperty("value").GetString()).ShouldBe(["", "1"]);
        history.Select(entry => entry.GetProperty("sourceType").GetString()).ShouldBe(["INTEGRATION", "CRM_UI"]);
        history[0].GetProperty("timestamp").GetString().ShouldBe("2026-10-01T09:00:01.000Z");
        history[1].GetProperty("updatedByUserId").GetInt32().ShouldBe(9001);
    }

    [Fact]
    public async Task A_write_that_changes_nothing_leaves_no_trace()
    {
        await using var hubSpot = await SimulatorFixture.StartFrozenAsync();
        var id = hubSpot.Contact("ada@example.com", ("phone", "1"));
        hubSpot.Clock!.Advance(TimeSpan.FromSeconds(1));
        await hubSpot.SendAsync(HttpMethod.Patch, $"{Contacts}/{id}", new { properties = new { phone = "1", email = "ADA@example.com" } });
        var read = await hubSpot.GetAsync($"{Contacts}/{id}?propertiesWithHistory=phone,email");
        read.Text("updatedAt").ShouldBe(read.Text("createdAt"));
        read["propertiesWithHistory"].GetProperty("email").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task A_lifecycle_stage_moves_back_only_after_it_was_cleared()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var id = hubSpot.Contact("ada@example.com", ("lifecyclestage", "customer"));
        hubSpot.Account.Edit("contacts", id, new Dictionary<string, string> { ["lifecyclestage"] = "lead" }).ShouldBeFalse();
        hubSpot.Account.Edit("contacts", id, new Dictionary<string, string> { ["lifecyclestage"] = "" }).ShouldBeTrue();
        hubSpot.Account.Edit("contacts", id, new Dictionary<string, string> { ["lifecyclestage"] = "lead" }).ShouldBeTrue();
        hubSpot.Account.Find("contacts", id)!["lifecyclestage"].ShouldBe("lead");
    }

    [Fact]
    public async Task An_archived_record_is_found_only_in_the_recycle_bin_until_it_is_restored()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var id = hubSpot.Contact("ada@example.com");
        (await hubSpot.SendAsync(HttpMethod.Delete, $"{Contacts}/{id}")).Status.ShouldBe(HttpStatusCode.NoContent);
        (await hubSpot.GetAsync($"{Contacts}/{id}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await hubSpot.GetAsync(Contacts)).Results.ShouldBeEmpty();
        var bin = await hubSpot.GetAsync($"{Contacts}?archived=true");
        bin.Ids.ShouldBe([id]);
        bin.Results[0].GetProperty("archivedAt").GetString().ShouldNotBeNull();
        hubSpot.Account.Restore("contacts", id);
        (await hubSpot.GetAsync($"{Contacts}/{id}")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_erased_contact_is_gone_for_good()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var id = hubSpot.Contact("ada@example.com");
        var erased = await hubSpot.PostAsync($"{Contacts}/gdpr-delete", new { objectId = "ada@example.com", idProperty = "email" });
        erased.Status.ShouldBe(HttpStatusCode.NoContent);
        (await hubSpot.GetAsync($"{Contacts}/{id}?archived=true")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Paging_shows_every_live_record_once()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var made = Enumerable.Range(0, 57).Select(i => hubSpot.Contact($"c{i}@example.com")).ToArray();
        hubSpot.Account.Archive("contacts", made[20]);
        var seen = new List<string>();
        string? after = null;
        do
        {
            var page = await hubSpot.GetAsync($"{Contacts}?limit=8&after={after}");
            seen.AddRange(page.Ids);
            after = page.Next;
        }
        while (after is not null);
        seen.ShouldBe(made.Where(id => id != made[20]));
        seen.Max(long.Parse).ShouldBeGreaterThan(int.MaxValue);
    }

    [Theory]
    [InlineData("/crm/v3/objects/contacts?limit=101", HttpStatusCode.BadRequest)]
    [InlineData("/crm/v3/objects/contacts?limit=51&propertiesWithHistory=email", HttpStatusCode.BadRequest)]
    [InlineData("/crm/v3/objects/contacts?limit=x", HttpStatusCode.BadRequest)]
    [InlineData("/crm/v3/objects/widgets", HttpStatusCode.BadRequest)]
    [InlineData("/crm/v3/objects/contacts/999999", HttpStatusCode.NotFound)]
    [InlineData("/crm/v3/objects/contacts/ada", HttpStatusCode.NotFound)]
    [InlineData("/crm/v3/nothing", HttpStatusCode.NotFound)]
    public async Task A_request_that_cannot_be_answered_gets_the_documented_error_body(string path, HttpStatusCode status)
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var answer = await hubSpot.GetAsync(path);
        answer.Status.ShouldBe(status);
        answer.Text("status").ShouldBe("error");
        answer.Text("message").ShouldNotBeNullOrEmpty();
        answer.Text("category").ShouldNotBeNullOrEmpty();
        Guid.TryParse(answer.Text("correlationId"), out _).ShouldBeTrue();
    }

    [Fact]
    public async Task A_lead_has_a_name_and_a_contact_from_the_start_and_an_account_without_leads_has_none_of_it()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var contact = hubSpot.Contact("ada@example.com");
        object Lead(object? properties, params int[] types) => new
        {
            properties = properties ?? new { hs_lead_name = "Ada" },
            associations = types.Select(type => new { to = new { id = contact }, types = new[] { new { associationCategory = "HUBSPOT_DEFINED", associationTypeId = type } } }),
        };

        (await hubSpot.PostAsync("/crm/v3/objects/leads", Lead(null, 578))).Status.ShouldBe(HttpStatusCode.Created);
        (await hubSpot.PostAsync("/crm/v3/objects/leads", Lead(null))).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await hubSpot.PostAsync("/crm/v3/objects/leads", Lead(new { hs_lead_type = "" }, 578))).Status.ShouldBe(HttpStatusCode.BadRequest);
        hubSpot.Account.Count("leads").ShouldBe(1);

        hubSpot.Account.HasLeads = false;
        foreach (var path in new[] { "/crm/v3/objects/leads", "/crm/v3/properties/leads", $"/crm/v4/objects/contacts/{contact}/associations/leads" })
            (await hubSpot.GetAsync(path)).ShouldSatisfyAllConditions(answer => answer.Status.ShouldBe(HttpStatusCode.Forbidden), answer => answer.Text("category").ShouldBe("MISSING_SCOPES"));
    }

    [Fact]
    public async Task Broken_json_is_a_validation_error()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var answer = await hubSpot.PostAsync(Contacts, "{\"properties\":");
        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Text("message")!.ShouldStartWith("Invalid input JSON on line 1");
    }
}
