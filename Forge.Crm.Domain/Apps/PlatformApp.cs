namespace Forge.Crm.Domain.Apps;

/// <summary>An app of our own that sends events: each to a queue of its own, for the tenants that have it.</summary>
public enum PlatformApp
{
    Bidflow,
    Folio,
    Hephaitos,
}
