using Forge.Crm.Adapters.OAuth;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>What became of a request about a connection.</summary>
public enum ConnectionChange
{
    Done,
    NotConnected,

    /// <summary>Not in its present state, e.g. a pause while it waits for new credentials.</summary>
    NotPossible,
}

/// <param name="Account">Whose account the credentials open; null where they open none.</param>
/// <param name="Problem">For a person; holds no secret.</param>
public sealed record ConnectionTest(bool Works, string? Account, string? Problem);

/// <summary>A tenant's connections, as its people look after them. Every change is in the history of settings, with who made it.</summary>
public sealed class CrmConnections
{
    private readonly Connecting _connecting;
    private readonly ConnectionStore _connections;
    private readonly ConnectionWebhooks _webhooks;
    private readonly PlatformSessions _sessions;
    private readonly ISecretStore _secrets;
    private readonly IEnumerable<IOAuthApp> _apps;
    private readonly OAuthTokens _tokens;

    internal CrmConnections(
        Connecting connecting, ConnectionStore connections, ConnectionWebhooks webhooks, PlatformSessions sessions, ISecretStore secrets,
        IEnumerable<IOAuthApp> apps, OAuthTokens tokens) =>
        (_connecting, _connections, _webhooks, _sessions, _secrets, _apps, _tokens) = (connecting, connections, webhooks, sessions, secrets, apps, tokens);

    /// <inheritdoc cref="ICrmSync.ConnectAsync"/>
    /// <param name="person">As their token names them.</param>
    /// <returns>Where the account's own webhooks are to be sent, a secret like a password; null where they are made by us, or none of its own sign them.</returns>
    public async Task<Uri?> ConnectAsync(TenantId tenant, Platform platform, CrmCredentials credentials, string person, CancellationToken ct)
    {
        var connection = await _connecting.ConnectAsync(tenant, platform, credentials, person, ct);
        return credentials.WebhookSecret is null || _webhooks.AreMadeFor(platform) ? null : _webhooks.AddressOf(platform, connection.PathKey);
    }

    /// <summary>Asks the platform, with the credentials that the vault holds now.</summary>
    /// <returns>Null where the tenant has not connected it.</returns>
    public async Task<ConnectionTest?> TestAsync(TenantId tenant, Platform platform, CancellationToken ct)
    {
        if (await _connections.FindAsync(tenant, platform, ct) is not { SecretRef: { } secretRef } connection)
            return null;
        try
        {
            if (await _secrets.GetLatestAsync(secretRef, ct) is not { } secret)
                return new(false, null, "The vault has no credentials of this connection: connect it again.");
            var account = await _connecting.DescribeAsync(tenant, platform, secret, ct);
            return account.Id == connection.AccountId
                ? new(true, account.Id, null)
                : new(false, account.Id, $"The credentials open account {account.Id}; the tenant's records are linked to account {connection.AccountId}.");
        }
        catch (Exception e) when (e is CrmConnectException or CrmCallException or SecretUnavailableException)
        {
            return new(false, null, e.Message);
        }
    }

    /// <summary>Nothing is read or written any more; webhooks are still journaled, and so are the hub's own edits.</summary>
    public Task<ConnectionChange> PauseAsync(TenantId tenant, Platform platform, string person, CancellationToken ct) =>
        ChangeAsync(tenant, platform, () => _connections.PauseAsync(tenant, platform, person, ct), ct);

    /// <summary>Goes on where it was: what has come since is rung for within seconds.</summary>
    public Task<ConnectionChange> ResumeAsync(TenantId tenant, Platform platform, string person, CancellationToken ct) =>
        ChangeAsync(tenant, platform, () => _connections.ResumeAsync(tenant, platform, person, ct), ct);

    /// <summary>Removes our webhooks from the account and the credentials from the vault. Links and settings stay.</summary>
    /// <exception cref="SecretUnavailableException">The vault does not answer: try again, and pause the connection until then.</exception>
    public async Task<ConnectionChange> DisconnectAsync(TenantId tenant, Platform platform, string person, CancellationToken ct)
    {
        if (await _connections.FindAsync(tenant, platform, ct) is not { SecretRef: { } secretRef } connection)
            return ConnectionChange.NotConnected;
        if (await _secrets.GetLatestAsync(secretRef, ct) is { } secret)
        {
            await _webhooks.TryRemoveAsync(tenant, platform, connection, secret, ct);
            if (_apps.FirstOrDefault(app => app.Platform == platform)?.GrantOf(tenant, secret) is { } grant)
                await _tokens.DeleteAsync(grant, ct);
        }

        // The row goes last: while it names a secret, whoever tries again finds what is left of it.
        foreach (var name in new[] { connection.WebhookSecretRef, secretRef }.OfType<string>())
            await _secrets.DeleteAsync(name, ct);
        await _connections.DisconnectAsync(tenant, platform, person, ct);
        _sessions.Forget(tenant);
        return ConnectionChange.Done;
    }

    private async Task<ConnectionChange> ChangeAsync(TenantId tenant, Platform platform, Func<Task<bool>> change, CancellationToken ct)
    {
        if (await _connections.FindAsync(tenant, platform, ct) is not { SecretRef: not null })
            return ConnectionChange.NotConnected;
        var isDone = await change();
        _sessions.Forget(tenant);
        return isDone ? ConnectionChange.Done : ConnectionChange.NotPossible;
    }
}
