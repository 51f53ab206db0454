namespace Forge.Crm.Domain.Ports;

/// <summary>
/// The vault. Names are ours (letters, digits and dashes, at most 127); values never reach a log, an error or the bus. Whoever cannot be served
/// hears <see cref="SecretUnavailableException"/>.
/// </summary>
public interface ISecretStore
{
    /// <returns>Null where there is no secret of that name. What another process has written may be seen some minutes late.</returns>
    Task<string?> GetAsync(string name, CancellationToken ct);

    /// <summary>The same past every cache: what another process has written is seen, and in an outage nothing is.</summary>
    Task<string?> GetLatestAsync(string name, CancellationToken ct) => GetAsync(name, ct);

    Task SetAsync(string name, string value, CancellationToken ct);

    /// <summary>Nothing happens where there is no secret of that name.</summary>
    Task DeleteAsync(string name, CancellationToken ct);
}

/// <summary>
/// The vault does not answer, and what was read of it is older than may be used: the tenant's sync stops until the vault is back. The message
/// names the secret, never its value.
/// </summary>
public sealed class SecretUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
