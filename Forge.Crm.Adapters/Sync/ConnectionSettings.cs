using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Sync;

/// <summary>How a connection syncs, as people write it.</summary>
/// <param name="Direction"><c>read</c>, <c>two_way</c> or <c>write</c>.</param>
/// <param name="DeletePolicy"><c>propagate</c>, <c>archive</c> or <c>ignore</c>.</param>
/// <param name="DeleteLimit">Deletions of a kind that are pushed in an hour without asking; null leaves it as it is.</param>
/// <param name="DeletePercent">Of the kind's live records, beside the limit: more than both is held; null leaves it as it is.</param>
public sealed record ConnectionRules(
    string Direction, IReadOnlyList<string> Kinds, string DeletePolicy, int IntervalMinutes, int? DeleteLimit = null, int? DeletePercent = null);

/// <summary>The settings of a tenant's connections.</summary>
public sealed class ConnectionSettings
{
    private const int Shortest = 5;
    private const int Longest = 60;
    private const int MostDeletions = 1_000_000;

    private const string Now = "select kinds, state, match_state from crm_sync_configs where tenant_id = $1 and platform = $2 for no key update";

    private const string Act = "select set_config('app.actor', $1, true)";

    private const string Update = """
        update crm_sync_configs
           set direction = $3, kinds = $4, delete_policy = $5, interval_minutes = $6, delete_limit = coalesce($7, delete_limit), delete_percent = coalesce($8, delete_percent)
         where tenant_id = $1 and platform = $2
        """;

    private readonly TenantDatabase _database;
    private readonly SyncConfigs _configs;
    private readonly PlatformSessions _sessions;
    private readonly IEnumerable<ICrmConnector> _connectors;

    internal ConnectionSettings(TenantDatabase database, SyncConfigs configs, PlatformSessions sessions, IEnumerable<ICrmConnector> connectors) =>
        (_database, _configs, _sessions, _connectors) = (database, configs, sessions, connectors);

    /// <param name="person">As their token names them; stands in the history.</param>
    /// <returns>False where the tenant has not connected the platform.</returns>
    /// <remarks>A kind that is added while the hub or another platform may hold records of it waits for a match plan, and the connection with it.</remarks>
    /// <exception cref="FormatException">A setting that cannot be; the message names it and the remedy. Nothing was saved.</exception>
    public async Task<bool> SetAsync(TenantId tenant, Platform platform, ConnectionRules rules, string person, CancellationToken ct)
    {
        if (await KindsAsync(tenant, platform, ct) is not { } known)
            return false;
        if (Problem(rules, known) is { } problem)
            throw new FormatException(problem);
        await using var transaction = await _database.BeginAsync(tenant, ct);
        if (await AddedAsync(transaction, tenant, platform, rules.Kinds, ct) is not { } added)
            return false;
        var update = Sql.Command(
            Update, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(rules.Direction), Sql.Array(rules.Kinds), Sql.Text(rules.DeletePolicy),
            Sql.Value(rules.IntervalMinutes), Sql.Number(rules.DeleteLimit), Sql.Number(rules.DeletePercent));
        NpgsqlBatchCommand[] gate = added.Length > 0 ? [MatchGate.CloseFor(tenant, platform, added)] : [];
        await transaction.ExecuteAsync([Sql.Command(Act, Sql.Text(person)), update, .. gate], ct);
        await transaction.CommitAsync(ct);
        _sessions.Forget(tenant);
        return true;
    }

    /// <returns>The kinds that come to the connection; null where there is none.</returns>
    private static async Task<string[]?> AddedAsync(TenantTransaction transaction, TenantId tenant, Platform platform, IEnumerable<string> kinds, CancellationToken ct)
    {
        (string[] Added, ConnectionState State, MatchState Match)? found = null;
        await transaction.ReadAsync(
            [
                (Sql.Command(Now, Sql.Value(tenant.Value), Sql.Text(platform.ToName())), row => found = (
                    [.. kinds.Except(row.GetFieldValue<string[]>(0))], Names.Parse<ConnectionState>(row.GetString(1)), Names.Parse<MatchState>(row.GetString(2)))),
            ], ct);
        if (found is not var (added, state, match))
            return null;
        var canAdd = state == ConnectionState.Live || (state == ConnectionState.Connected && match is MatchState.None or MatchState.Needed or MatchState.Ready);
        return added.Length == 0 || canAdd ? added : throw new FormatException(
            $"Kinds can be added ({string.Join(", ", added)}) before a match plan is approved, or while the connection is live; it is '{state.ToName()}' now. Leave them out, or let it come to that first.");
    }

    private static string? Problem(ConnectionRules rules, List<string> known) =>
        !Names.TryParse<SyncDirection>(rules.Direction, out _) ? $"'direction' is one of {All<SyncDirection>()}."
            : !Names.TryParse<DeletePolicy>(rules.DeletePolicy, out _) ? $"'delete_policy' is one of {All<DeletePolicy>()}."
            : rules.IntervalMinutes is < Shortest or > Longest ? $"'interval_minutes' is from {Shortest} to {Longest}; webhooks come at once whatever it is."
            : rules.DeleteLimit is < 0 or > MostDeletions ? $"'delete_limit' is from 0 (every deletion is held) to {MostDeletions}; deletions beyond it wait for a person."
            : rules.DeletePercent is < 0 or > 100 ? "'delete_percent' is from 0 (the limit alone counts) to 100 (nothing is held); it is of the kind's live records there."
            : rules.Kinds.Count == 0 ? "'kinds' names at least one kind; to stop the whole connection, pause it."
            : rules.Kinds.Distinct().Count() != rules.Kinds.Count ? "'kinds' names a kind twice; leave one out."
            : known.Count == 0 ? "'kinds' can name what is mapped, and nothing is yet; save a mapping first."
            : rules.Kinds.Except(known).Any() ? $"'kinds' may name {string.Join(", ", known)}."
            : null;

    // Of a project of the tenant's own those that its mapping has a table for.
    private async Task<List<string>?> KindsAsync(TenantId tenant, Platform platform, CancellationToken ct)
    {
        if (await _configs.ReadAsync(tenant, null, ct) is not { } settings || settings.Of(platform) is not { } config)
            return null;
        var connector = _connectors.Single(connector => connector.Platform == platform);
        var own = config.MappingProblem is null ? connector.Of(config.Mapping, settings.Shapes.Of) : connector;
        return [.. own.Kinds.Select(kind => kind.ToRecordKind().ToName()).Distinct()];
    }

    private static string All<T>()
        where T : struct, Enum => string.Join(", ", Enum.GetValues<T>().Select(value => value.ToName()));
}
