using System.Text.Json.Nodes;

namespace Forge.Crm.Tests.EndToEnd;

/// <summary>Fields of a tenant's own, of every type: an edit in one system is in the other two.</summary>
public sealed class CustomFieldsTests(CustomFieldsFixture fixture) : IClassFixture<CustomFieldsFixture>, IAsyncLifetime
{
    private static readonly Dictionary<string, string> AtHubSpot = new()
    {
        ["sales_region"] = "APAC",
        ["interests"] = "Tea;Golf",
        ["shoe_size"] = "42.5",
        ["cats"] = "3",
        ["budget"] = "1200.50",
        ["is_vip"] = "true",
        ["since"] = "2024-02-29",
        ["nickname"] = "Zoë",
        ["fax_line"] = "+4930123456",
        ["billing"] = "bill@example.com",
    };

    private readonly ThreeSystems _systems = fixture.Systems;

    // Each test works on a contact of its own.
    private readonly string _email = fixture.NextContact();

    // What the test before this one left under way is none of its writes.
    public Task InitializeAsync() => _systems.RestAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task What_was_there_before_a_field_was_mapped_comes_with_the_next_sweep()
    {
        (await HubAsync("region", fixture.Early)).ShouldBe("emea");
        AtPipedrive("region", fixture.Early).ShouldBe("11");
        _systems.Contact(fixture.Nicknamed)!["nickname"].ShouldBe("Bee");
        AtPipedrive("nickname", fixture.Nicknamed).ShouldBe("\"Bee\"");
        (await HubAsync("unmapped", fixture.Nicknamed)).ShouldBe("7");
    }

    [Fact]
    public async Task An_edit_in_HubSpot_is_in_the_hub_and_in_Pipedrive_and_costs_one_write()
    {
        var (hubSpot, pipedrive) = (_systems.HubSpotWrites, _systems.PipedriveWrites);
        _systems.HubSpot.Edit("contacts", _systems.Contact(_email)!.Id, new Dictionary<string, string>(AtHubSpot) { ["met_at"] = "2026-05-04T12:00:00.000Z" });
        await ShouldBeInPipedriveAsync();
        await _systems.RestAsync();
        (_systems.HubSpotWrites - hubSpot, _systems.PipedriveWrites - pipedrive).ShouldBe((0, 1));
        (await _systems.Hub.ScalarAsync<string>($"select custom_fields::text from crm_contacts where email = '{_email}'")).ShouldBe(
            """{"fax": "+4930123456", "vip": true, "cats": 3, "since": "2024-02-29", "budget": 1200.5, "met_at": "2026-05-04T12:00:00Z", "region": "apac", "billing": "bill@example.com", "nickname": "Zoë", "interests": ["Golf", "Tea"], "shoe_size": 42.5}""");
        (await _systems.Hub.RowsAsync($"select source, new_value from crm_audit_log where field = 'custom.region' and record_id = (select id from crm_contacts where email = '{_email}')")).ShouldBe(["hubspot|apac"]);
        (await _systems.Hub.ScalarAsync<string>($"select field_stamps ->> 'custom.region' from crm_contacts where email = '{_email}'"))!.ShouldEndWith(" hubspot");
    }

    [Fact]
    public async Task An_edit_in_Pipedrive_is_in_the_hub_and_in_HubSpot_and_costs_one_write()
    {
        var (hubSpot, pipedrive) = (_systems.HubSpotWrites, _systems.PipedriveWrites);
        EditPerson(
            ("region", 12), ("interests", new JsonArray(23, 21)), ("shoe_size", 42.5), ("cats", 3), ("budget", new JsonObject { ["value"] = 1200.5, ["currency"] = "USD" }),
            ("vip", 31), ("since", "2024-02-29"), ("nickname", "Zoë"), ("fax", "+49 30 123456"), ("billing", "Bill@example.com"));
        foreach (var (property, value) in AtHubSpot)
            await ThreeSystems.UntilAsync(() => Loose(_systems.Contact(_email)?[property]), Loose(value), property);
        await _systems.RestAsync();
        (_systems.HubSpotWrites - hubSpot, _systems.PipedriveWrites - pipedrive).ShouldBe((1, 0));
        (await HubAsync("budget", _email)).ShouldBe("1200.5");
    }

    [Fact]
    public async Task An_edit_in_the_hub_by_SQL_is_in_both_and_costs_a_write_each()
    {
        var (hubSpot, pipedrive) = (_systems.HubSpotWrites, _systems.PipedriveWrites);
        await _systems.Hub.ExecuteAsync($$"""
            update crm_contacts set custom_fields = custom_fields || '{"region": "apac", "interests": ["Golf", "Tea"], "shoe_size": 42.50, "cats": "3", "budget": 1200.5, "vip": true,
                "since": "2024-02-29", "nickname": "Zoë", "fax": "030 123456", "billing": "bill@example.com"}' where email = '{{_email}}'
            """);
        foreach (var (property, value) in AtHubSpot.Where(property => property.Key != "fax_line"))
            await ThreeSystems.UntilAsync(() => Loose(_systems.Contact(_email)?[property]), Loose(value), property);
        await ThreeSystems.UntilAsync(() => AtPipedrive("interests", _email), "[21,23]", "Pipedrive");
        await _systems.RestAsync();
        (_systems.HubSpotWrites - hubSpot, _systems.PipedriveWrites - pipedrive).ShouldBe((1, 1));
        (await _systems.Hub.RowsAsync($"select distinct source from crm_audit_log where field like 'custom.%' and record_id = (select id from crm_contacts where email = '{_email}')"))
            .ShouldBe(["supabase"]);
    }

    [Fact]
    public async Task A_value_that_is_cleared_or_in_no_list_is_told_of()
    {
        EditPerson(("region", 11), ("nickname", "Short"));
        await ThreeSystems.UntilAsync(() => _systems.Contact(_email)?["sales_region"], "EMEA", "HubSpot");
        EditPerson(("region", null), ("nickname", null));
        await ThreeSystems.UntilAsync(() => _systems.Contact(_email)?["sales_region"] ?? "", "", "HubSpot");
        (await HubAsync("nickname", _email)).ShouldBeNull();
        await _systems.Hub.ExecuteAsync($$"""update crm_contacts set custom_fields = custom_fields || '{"region": "moon"}' where email = '{{_email}}'""");
        await ThreeSystems.UntilAsync(
            () => _systems.Hub.ScalarAsync<string>($"select string_agg(platform, ',' order by platform) from crm_outbox o join crm_contacts c on c.id = o.record_id where c.email = '{_email}' and o.status = 'failed'"),
            "hubspot,pipedrive", "the list of refused pushes");
    }

    [Fact]
    public async Task Strategies_take_them_and_hold_the_mapping_that_they_need()
    {
        const string rules = """{"strategy": "timestamp_based", "ranks": ["supabase", "hubspot", "pipedrive"], "strategies": {"contact.custom.interests": {"strategy": "field_merge", "merge": "union"}, "contact.custom.met_at": "manual_review"}}""";
        (await fixture.CallAsync("PUT", "connections/pipedrive/strategies", rules)).Status.ShouldBe(200);
        var refused = await fixture.CallAsync("PUT", "connections/hubspot/strategies", rules.Replace("interests", "nowhere", StringComparison.Ordinal));
        (refused.Status, refused.Detail!.Contains("contact has no field 'custom.nowhere'", StringComparison.Ordinal)).ShouldBe((400, true));
        var needed = await fixture.CallAsync("PUT", "connections/hubspot/mapping", "{}");
        (needed.Status, needed.Detail!.Split("; there")[0]).ShouldBe(
            (400, "The settings of pipedrive would no longer hold, mend them first: strategies.\"contact.custom.met_at\": a contact has no field 'custom.met_at'"));
    }

    [Theory]
    [InlineData("hubspot", """{"contact":{"x":{"property":"no_such","type":"text"}}}""", "contact.custom.x: HubSpot has no property 'no_such' of contacts; make it there, or correct the name.")]
    [InlineData("hubspot", """{"contact":{"x":{"property":"score","type":"number"}}}""", "contact.custom.x: HubSpot works out 'score' itself, and nobody can write it; name another property.")]
    [InlineData("hubspot", """{"contact":{"x":{"property":"nickname","type":"number"}}}""", "contact.custom.x: 'nickname' is of type string (text) at HubSpot, which cannot hold a number; write \"type\": \"text\" or \"choice\" or \"phone\" or \"email\".")]
    [InlineData("hubspot", """{"contact":{"x":{"property":"sales_region","type":"choice","options":{"moon":"MOON"}}}}""", "contact.custom.x.options: 'sales_region' has no option 'MOON' at HubSpot; there are: EMEA, APAC")]
    [InlineData("hubspot", """{"contact":{"shoe_size":{"property":"nickname","type":"text"}}}""", "contact.custom.shoe_size is of type text here and of type number in the mapping of pipedrive; give both one type, or another key to one.")]
    [InlineData("hubspot", """{"contact":{"x":{"property":"email","type":"text"}}}""", "contact.custom.x.property 'email' is used already; the standard fields have it: take it out of the mapping.")]
    [InlineData("pipedrive", """{"contact":{"x":{"property":"0000000000000000000000000000000000000000","type":"text"}}}""", "contact.custom.x: Pipedrive shows no field of the key '0000000000000000000000000000000000000000'; copy the key of the field from the company's data fields.")]
    [InlineData("pipedrive", """{"contact":{"x":{"property":"{manager}","type":"text"}}}""", "contact.custom.x: '{manager}' is of type user at Pipedrive, which cannot hold a text; no field can hold it: name another.")]
    [InlineData("pipedrive", """{"contact":{"x":{"property":"{vip}","type":"boolean"}}}""", "contact.custom.x does not say which option is true; write \"options\": { \"true\": \"...\", \"false\": \"...\" } of: 31 (Yes), 32 (No)")]
    [InlineData("pipedrive", """{"deal":{"x":{"property":"{vip}","type":"choice"}}}""", "deal.custom.x: Pipedrive shows no field of the key '{vip}'; copy the key of the field from the company's data fields.")]
    [InlineData("pipedrive", "7", "mapping is no JSON object; write {\"contact\": {\"region\": {\"property\": \"sales_region\", \"type\": \"text\"}}}, or {} for none.")]
    public async Task What_does_not_fit_the_account_is_refused_when_it_is_saved(string platform, string mapping, string detail)
    {
        string Named(string text) => fixture.Keys.Aggregate(text, (named, key) => named.Replace($"{{{key.Key}}}", key.Value, StringComparison.Ordinal));
        var before = (await fixture.CallAsync("GET", $"connections/{platform}/mapping")).Body;
        var refused = await fixture.CallAsync("PUT", $"connections/{platform}/mapping", Named(mapping));
        (refused.Status, refused.Detail).ShouldBe((400, Named(detail)));
        (await fixture.CallAsync("GET", $"connections/{platform}/mapping")).Body.ShouldBe(before);
    }

    [Fact]
    public async Task A_platform_that_cannot_be_asked_takes_no_mapping_and_the_answer_says_so()
    {
        _systems.HubSpotFaults.FailNext("/crm/v3/properties/", new() { Status = 403, Body = """{"status":"error","category":"MISSING_SCOPES","message":"This app hasn't been granted all required scopes"}""" });
        var refused = await fixture.CallAsync("PUT", "connections/hubspot/mapping", """{"contact":{"x":{"property":"nickname","type":"text"}}}""");
        (refused.Status, refused.Detail!.Split(':')[0]).ShouldBe((502, "HubSpot answered 403"));
    }

    private async Task ShouldBeInPipedriveAsync()
    {
        var wanted = new Dictionary<string, string>
        {
            ["region"] = "12",
            ["interests"] = "[21,23]",
            ["shoe_size"] = "42.5",
            ["cats"] = "3",
            ["vip"] = "31",
            ["since"] = "\"2024-02-29\"",
            ["nickname"] = "\"Zoë\"",
            ["fax"] = "\"+4930123456\"",
            ["billing"] = "\"bill@example.com\"",
            ["budget"] = """{"value":1200.5,"currency":"EUR"}""",
        };
        foreach (var (key, value) in wanted)
            await ThreeSystems.UntilAsync(() => AtPipedrive(key, _email), value, key);
    }

    private Task<string?> HubAsync(string key, string email) => _systems.Hub.ScalarAsync<string?>($"select custom_fields ->> '{key}' from crm_contacts where email = '{email}'");

    private string? AtPipedrive(string key, string email) => _systems.Person(email)?["custom_fields"]?[fixture.Keys[key]]?.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private void EditPerson(params (string Key, JsonNode? Value)[] fields) => _systems.Pipedrive.Edit(
        "persons", _systems.Person(_email)!["id"]!.ToString(),
        new() { ["custom_fields"] = new JsonObject(fields.Select(field => KeyValuePair.Create(fixture.Keys[field.Key], field.Value))) });

    // The members of a set and the zeros of a number have no order and no number of their own.
    private static string? Loose(string? text) => text is null ? null : string.Join(';', text.Split(';').Order().Select(part => decimal.TryParse(part, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number.ToString("0.####", System.Globalization.CultureInfo.InvariantCulture) : part));
}
