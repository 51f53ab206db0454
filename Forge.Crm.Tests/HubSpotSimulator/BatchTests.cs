using System.Net;

namespace Forge.Crm.Tests.HubSpotSimulation;

public sealed class BatchTests
{
    private const string Contacts = "/crm/v3/objects/contacts";

    [Fact]
    public async Task A_batch_read_names_the_ids_that_lead_nowhere()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var id = hubSpot.Contact("ada@example.com");
        var read = await hubSpot.PostAsync($"{Contacts}/batch/read", new { properties = new[] { "email" }, inputs = Inputs(id, "7", "ada") });
        read.Status.ShouldBe(HttpStatusCode.MultiStatus);
        read.Text("status").ShouldBe("COMPLETE");
        read.Ids.ShouldBe([id]);
        read["numErrors"].GetInt32().ShouldBe(1);
        var error = read["errors"][0];
        error.GetProperty("category").GetString().ShouldBe("OBJECT_NOT_FOUND");
        error.GetProperty("message").GetString().ShouldBe("Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.");
        error.GetProperty("context").GetProperty("ids").EnumerateArray().Select(missing => missing.GetString()).ShouldBe(["7", "ada"]);
    }

    [Fact]
    public async Task A_batch_read_finds_contacts_by_address()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var id = hubSpot.Contact("ada@example.com");
        var read = await hubSpot.PostAsync($"{Contacts}/batch/read", new { properties = Array.Empty<string>(), idProperty = "email", inputs = Inputs("Ada@Example.com") });
        read.Status.ShouldBe(HttpStatusCode.OK);
        read.Ids.ShouldBe([id]);
    }

    [Theory]
    [InlineData(100, false, HttpStatusCode.MultiStatus)]
    [InlineData(101, false, HttpStatusCode.BadRequest)]
    [InlineData(50, true, HttpStatusCode.MultiStatus)]
    [InlineData(51, true, HttpStatusCode.BadRequest)]
    public async Task A_batch_read_takes_a_hundred_ids_and_fifty_with_history(int count, bool history, HttpStatusCode status)
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var read = await hubSpot.PostAsync($"{Contacts}/batch/read", new
        {
            properties = new[] { "email" },
            propertiesWithHistory = history ? new[] { "email" } : [],
            inputs = Inputs([.. Enumerable.Range(1, count).Select(i => $"{i}")]),
        });
        read.Status.ShouldBe(status);
    }

    [Fact]
    public async Task Without_trace_ids_one_bad_input_fails_the_whole_batch()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var made = await hubSpot.PostAsync($"{Contacts}/batch/create", new
        {
            inputs = new object[] { New("a@example.com"), New("not an address") },
        });
        made.Status.ShouldBe(HttpStatusCode.BadRequest);
        hubSpot.Account.Count("contacts").ShouldBe(0);
    }

    [Fact]
    public async Task With_trace_ids_the_good_inputs_are_carried_out()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        hubSpot.Contact("taken@example.com");
        var made = await hubSpot.PostAsync($"{Contacts}/batch/create", new
        {
            inputs = new object[] { New("a@example.com", "t1"), New("taken@example.com", "t2"), New("nonsense", "t3") },
        });
        made.Status.ShouldBe(HttpStatusCode.MultiStatus);
        made.Results.ShouldHaveSingleItem().GetProperty("objectWriteTraceId").GetString().ShouldBe("t1");
        var errors = made["errors"].EnumerateArray().ToArray();
        errors.Select(error => error.GetProperty("context").GetProperty("objectWriteTraceId")[0].GetString()).ShouldBe(["t2", "t3"]);
        errors.Select(error => error.GetProperty("category").GetString()).ShouldBe(["CONFLICT", "VALIDATION_ERROR"]);
    }

    [Fact]
    public async Task A_batch_create_answers_201_and_refuses_an_address_given_twice()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var made = await hubSpot.PostAsync($"{Contacts}/batch/create", new { inputs = new object[] { New("a@example.com"), New("b@example.com") } });
        made.Status.ShouldBe(HttpStatusCode.Created);
        made.Results.Length.ShouldBe(2);
        var twice = await hubSpot.PostAsync($"{Contacts}/batch/create", new { inputs = new object[] { New("c@example.com"), New("C@example.com") } });
        twice.Status.ShouldBe(HttpStatusCode.Conflict);
        hubSpot.Account.Count("contacts").ShouldBe(2);
    }

    [Fact]
    public async Task A_batch_update_passes_over_a_missing_record_and_refuses_an_id_given_twice()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var id = hubSpot.Contact("ada@example.com");
        var inputs = new object[] { Change(id, "1"), Change("77", "2") };
        var updated = await hubSpot.PostAsync($"{Contacts}/batch/update", new { inputs });
        updated.Status.ShouldBe(HttpStatusCode.MultiStatus);
        updated.Ids.ShouldBe([id]);
        hubSpot.Account.Find("contacts", id)!["phone"].ShouldBe("1");
        var twice = await hubSpot.PostAsync($"{Contacts}/batch/update", new { inputs = new object[] { Change(id, "3"), Change(id, "4") } });
        twice.Text("message").ShouldBe($"Duplicate IDs found in batch input: [{id}]. IDs in a batch must be unique");
    }

    [Fact]
    public async Task An_upsert_by_a_unique_property_creates_once_and_then_updates()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var property = await hubSpot.PostAsync("/crm/v3/properties/contacts", new
        {
            name = "forge_sync_id",
            label = "Forge",
            type = "string",
            fieldType = "text",
            groupName = "contactinformation",
            hasUniqueValue = true,
        });
        property.Status.ShouldBe(HttpStatusCode.Created);
        property["hasUniqueValue"].GetBoolean().ShouldBeTrue();
        var body = new { inputs = new[] { new { id = "f-1", idProperty = "forge_sync_id", properties = new { email = "ada@example.com" } } } };
        var first = await hubSpot.PostAsync($"{Contacts}/batch/upsert", body);
        first.Status.ShouldBe(HttpStatusCode.OK);
        first.Results[0].GetProperty("new").GetBoolean().ShouldBeTrue();
        first.Results[0].GetProperty("properties").GetProperty("forge_sync_id").GetString().ShouldBe("f-1");
        var second = await hubSpot.PostAsync($"{Contacts}/batch/upsert", body);
        second.Results[0].GetProperty("new").GetBoolean().ShouldBeFalse();
        second.Ids.ShouldBe(first.Ids);
    }

    [Fact]
    public async Task A_batch_archive_answers_nothing()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var id = hubSpot.Contact("ada@example.com");
        (await hubSpot.PostAsync($"{Contacts}/batch/archive", new { inputs = Inputs(id, "77") })).Status.ShouldBe(HttpStatusCode.NoContent);
        hubSpot.Account.Count("contacts").ShouldBe(0);
    }

    private static object[] Inputs(params string[] ids) => [.. ids.Select(id => new { id })];

    private static object New(string email, string? traceId = null) => traceId is null
        ? new { properties = new { email } }
        : new { properties = new { email }, objectWriteTraceId = traceId };

    private static object Change(string id, string phone) => new { id, properties = new { phone } };
}
