using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>Every route of the simulator, in one list. Date-versioned paths take any date: their shapes are those of version 3 and 4.</summary>
internal static class HubSpotRoutes
{
    private const string Version = "{version:regex(^\\d{{4}}-\\d{{2}}(-beta)?$)}";

    public static void Map(IEndpointRouteBuilder app, HubSpotServer server)
    {
        var routes = new Builder(app, server);
        foreach (var prefix in new[] { "/crm/v3/objects", $"/crm/objects/{Version}" })
            MapObjects(routes, prefix);
        foreach (var prefix in new[] { "/crm/v4/objects", $"/crm/objects/{Version}" })
            MapAssociationsOfOne(routes, prefix);
        foreach (var prefix in new[] { "/crm/v4/associations", "/crm/associations/v4", $"/crm/associations/{Version}" })
            MapAssociations(routes, prefix);
        foreach (var prefix in new[] { "v3", Version })
            MapSettings(routes, prefix);
        MapOAuth(app, server);
        app.MapFallback("{*path}", context => server.UnknownAsync(context));
    }

    private static void MapObjects(Builder routes, string prefix)
    {
        routes.Get($"{prefix}/{{type}}", HubSpotObjects.List);
        routes.Post($"{prefix}/{{type}}", HubSpotObjects.Create);
        routes.Get($"{prefix}/{{type}}/{{id}}", HubSpotObjects.Read);
        routes.Add("PATCH", $"{prefix}/{{type}}/{{id}}", HubSpotObjects.Update);
        routes.Add("DELETE", $"{prefix}/{{type}}/{{id}}", HubSpotObjects.Archive);
        routes.Post($"{prefix}/{{type}}/batch/read", HubSpotBatchRead.Read);
        routes.Post($"{prefix}/{{type}}/batch/create", HubSpotBatchWrites.Create);
        routes.Post($"{prefix}/{{type}}/batch/update", HubSpotBatchWrites.Update);
        routes.Post($"{prefix}/{{type}}/batch/upsert", HubSpotBatchWrites.Upsert);
        routes.Post($"{prefix}/{{type}}/batch/archive", HubSpotBatchWrites.Archive);
        routes.Post($"{prefix}/{{type}}/merge", HubSpotObjects.Merge);
        routes.Post($"{prefix}/{{type}}/gdpr-delete", HubSpotObjects.GdprDelete);
        routes.Post($"{prefix}/{{type}}/search", HubSpotSearch.Search);
    }

    private static void MapAssociationsOfOne(Builder routes, string prefix)
    {
        routes.Get($"{prefix}/{{type}}/{{id}}/associations/{{to}}", HubSpotAssociations.List);
        routes.Add("PUT", $"{prefix}/{{type}}/{{id}}/associations/default/{{to}}/{{toId}}", HubSpotAssociations.PutDefault);
        routes.Add("PUT", $"{prefix}/{{type}}/{{id}}/associations/{{to}}/{{toId}}", HubSpotAssociations.PutLabels);
        routes.Add("DELETE", $"{prefix}/{{type}}/{{id}}/associations/{{to}}/{{toId}}", HubSpotAssociations.Delete);
    }

    private static void MapAssociations(Builder routes, string prefix)
    {
        routes.Post($"{prefix}/{{type}}/{{to}}/batch/read", HubSpotAssociationBatches.Read);
        routes.Post($"{prefix}/{{type}}/{{to}}/batch/create", HubSpotAssociationBatches.Create);
        routes.Post($"{prefix}/{{type}}/{{to}}/batch/associate/default", HubSpotAssociationBatches.CreateDefault);
        routes.Post($"{prefix}/{{type}}/{{to}}/batch/archive", HubSpotAssociationBatches.Archive);
        routes.Post($"{prefix}/{{type}}/{{to}}/batch/labels/archive", HubSpotAssociationBatches.ArchiveLabels);
        routes.Get($"{prefix}/{{type}}/{{to}}/labels", HubSpotAssociations.Labels);
        routes.Post($"{prefix}/{{type}}/{{to}}/labels", HubSpotAssociations.DefineLabel);
    }

    private static void MapSettings(Builder routes, string version)
    {
        var (owners, pipelines, properties) = version == "v3"
            ? ("/crm/v3/owners", "/crm/v3/pipelines", "/crm/v3/properties")
            : ($"/crm/owners/{version}", $"/crm/pipelines/{version}", $"/crm/properties/{version}");
        routes.Get(owners, HubSpotSettings.Owners);
        routes.Get($"{owners}/{{id}}", HubSpotSettings.Owner);
        routes.Get($"{pipelines}/{{type}}", HubSpotSettings.Pipelines);
        routes.Get($"{pipelines}/{{type}}/{{id}}", HubSpotSettings.Pipeline);
        routes.Get($"{pipelines}/{{type}}/{{id}}/stages", HubSpotSettings.Stages);
        routes.Get($"{pipelines}/{{type}}/{{id}}/stages/{{stage}}", HubSpotSettings.Stage);
        routes.Get($"{properties}/{{type}}", HubSpotProperties.List);
        routes.Post($"{properties}/{{type}}", HubSpotProperties.Create);
        routes.Get($"{properties}/{{type}}/{{name}}", HubSpotProperties.Read);
        routes.Post($"{properties}/{{type}}/groups", HubSpotProperties.CreateGroup);
        routes.Get($"/account-info/{version}/details", HubSpotSettings.Account);
    }

    private static void MapOAuth(IEndpointRouteBuilder app, HubSpotServer server)
    {
        var oauth = new HubSpotOAuth(server.Tokens, server.Options);
        foreach (var version in new[] { "v1", "v3", Version })
            Form($"/oauth/{version}/token", oauth.Token);
        foreach (var version in new[] { "v3", Version })
        {
            Form($"/oauth/{version}/token/introspect", oauth.Introspect);
            Form($"/oauth/{version}/token/revoke", oauth.Revoke);
        }
        app.MapGet("/oauth/v1/access-tokens/{token}", (RequestDelegate)(context => Describe(context, "/oauth/v1/access-tokens/{token}", false)));
        app.MapGet("/oauth/v1/refresh-tokens/{token}", (RequestDelegate)(context => Describe(context, "/oauth/v1/refresh-tokens/{token}", true)));

        Task Describe(HttpContext context, string route, bool isRefresh) => server.FormAsync(
            context, route, (_, json) => oauth.Describe((string)context.Request.RouteValues["token"]!, isRefresh, json));

        void Form(string route, Func<IFormCollection, System.Text.Json.Utf8JsonWriter, int> handler) =>
            app.MapPost(route, (RequestDelegate)(context => server.FormAsync(context, Shown(route), handler)));
    }

    /// <summary>The route as the ledger shows it.</summary>
    private static string Shown(string route) => route.Replace(Version, "{version}", StringComparison.Ordinal);

    private sealed class Builder(IEndpointRouteBuilder app, HubSpotServer server)
    {
        public void Get(string route, HubSpotHandler handler) => Add("GET", route, handler);

        public void Post(string route, HubSpotHandler handler) => Add("POST", route, handler);

        public void Add(string method, string route, HubSpotHandler handler) =>
            app.MapMethods(route, [method], (RequestDelegate)(context => server.ApiAsync(context, Shown(route), handler)));
    }
}
