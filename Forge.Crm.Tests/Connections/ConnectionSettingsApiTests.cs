using System.Text.Json;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Connections;

/// <summary>How a connection syncs, set by the API.</summary>
public sealed class ConnectionSettingsApiTests(ConnectionFixture fixture) : IClassFixture<ConnectionFixture>
{
    [Fact]
    public async Task Settings_are_read_as_they_were_set_and_history_says_by_whom()
    {
        var (tenant, _, _) = await fixture.ConnectedAsync(Platform.HubSpot);

        var (status, body) = await fixture.SendAsync(
            tenant, "PUT", "connections/hubspot", """{"direction":"two_way","kinds":["contact","task"],"delete_policy":"archive","interval_minutes":60}""");

        status.ShouldBe(200);
        body.ShouldContain("\"direction\":\"two_way\",\"kinds\":[\"contact\",\"task\"],\"delete_policy\":\"archive\",\"interval_minutes\":60,\"delete_limit\":25,\"delete_percent\":2");
        (await fixture.Hub.RowsAsync($"select field, cause, actor, new_value::jsonb -> 'delete_policy' from crm_audit_log where tenant_id = '{tenant}' order by id desc limit 1"))
            .ShouldBe([$"hubspot|person|{ConnectionFixture.Person}|\"archive\""]);
        (await fixture.SendAsync(tenant, "PUT", "connections/pipedrive", """{"direction":"read","kinds":["contact"],"delete_policy":"archive","interval_minutes":15}""")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task How_many_deletions_pass_unasked_is_set_and_stays_where_it_is_left_out()
    {
        var (tenant, _, _) = await fixture.ConnectedAsync(Platform.HubSpot);
        Task<(int Status, string Body)> PutAsync(string more) => fixture.SendAsync(
            tenant, "PUT", "connections/hubspot", $$"""{"direction":"two_way","kinds":["contact"],"delete_policy":"propagate","interval_minutes":15{{more}}}""");

        foreach (var more in new[] { ""","delete_limit":100,"delete_percent":0""", "", ""","delete_limit":100""" })
        {
            var (status, body) = await PutAsync(more);
            status.ShouldBe(200);
            body.ShouldContain("\"delete_limit\":100,\"delete_percent\":0");
        }

        (await fixture.Hub.RowsAsync($"select delete_limit, delete_percent from crm_sync_configs where tenant_id = '{tenant}'")).ShouldBe(["100|0"]);
        foreach (var (more, remedy) in new[]
        {
            (""","delete_limit":-1""", "'delete_limit' is from 0 (every deletion is held) to 1000000"), (""","delete_limit":1000001""", "'delete_limit' is from 0"),
            (""","delete_percent":-1""", "'delete_percent' is from 0 (the limit alone counts) to 100"), (""","delete_percent":101""", "'delete_percent' is from 0"),
            (""","delete_limit":"many" """, "may name delete_limit and delete_percent"), (""","delete_limits":1""", "may name delete_limit and delete_percent"),
        })
        {
            var (status, body) = await PutAsync(more);
            status.ShouldBe(400, more);
            JsonDocument.Parse(body).RootElement.GetProperty("detail").GetString()!.ShouldContain(remedy);
        }

        (await fixture.Hub.RowsAsync($"select delete_limit, delete_percent from crm_sync_configs where tenant_id = '{tenant}'")).ShouldBe(["100|0"]);
    }

    [Theory]
    [InlineData("both", """["contact"]""", "ignore", 15, "'direction' is one of read, two_way, write.")]
    [InlineData("read", """["contact"]""", "burn", 15, "'delete_policy' is one of propagate, archive, ignore.")]
    [InlineData("read", """["contact"]""", "ignore", 4, "'interval_minutes' is from 5 to 60")]
    [InlineData("read", """["contact"]""", "ignore", 61, "'interval_minutes' is from 5 to 60")]
    [InlineData("read", "[]", "ignore", 15, "pause it")]
    [InlineData("read", """["contact","contact"]""", "ignore", 15, "twice")]
    [InlineData("read", """["contact","person"]""", "ignore", 15, "'kinds' may name company, contact, deal, activity, task.")]
    public async Task A_setting_that_cannot_be_is_refused_with_the_remedy_and_nothing_is_saved(string direction, string kinds, string policy, int minutes, string remedy)
    {
        var (tenant, _, _) = await fixture.ConnectedAsync(Platform.HubSpot);
        var before = (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetRawText();

        var (status, body) = await fixture.SendAsync(
            tenant, "PUT", "connections/hubspot", $$"""{"direction":"{{direction}}","kinds":{{kinds}},"delete_policy":"{{policy}}","interval_minutes":{{minutes}}}""");

        status.ShouldBe(400);
        JsonDocument.Parse(body).RootElement.GetProperty("detail").GetString()!.ShouldContain(remedy);
        (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetRawText().ShouldBe(before);
    }
}
