using System.Text.Json;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Demo;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.EndToEnd;

/// <summary>Three systems, and fields of the tenant's own of every type in both CRMs, with values from before they were mapped.</summary>
public sealed class CustomFieldsFixture : IAsyncLifetime
{
    private IReadOnlyList<string> _emails = [];
    private int _taken;

    internal ThreeSystems Systems { get; private set; } = null!;

    /// <summary>Pipedrive's keys, by the hub's.</summary>
    public Dictionary<string, string> Keys { get; } = [];

    /// <summary>Whose region HubSpot knew before it was mapped.</summary>
    public string Early { get; private set; } = "";

    /// <summary>Whose nickname the hub alone knew before it was mapped.</summary>
    public string Nicknamed { get; private set; } = "";

    public string NextContact() => _emails[_taken++];

    public async Task InitializeAsync()
    {
        Systems = await ThreeSystems.StartAsync(contacts: 24);
        _emails = [.. Systems.HubSpot.Records("contacts").Select(contact => contact["email"]!)];
        (Early, Nicknamed) = (NextContact(), NextContact());
        AddFields();
        Systems.HubSpot.Edit("contacts", Systems.Contact(Early)!.Id, new Dictionary<string, string> { ["sales_region"] = "EMEA" });
        await Systems.Hub.ExecuteAsync($$"""update crm_contacts set custom_fields = '{"nickname": "Bee", "unmapped": 7}' where email = '{{Nicknamed}}'""");
        await Systems.RestAsync();
        await MapAsync(Platform.HubSpot, """
            {"contact": {
                "region": {"property": "sales_region", "type": "choice", "options": {"emea": "EMEA", "apac": "APAC"}},
                "interests": {"property": "interests", "type": "multi_choice"},
                "shoe_size": {"property": "shoe_size", "type": "number"}, "cats": {"property": "cats", "type": "whole_number"},
                "budget": {"property": "budget", "type": "money"}, "vip": {"property": "is_vip", "type": "boolean"},
                "since": {"property": "since", "type": "date"}, "met_at": {"property": "met_at", "type": "datetime"},
                "nickname": {"property": "nickname", "type": "text"}, "fax": {"property": "fax_line", "type": "phone"},
                "billing": {"property": "billing", "type": "email"}}}
            """);
        await MapAsync(Platform.Pipedrive, $$$"""
            {"contact": {
                "region": {"property": "{{{Keys["region"]}}}", "type": "choice", "options": {"emea": 11, "apac": "12"}},
                "interests": {"property": "{{{Keys["interests"]}}}", "type": "multi_choice"},
                "shoe_size": {"property": "{{{Keys["shoe_size"]}}}", "type": "number"}, "cats": {"property": "{{{Keys["cats"]}}}", "type": "whole_number"},
                "budget": {"property": "{{{Keys["budget"]}}}", "type": "money"}, "vip": {"property": "{{{Keys["vip"]}}}", "type": "boolean", "options": {"true": 31, "false": 32}},
                "since": {"property": "{{{Keys["since"]}}}", "type": "date"}, "nickname": {"property": "{{{Keys["nickname"]}}}", "type": "text"},
                "fax": {"property": "{{{Keys["fax"]}}}", "type": "phone"}, "billing": {"property": "{{{Keys["billing"]}}}", "type": "email"}
            }}
            """);
        await Systems.SweepAsync();
        await Systems.RestAsync();
    }

    public async Task DisposeAsync() => await Systems.DisposeAsync();

    internal Task MapAsync(Platform platform, string mapping) => Systems.Functions.Services.GetRequiredService<MappingSettings>()
        .SetAsync(Systems.Hub.Id, platform, JsonElement.Parse(mapping), "ann", CancellationToken.None);

    /// <summary>A call of the API, as people make it.</summary>
    internal async Task<(int Status, string? Detail, string Body)> CallAsync(string method, string path, string? body = null)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Systems.Functions.Address, "api/v1/" + path))
        {
            Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new("Bearer", DemoToken.For(Systems.Hub.Id, Systems.Functions.JwtSecret));
        using var response = await http.SendAsync(request, CancellationToken.None);
        var answer = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, JsonElement.Parse(answer).TryGetProperty("detail", out var detail) ? detail.GetString() : null, answer);
    }

    private void AddFields()
    {
        Systems.HubSpot.AddProperty("contacts", "sales_region", "enumeration", "select", options: ["EMEA", "APAC"]);
        Systems.HubSpot.AddProperty("contacts", "interests", "enumeration", "checkbox", options: ["Golf", "Chess", "Tea"]);
        Systems.HubSpot.AddProperty("contacts", "shoe_size", "number", "number");
        Systems.HubSpot.AddProperty("contacts", "cats", "number", "number");
        Systems.HubSpot.AddProperty("contacts", "budget", "number", "number");
        Systems.HubSpot.AddProperty("contacts", "is_vip", "bool", "booleancheckbox");
        Systems.HubSpot.AddProperty("contacts", "since", "date", "date");
        Systems.HubSpot.AddProperty("contacts", "met_at", "datetime", "date");
        Systems.HubSpot.AddProperty("contacts", "nickname");
        Systems.HubSpot.AddProperty("contacts", "fax_line", "phone_number", "phonenumber");
        Systems.HubSpot.AddProperty("contacts", "billing");
        Systems.HubSpot.AddProperty("contacts", "score", "number", "calculation_equation", readOnly: true);
        foreach (var (key, type) in new[] { ("shoe_size", "double"), ("cats", "double"), ("budget", "monetary"), ("since", "date"), ("nickname", "varchar"), ("fax", "phone"), ("billing", "varchar") })
            Keys[key] = Systems.Pipedrive.AddField("persons", key, type);
        Keys["region"] = Systems.Pipedrive.AddField("persons", "Region", "enum", (11, "Europe"), (12, "Asia"));
        Keys["interests"] = Systems.Pipedrive.AddField("persons", "Interests", "set", (21, "Golf"), (22, "Chess"), (23, "Tea"));
        Keys["vip"] = Systems.Pipedrive.AddField("persons", "VIP", "enum", (31, "Yes"), (32, "No"));
        Keys["manager"] = Systems.Pipedrive.AddField("persons", "Manager", "user");
    }
}
