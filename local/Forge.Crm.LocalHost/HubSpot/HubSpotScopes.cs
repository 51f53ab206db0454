using Microsoft.AspNetCore.Http;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>Refuses what a token's scopes do not cover. A token without a list of scopes may do everything.</summary>
internal static class HubSpotScopes
{
    /// <exception cref="HubSpotProblem">403, naming the scope that is missing.</exception>
    public static void Check(HubSpotToken token, HttpRequest request)
    {
        if (token.Scopes is null || Needed(request) is not { } needed || token.Scopes.Contains(needed))
            return;
        throw new HubSpotProblem(403, "MISSING_SCOPES",
            "This app hasn't been granted all required scopes to make this call. " +
            "Read more about required scopes here: https://developers.hubspot.com/scopes.")
        {
            Errors = [new("One or more of the following scopes are required.", null, new() { ["requiredGranularScopes"] = [needed] })],
        };
    }

    private static string? Needed(HttpRequest request)
    {
        var path = request.Path.Value!;
        if (path.Contains("/owners", StringComparison.Ordinal))
            return "crm.objects.owners.read";
        if (!path.Contains("/objects/", StringComparison.Ordinal) || request.RouteValues["type"] is not string name)
            return null;
        var type = HubSpotObjectType.Find(name);
        // Activities go by the contacts' scopes.
        var plural = type is null || type.HasNamedWebhooks || type == HubSpotObjectType.Lead ? type?.Plural : HubSpotObjectType.Contact.Plural;
        var reads = HttpMethods.IsGet(request.Method) || path.EndsWith("/batch/read", StringComparison.Ordinal)
            || path.EndsWith("/search", StringComparison.Ordinal);
        return plural is null ? null : $"crm.objects.{plural}.{(reads ? "read" : "write")}";
    }
}
