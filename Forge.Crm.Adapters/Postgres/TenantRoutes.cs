using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>Where events of an account belong.</summary>
/// <param name="SecretName">The vault's name for the connection's own webhook secret; null where the app's secret signs.</param>
/// <param name="IsEnabled">False: the tenant has this platform's sync switched off.</param>
internal sealed record TenantRoute(TenantId Tenant, Guid Connection, string Account, string? SecretName, int Lanes, bool IsEnabled);

/// <summary>
/// The way from a platform's account, or from the secret key in a webhook's path, to the tenants connected to it. Kept for half a minute, also
/// that there is none: a connection made meanwhile hears its first webhooks that much later, and the first sync reads what they said.
/// </summary>
internal sealed class TenantRoutes(NpgsqlDataSource app, TimeProvider clock)
{
    private const int MaxKept = 20_000;
    private const int MaxKeyLength = 128;
    private const string Route = """
        select tenant_id, connection_id, account_id, webhook_secret_ref, lanes, enabled from crm_route($1, $2, $3)
        """;

    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ExpiringCache<(Platform, string? Account, string? Key), IReadOnlyList<TenantRoute>> _routes = new(KeptFor, MaxKept, clock);

    /// <summary>The connections to an account; several tenants may share one.</summary>
    public Task<IReadOnlyList<TenantRoute>> OfAccountAsync(Platform platform, string account, CancellationToken ct) =>
        FindAsync(platform, account, null, ct);

    /// <summary>The connections with this secret path key; as a rule one or none.</summary>
    public Task<IReadOnlyList<TenantRoute>> OfPathKeyAsync(Platform platform, string key, CancellationToken ct) =>
        FindAsync(platform, null, key, ct);

    /// <summary>
    /// The connection with this path key whose own secret a delivery proves. A key that nobody has costs the same check as a wrong secret, so
    /// that the time of an answer tells neither.
    /// </summary>
    /// <param name="secretsOf">The secrets of that name in the vault.</param>
    /// <param name="none">Secrets that prove nothing: for a connection without one of its own, and for no connection.</param>
    public async Task<TenantRoute?> AuthenticAsync<TSecrets>(
        Platform platform, string? key, Func<string, CancellationToken, Task<TSecrets>> secretsOf, TSecrets none, Func<TSecrets, bool> isAuthentic, CancellationToken ct)
    {
        TenantRoute? found = null;
        var routes = await OfPathKeyAsync(platform, key ?? "", ct);
        foreach (var route in routes)
        {
            var secrets = route.SecretName is { } name ? await secretsOf(name, ct) : none;
            if (isAuthentic(secrets))
                found = route;
        }

        if (routes.Count == 0)
            isAuthentic(none);
        return found;
    }

    private Task<IReadOnlyList<TenantRoute>> FindAsync(Platform platform, string? account, string? key, CancellationToken ct) =>
        (account ?? key)!.Length > MaxKeyLength || (account ?? key)!.Contains('\0', StringComparison.Ordinal)
            ? Task.FromResult<IReadOnlyList<TenantRoute>>([])
            : _routes.GetAsync((platform, account, key), asked => ReadAsync(asked.Item1, asked.Account, asked.Key), ct);

    private async Task<IReadOnlyList<TenantRoute>> ReadAsync(Platform platform, string? account, string? key)
    {
        // Several deliveries may wait for this one answer, so none of them may cancel it.
        using var patience = new CancellationTokenSource(Patience, clock);
        await using var batch = app.CreateBatch();
        batch.BatchCommands.Add(Sql.Command(Route, Sql.Text(platform.ToName()), Sql.Text(account), Sql.Text(key)));
        await using var reader = await batch.ExecuteReaderAsync(patience.Token);
        var routes = new List<TenantRoute>();
        while (await reader.ReadAsync(patience.Token))
        {
            routes.Add(new(
                new(reader.GetGuid(0)), reader.GetGuid(1), reader.GetString(2), reader.IsDBNull(3) ? null : reader.GetString(3),
                reader.GetInt32(4), reader.GetBoolean(5)));
        }
        return routes;
    }
}
