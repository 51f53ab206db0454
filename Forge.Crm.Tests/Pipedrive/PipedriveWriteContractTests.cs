using System.Text.Json.Nodes;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.Pipedrive;

/// <summary>The same contract: what the client can write, the simulator takes.</summary>
public sealed class PipedriveWriteContractTests : IAsyncLifetime
{
    private readonly PipedriveBed _bed = new(isRealTime: true);

    public Task InitializeAsync() => _bed.StartAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Theory]
    [InlineData("persons", "name", "Ada")]
    [InlineData("organizations", "name", "Acme")]
    [InlineData("deals", "title", "Deal")]
    [InlineData("activities", "subject", "Intro")]
    public async Task A_record_is_made_changed_and_deleted(string entity, string member, string value)
    {
        var id = IdOf(await RunAsync((api, access, call) => api.CreateAsync(entity, new() { [member] = value }, access, call, default)));
        _bed.There.Find(entity, id)![member]!.ToString().ShouldBe(value);
        await RunAsync((api, access, call) => api.UpdateAsync(entity, id, new() { [member] = "New" }, access, call, default));
        _bed.There.Find(entity, id)![member]!.ToString().ShouldBe("New");
        await RunAsync((api, access, call) => api.DeleteAsync(entity, id, access, call, default));
        _bed.There.Records(entity).ShouldBeEmpty();
    }

    [Fact]
    public async Task Leads_and_notes_are_made_changed_and_deleted()
    {
        var person = long.Parse(_bed.There.Create("persons", new() { ["name"] = "Ada" }), null);
        var lead = IdOf(await RunAsync((api, access, call) => api.CreateFirstAsync("leads", new() { ["title"] = "Lead", ["person_id"] = person }, access, call, default)));
        var note = IdOf(await RunAsync((api, access, call) => api.CreateFirstAsync("notes", new() { ["content"] = "Hi", ["person_id"] = person }, access, call, default)));
        await RunAsync((api, access, call) => api.UpdateLeadAsync(lead, new() { ["title"] = "New" }, access, call, default));
        await RunAsync((api, access, call) => api.UpdateNoteAsync(note, new() { ["content"] = "New" }, access, call, default));
        _bed.There.Records("leads").ShouldHaveSingleItem()["title"]!.ToString().ShouldBe("New");
        _bed.There.Records("notes").ShouldHaveSingleItem()["content"]!.ToString().ShouldBe("New");
        await RunAsync((api, access, call) => api.DeleteFirstAsync("leads", lead, access, call, default));
        await RunAsync((api, access, call) => api.DeleteFirstAsync("notes", note, access, call, default));
        _bed.There.Records("leads").Concat(_bed.There.Records("notes")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_webhook_is_made_listed_and_deleted()
    {
        var fields = new JsonObject
        {
            ["subscription_url"] = "https://sync.example.com/webhooks/pipedrive/key",
            ["event_action"] = "*",
            ["event_object"] = "*",
            ["name"] = "Forge",
        };
        var id = IdOf(await RunAsync((api, access, call) => api.CreateFirstAsync("webhooks", fields, access, call, default)));
        (await RunAsync((api, access, call) => api.WebhooksAsync(access, call, default))).Data.ShouldHaveSingleItem().GetProperty("id").ToString().ShouldBe(id);
        await RunAsync((api, access, call) => api.DeleteFirstAsync("webhooks", id, access, call, default));
        (await RunAsync((api, access, call) => api.WebhooksAsync(access, call, default))).Data.ShouldBeEmpty();
    }

    [Fact]
    public async Task Fields_are_told_and_a_person_is_found_by_address()
    {
        var code = _bed.There.AddField("persons", "Shoe size", "double");
        var id = _bed.There.Create("persons", new() { ["name"] = "Ada", ["emails"] = new JsonArray(new JsonObject { ["value"] = "ada@example.com" }) });
        var fields = await RunAsync((api, access, call) => api.FieldsAsync("person", 500, null, access, call, default));
        var shoe = fields.Data!.Single(field => field.GetProperty("field_code").GetString() == code);
        PipedriveCustomFields.Check(new(RemoteKind.Contact, "shoe", CustomType.Number, code, []), shoe).Options.ShouldBeEmpty();
        var found = await RunAsync((api, access, call) => api.SearchAsync("persons", "ada@example.com", "email", "true", access, call, default));
        found.Data!.Value.GetProperty("items")[0].GetProperty("item").GetProperty("id").ToString().ShouldBe(id);
    }

    [Fact]
    public async Task Every_writable_row_of_a_person_is_taken_and_read_back()
    {
        var fields = new JsonObject
        {
            ["first_name"] = "Zoë",
            ["last_name"] = "Example",
            ["owner_id"] = 9001,
            ["emails"] = new JsonArray(new JsonObject { ["value"] = "z@x.org", ["primary"] = true }, new JsonObject { ["value"] = "y@x.org" }),
            ["phones"] = new JsonArray(
                new JsonObject { ["value"] = "+3725550100", ["primary"] = true, ["label"] = "work" }, new JsonObject { ["value"] = "+3725550200", ["label"] = "mobile" }),
        };
        var id = IdOf(await RunAsync((api, access, call) => api.CreateAsync("persons", fields, access, call, default)));
        var read = (await _bed.RunAsync(account => account.ReadAsync(RemoteKind.Contact, [id], false, CancellationToken.None))).ShouldHaveSingleItem();
        var person = PipedriveBed.Mapped(read);
        (person["email"], person["additional_emails"], person["phone"], person["mobile_phone"], person["first_name"])
            .ShouldBe(("z@x.org", "y@x.org", "+3725550100", "+3725550200", "Zoë"));
    }

    private static string IdOf(PipedriveOne answer) => answer.Data!.Value.GetProperty("id").ToString();

    private Task<T> RunAsync<T>(Func<IPipedriveApi, PipedriveAccess, CrmCall, Task<T>> send) => _bed.RunAsync(send(
        _bed.Services.GetRequiredService<IPipedriveApi>(), PipedriveAccess.ByApiToken(_bed.Simulator.BaseAddress, "token-1"),
        new(new(Guid.NewGuid()), Platform.Pipedrive, PipedrivePrices.Unpriced, CallLane.Interactive, IsRepeatable: false)));
}
