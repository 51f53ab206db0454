using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>Where things are: the paths of v3 (associations: v4) and those of a date version, which are built otherwise.</summary>
internal sealed record HubSpotPaths(string Objects, string Associations, string Owners, string Pipelines, string Properties, string Token)
{
    public const string AccountDetails = "account-info/v3/details";

    public static HubSpotPaths Of(string version, string tokenPath) => version == "v3"
        ? new("crm/v3/objects", "crm/v4/associations", "crm/v3/owners", "crm/v3/pipelines", "crm/v3/properties", tokenPath)
        : new($"crm/objects/{version}", $"crm/associations/{version}", $"crm/owners/{version}", $"crm/pipelines/{version}", $"crm/properties/{version}", tokenPath);

    public string Records(RemoteKind kind) => $"{Objects}/{HubSpotObjects.NameOf(kind)}";

    public string PropertiesOf(RemoteKind kind) => $"{Properties}/{HubSpotObjects.NameOf(kind)}";

    public string AssociationsOf(RemoteKind from, RemoteKind to) =>
        $"{Associations}/{HubSpotObjects.NameOf(from)}/{HubSpotObjects.NameOf(to)}";
}
