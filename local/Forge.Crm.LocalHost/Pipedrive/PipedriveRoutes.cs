using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>Every route of the simulator, in one list, with its cost in tokens of the daily budget (the API's own description).</summary>
internal static class PipedriveRoutes
{
    private const string V2 = "/api/v2";

    public static void Map(IEndpointRouteBuilder app, PipedriveServer server)
    {
        var routes = new Builder(app, server);
        foreach (var entity in PipedriveEntity.All)
            MapRecords(routes, entity);
        routes.Add("GET", $"{V2}/deals/archived", 20, PipedriveRecords.ArchivedDeals);
        routes.Add("GET", $"{V2}/itemSearch", 20, PipedriveSearch.Items);
        routes.Add("GET", $"{V2}/pipelines", 5, PipedriveSettings.Pipelines);
        routes.Add("GET", $"{V2}/stages", 5, PipedriveSettings.Stages);
        routes.Add("POST", $"{V2}/leads/{{id}}/convert/deal", 40, PipedriveLeads.Convert);
        routes.Add("GET", $"{V2}/leads/{{id}}/convert/status/{{conversion}}", 1, PipedriveLeads.Conversion);
        foreach (var prefix in new[] { "/v1", "/api/v1" })
            MapFirstVersion(routes, prefix);
        var oauth = new PipedriveOAuth(server.Tokens, server.Options);
        app.MapPost("/oauth/token", (RequestDelegate)(context => server.FormAsync(context, "/oauth/token", oauth.Token)));
        app.MapFallback("{*path}", context => server.UnknownAsync(context));
    }

    private static void MapRecords(Builder routes, PipedriveEntity entity)
    {
        var path = $"{V2}/{entity.Plural}";
        routes.Add("GET", path, 10, PipedriveRecords.List(entity));
        routes.Add("POST", path, 5, PipedriveRecords.Create(entity));
        routes.Add("GET", $"{path}/{{id:long}}", 1, PipedriveRecords.Get(entity));
        routes.Add("PATCH", $"{path}/{{id:long}}", 5, PipedriveRecords.Update(entity));
        routes.Add("DELETE", $"{path}/{{id:long}}", 3, PipedriveRecords.Delete(entity));
        routes.Add("GET", $"{V2}/{entity.Singular}Fields", 10, PipedriveSettings.Fields(entity));
        if (entity.HasCustomFields)
            routes.Add("POST", $"{V2}/{entity.Singular}Fields", 10, PipedriveSettings.AddField(entity));
        if (entity != PipedriveEntity.Activity)
            routes.Add("GET", $"{path}/search", 20, PipedriveSearch.Of(entity));
    }

    /// <summary>What version 2 has no successor for.</summary>
    private static void MapFirstVersion(Builder routes, string prefix)
    {
        routes.Add("GET", $"{prefix}/users", 20, PipedriveSettings.Users);
        routes.Add("GET", $"{prefix}/users/me", 2, PipedriveSettings.Me);
        routes.Add("GET", $"{prefix}/users/{{id:long}}", 2, PipedriveSettings.User);
        routes.Add("GET", $"{prefix}/activityTypes", 20, PipedriveSettings.ActivityTypes);
        routes.Add("GET", $"{prefix}/webhooks", 20, PipedriveWebhooks.List);
        routes.Add("POST", $"{prefix}/webhooks", 10, PipedriveWebhooks.Create);
        routes.Add("DELETE", $"{prefix}/webhooks/{{id}}", 6, PipedriveWebhooks.Delete);
        routes.Add("GET", $"{prefix}/leads", 20, PipedriveLeads.List);
        routes.Add("GET", $"{prefix}/leads/archived", 20, PipedriveLeads.ListArchived);
        routes.Add("POST", $"{prefix}/leads", 10, PipedriveLeads.Create);
        routes.Add("GET", $"{prefix}/leads/{{id}}", 2, PipedriveLeads.Get);
        routes.Add("PATCH", $"{prefix}/leads/{{id}}", 10, PipedriveLeads.Update);
        routes.Add("DELETE", $"{prefix}/leads/{{id}}", 6, PipedriveLeads.Delete);
        routes.Add("GET", $"{prefix}/notes", 20, PipedriveNotes.List);
        routes.Add("POST", $"{prefix}/notes", 10, PipedriveNotes.Create);
        routes.Add("GET", $"{prefix}/notes/{{id}}", 2, PipedriveNotes.Get);
        routes.Add("PUT", $"{prefix}/notes/{{id}}", 10, PipedriveNotes.Update);
        routes.Add("DELETE", $"{prefix}/notes/{{id}}", 6, PipedriveNotes.Delete);
        foreach (var entity in PipedriveEntity.All.Where(entity => entity != PipedriveEntity.Activity))
            routes.Add("PUT", $"{prefix}/{entity.Plural}/{{id:long}}/merge", 40, PipedriveRecords.Merge(entity));
    }

    private sealed class Builder(IEndpointRouteBuilder app, PipedriveServer server)
    {
        public void Add(string method, string route, int cost, PipedriveHandler handler)
        {
            var shown = route.Replace(":long", "", StringComparison.Ordinal);
            app.MapMethods(route, [method], (RequestDelegate)(context => server.ApiAsync(context, shown, cost, handler)));
        }
    }
}
