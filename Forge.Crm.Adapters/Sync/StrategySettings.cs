using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Sync;

/// <summary>Who wins with one platform: the tenant's own strategy, the platforms' ranks, and exceptions; see <see cref="StrategyDocument"/>.</summary>
public sealed record StrategyRules(string Strategy, IReadOnlyList<string> Ranks, JsonElement Strategies);

/// <param name="Problem">Why what is stored cannot be read, and where; the platform does not sync until it is mended. Null where it can.</param>
public sealed record StoredRules(StrategyRules Rules, string? Problem);

/// <summary>The strategies of a tenant's connections, read and set.</summary>
public sealed class StrategySettings
{
    private const string Select = """
        select strategy, platform_ranks, strategies::text from crm_sync_configs where tenant_id = $1 and platform = $2
        """;

    private const string Update = """
        update crm_sync_configs set strategy = $3, platform_ranks = $4, strategies = $5 where tenant_id = $1 and platform = $2
        """;

    // What is no object was written past the API; it stays as it is, to be mended as a whole.
    private const string Prefer = """
        update crm_sync_configs set strategies = strategies || jsonb_build_object($2::text, jsonb_build_object('strategy', 'source_priority', 'source', $3::text))
         where tenant_id = $1 and jsonb_typeof(strategies) = 'object'
        """;

    // Whom the history of settings names; see crm_note_settings.
    private const string Act = "select set_config('app.actor', $1, true)";

    private readonly TenantDatabase _database;
    private readonly SyncConfigs _configs;
    private readonly PlatformSessions _sessions;

    internal StrategySettings(TenantDatabase database, SyncConfigs configs, PlatformSessions sessions) => (_database, _configs, _sessions) = (database, configs, sessions);

    /// <returns>Null where the tenant has not connected the platform.</returns>
    public async Task<StoredRules?> FindAsync(TenantId tenant, Platform platform, CancellationToken ct)
    {
        var found = await _database.QueryAsync(
            tenant, Sql.Command(Select, Sql.Value(tenant.Value), Sql.Text(platform.ToName())),
            row => (Strategy: row.GetString(0), Ranks: row.GetFieldValue<string[]>(1), Document: row.GetString(2)), ct);
        return found is [var row] ? new(new(row.Strategy, row.Ranks, Parsed(row.Document)), Problem(row.Strategy, row.Ranks, row.Document, await ShapesAsync(tenant, ct))) : null;
    }

    /// <summary>Takes the place of all that is set for the platform.</summary>
    /// <param name="person">As their token names them; stands in the history.</param>
    /// <returns>False where the tenant has not connected the platform.</returns>
    /// <exception cref="FormatException">The rules contradict themselves or the tenant's fields; the message names the place and the remedy. Nothing was saved.</exception>
    public async Task<bool> SetAsync(TenantId tenant, Platform platform, StrategyRules rules, string person, CancellationToken ct)
    {
        var document = rules.Strategies.GetRawText();
        if (Problem(rules.Strategy, rules.Ranks, document, await ShapesAsync(tenant, ct)) is { } problem)
            throw new FormatException(problem);
        await using var transaction = await _database.BeginAsync(tenant, ct);
        var update = Sql.Command(
            Update, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(rules.Strategy), Sql.Array(rules.Ranks), Sql.Json(document));
        await transaction.ExecuteAsync([ActFor(person), update], ct);
        await transaction.CommitAsync(ct);
        _sessions.Forget(tenant);
        return update.RecordsAffected > 0;
    }

    /// <summary>Makes one side win a field of a kind, with whatever platform.</summary>
    internal static IEnumerable<NpgsqlBatchCommand> Always(TenantId tenant, RecordKind kind, string field, Platform winner, string person) =>
    [
        ActFor(person),
        Sql.Command(Prefer, Sql.Value(tenant.Value), Sql.Text($"{kind.ToName()}.{field}"), Sql.Text(winner.ToName())),
    ];

    internal static NpgsqlBatchCommand ActFor(string person) => Sql.Command(Act, Sql.Text(person));

    private async Task<TenantShapes> ShapesAsync(TenantId tenant, CancellationToken ct) =>
        (await _configs.ReadAsync(tenant, null, ct))?.Shapes ?? TenantShapes.Standard;

    private static string? Problem(string strategy, IReadOnlyList<string> ranks, string document, TenantShapes shapes)
    {
        try
        {
            StrategyDocument.Read(strategy, ranks, document, shapes.Of);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
        catch (InvalidOperationException)
        {
            return "strategies holds a text with half a surrogate pair, which is no character; leave it out.";
        }
    }

    private static JsonElement Parsed(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
