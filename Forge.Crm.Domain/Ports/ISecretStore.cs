namespace Forge.Crm.Domain.Ports;

/// <summary>The vault. Names are ours (<c>tenant-{id}-hubspot</c>); values never reach a log, an error or the bus.</summary>
public interface ISecretStore
{
    /// <returns>Null where there is no secret of that name.</returns>
    Task<string?> GetAsync(string name, CancellationToken ct);

    Task SetAsync(string name, string value, CancellationToken ct);
}
