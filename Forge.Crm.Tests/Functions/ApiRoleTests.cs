namespace Forge.Crm.Tests.Functions;

/// <summary>Who may do what: each endpoint with the role from which on it is open. They are found by reflection: a new one fails here until it has its role.</summary>
public sealed class ApiRoleTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    private static readonly string[] Viewer =
    [
        "GET api/v1/apps", "GET api/v1/apps/schemas/{type}", "GET api/v1/conflicts", "GET api/v1/conflicts/{id}", "GET api/v1/connections",
        "GET api/v1/connections/{platform}", "GET api/v1/connections/{platform}/mapping", "GET api/v1/connections/{platform}/match-plan",
        "GET api/v1/connections/{platform}/match-plan/items", "GET api/v1/connections/{platform}/strategies", "GET api/v1/events",
        "GET api/v1/held-deletions", "GET api/v1/jobs", "GET api/v1/jobs/{id}", "GET api/v1/jobs/{id}/plan", "GET api/v1/jobs/{id}/plan/items",
        "GET api/v1/notices", "GET api/v1/notices/settings", "GET api/v1/pushes", "GET api/v1/push-errors", "GET api/v1/records/{kind}/{id}",
        "GET api/v1/records/{kind}/{id}/history", "GET api/v1/reports/activities", "GET api/v1/reports/forecast", "GET api/v1/reports/pipeline",
        "GET api/v1/reports/settings", "GET api/v1/rules", "GET api/v1/rules/schema", "GET api/v1/rules/{id}", "GET api/v1/rules/{id}/runs",
    ];

    private static readonly string[] Member =
    [
        "POST api/v1/conflicts/{id}/resolve", "POST api/v1/connections/{platform}/match-plan", "POST api/v1/connections/{platform}/match-plan/items/resolve",
        "POST api/v1/connections/{platform}/match-plan/items/{id}/resolve", "PUT api/v1/connections/{platform}/match-plan/deal-rule",
        "POST api/v1/connections/{platform}/pause", "POST api/v1/connections/{platform}/resume", "POST api/v1/connections/{platform}/test",
        "POST api/v1/events/{id}/redrive", "POST api/v1/jobs/{id}/cancel", "POST api/v1/jobs/{id}/pause", "POST api/v1/jobs/{id}/resume",
        "POST api/v1/notices/redrive", "POST api/v1/notices/{id}/redrive", "POST api/v1/push-errors/redrive", "POST api/v1/push-errors/{id}/redrive",
        "POST api/v1/rules/dry-run", "POST api/v1/sync", "PUT api/v1/connections/{platform}/mapping", "PUT api/v1/connections/{platform}/strategies",
    ];

    private static readonly string[] Admin =
    [
        "DELETE api/v1/connections/{platform}", "DELETE api/v1/rules/{id}", "GET api/v1/erasures/{kind}/{id}", "POST api/v1/connections/{platform}",
        "POST api/v1/connections/{platform}/match-plan/approve", "PUT api/v1/connections/{platform}/match-plan/stages",
        "POST api/v1/connections/{platform}/oauth/finish", "POST api/v1/connections/{platform}/oauth/start", "POST api/v1/erase",
        "POST api/v1/held-deletions/approve", "POST api/v1/held-deletions/restore", "POST api/v1/notices/secrets/{name}",
        "POST api/v1/reports/{report}/run", "POST api/v1/rules", "PUT api/v1/apps", "PUT api/v1/connections/{platform}", "PUT api/v1/notices/settings",
        "PUT api/v1/reports/settings", "PUT api/v1/rules/{id}",
    ];

    [Fact]
    public void Every_endpoint_has_its_role() =>
        Viewer.Concat(Member).Concat(Admin).Concat(ApiIsolationTests.WithoutToken).Order().ShouldBe(ApiIsolationTests.Endpoints().Order());

    [Fact]
    public async Task Each_endpoint_is_open_from_its_role_upwards_and_to_nobody_below()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var stranger = Token.Make(Token.Payload(null, "admin"));
        string[] roles = ["viewer", "member", "admin"];
        foreach (var (endpoints, from) in new[] { (Viewer, 0), (Member, 1), (Admin, 2) })
        {
            foreach (var endpoint in endpoints)
            {
                (await AskAsync(endpoint, null)).ShouldBe(401, endpoint);
                (await AskAsync(endpoint, stranger)).ShouldBe(403, $"{endpoint} without a tenant");
                for (var role = 0; role < roles.Length; role++)
                {
                    var status = await AskAsync(endpoint, Token.For(tenant, roles[role]));
                    (status is 401 or 403).ShouldBe(role < from, $"{endpoint} as {roles[role]}: {status}");
                }
            }
        }
    }

    private async Task<int> AskAsync(string endpoint, string? token)
    {
        var (method, route) = (endpoint.Split(' ')[0], endpoint.Split(' ')[1]);
        var path = route.Replace("{kind}", "contact", StringComparison.Ordinal).Replace("{platform}", "hubspot", StringComparison.Ordinal)
            .Replace("{report}", "pipeline", StringComparison.Ordinal).Replace("{id}", "01900000-0000-7000-8000-000000000001", StringComparison.Ordinal)
            .Replace("{type}", "x", StringComparison.Ordinal).Replace("{name}", "x", StringComparison.Ordinal);
        using var request = ApiTokenTests.Request(new(method), $"/{path}", token, method == "GET" ? null : "{}");
        return (await fixture.SendAsync(request)).Status;
    }
}
