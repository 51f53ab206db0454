using System.Text.Json;
using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Functions;

namespace Forge.Crm.Tests.Apps;

/// <summary>Which apps a tenant has, and what they may send, over the API.</summary>
public sealed class AppsApiTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    [Fact]
    public async Task Everybody_sees_the_apps_and_an_administrator_sets_them_with_their_rules_once()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        (await EnabledAsync(tenant, "GET", "viewer")).ShouldBeEmpty();
        (await EnabledAsync(tenant, "PUT", "admin", """{"apps":["hephaitos","bidflow"]}""")).ShouldBe(["bidflow", "hephaitos"]);
        (await PresetsAsync(tenant)).ShouldBe(["bidflow-inquiry", "hephaitos-signup"]);
        (await fixture.Hub.RowsAsync($"select new_value, actor from crm_audit_log where tenant_id = '{tenant}' and kind = 'tenant' and action = 'configure' order by id offset 1"))
            .ShouldBe(["""{"apps": ["bidflow", "hephaitos"]}|5f0c1f3e-0000-4000-8000-000000000001"""]);

        // A rule that the tenant deleted does not come back with an app that it has; one of an app that is taken away stays.
        await fixture.Hub.ExecuteAsync($"delete from crm_automation_rules where tenant_id = '{tenant}' and preset = 'bidflow-inquiry'");
        (await EnabledAsync(tenant, "PUT", "admin", """{"apps":["bidflow","folio","folio"]}""")).ShouldBe(["bidflow", "folio"]);
        (await EnabledAsync(tenant, "PUT", "admin", """{"apps":["folio","hephaitos"]}""")).ShouldBe(["folio", "hephaitos"]);
        (await PresetsAsync(tenant)).ShouldBe(["folio-transaction", "hephaitos-signup"]);
    }

    [Theory]
    [InlineData("viewer", """{"apps":["folio"]}""", 403)]
    [InlineData("member", """{"apps":["folio"]}""", 403)]
    [InlineData("admin", """{"apps":["Folio"]}""", 400)]
    [InlineData("admin", """{"apps":[null]}""", 400)]
    [InlineData("admin", """{"app":"folio"}""", 400)]
    [InlineData("admin", "{}", 400)]
    public async Task Nobody_else_sets_them_and_nothing_else(string role, string body, int status)
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        (await SendAsync(tenant, "PUT", "/api/v1/apps", role, body)).Status.ShouldBe(status);
        (await fixture.Hub.RowsAsync($"select cardinality(apps) from crm_tenants where tenant_id = '{tenant}'")).ShouldBe(["0"]);
    }

    [Fact]
    public async Task The_schemas_are_there_for_everybody_who_is_signed_in()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        foreach (var contract in AppContract.All)
            (await SendAsync(tenant, "GET", $"/api/v1/apps/schemas/{contract.Type}", "viewer")).ShouldBe((200, contract.Schema));
        (await SendAsync(tenant, "GET", "/api/v1/apps/schemas/envelope", "viewer")).ShouldBe((200, AppContract.Envelope));
        (await SendAsync(tenant, "GET", "/api/v1/apps/schemas/folio.refund", "viewer")).Status.ShouldBe(404);
        (await fixture.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/api/v1/apps/schemas/envelope"))).Status.ShouldBe(401);
        var listed = JsonDocument.Parse((await SendAsync(tenant, "GET", "/api/v1/apps", "viewer")).Body).RootElement.GetProperty("apps").EnumerateArray().ToList();
        listed.Select(app => app.GetProperty("queue").GetString()).ShouldBe(["crm-events-bidflow", "crm-events-folio", "crm-events-hephaitos"]);
        listed.SelectMany(app => app.GetProperty("events").EnumerateArray()).Select(app => app.GetProperty("dataschema").GetString())
            .ShouldBe(AppContract.All.Select(contract => contract.DataSchema));
    }

    private async Task<List<string>> EnabledAsync(TenantId tenant, string method, string role, string? body = null)
    {
        var (status, text) = await SendAsync(tenant, method, "/api/v1/apps", role, body);
        status.ShouldBe(200, text);
        return [.. JsonDocument.Parse(text).RootElement.GetProperty("apps").EnumerateArray().Where(app => app.GetProperty("enabled").GetBoolean()).Select(app => app.GetProperty("name").GetString()!)];
    }

    private Task<List<string>> PresetsAsync(TenantId tenant) => fixture.Hub.RowsAsync($"select preset from crm_automation_rules where tenant_id = '{tenant}' order by preset");

    private async Task<(int Status, string Body)> SendAsync(TenantId tenant, string method, string path, string role, string? body = null)
    {
        using var request = new HttpRequestMessage(new(method), path) { Content = body is null ? null : new StringContent(body, null, "application/json") };
        request.Headers.Authorization = new("Bearer", Token.For(tenant, role));
        return await fixture.SendAsync(request);
    }
}
