using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Sync;

public enum ReviewState
{
    Resolved,

    /// <summary>No such conflict of this tenant.</summary>
    NotFound,

    /// <summary>Somebody else was faster, or it closed by itself.</summary>
    Closed,

    /// <summary>The field cannot hold the value; nothing was changed.</summary>
    Refused,
}

/// <param name="Conflict">What it has become, as <see cref="ConflictViews.FindAsync"/> shows it; null where there is none.</param>
/// <param name="Reason">Where refused; holds no value.</param>
public sealed record ReviewResult(ReviewState State, string? Conflict = null, string? Reason = null);

/// <summary>Held fields, decided by a person.</summary>
public sealed class Reviews
{
    private readonly RecordStore _store;
    private readonly ConflictViews _conflicts;
    private readonly SyncConfigs _configs;
    private readonly PlatformSessions _sessions;

    internal Reviews(RecordStore store, ConflictViews conflicts, SyncConfigs configs, PlatformSessions sessions) =>
        (_store, _conflicts, _configs, _sessions) = (store, conflicts, configs, sessions);

    /// <param name="always">From now on the side that was picked wins this field whenever both changed it; means nothing to a typed value.</param>
    /// <param name="person">As their token names them; stands in the history.</param>
    public async Task<ReviewResult> ResolveAsync(
        TenantId tenant, Guid id, ReviewChoice choice, bool always, string person, CancellationToken ct)
    {
        if (await _conflicts.AboutAsync(tenant, id, ct) is not { } found || await _configs.OfAsync(tenant, ct) is not { } settings)
            return new(ReviewState.NotFound);
        if (!found.IsOpen)
            return await EndAsync(ReviewState.Closed, tenant, id, ct);
        var (about, winner) = (found.Conflict, choice.Pick == ReviewPick.Hub ? Platform.Supabase : found.Conflict.Key.Platform);
        var policy = settings.Of(about.Key.Platform) is { } config ? settings.PolicyOf(config) : SyncPolicy.DefaultFor(about.Key.Platform) with { Locale = settings.Locale };
        try
        {
            await _store.ResolveAsync(
                tenant, policy, settings.Shapes.Of, about, choice, person,
                () => always ? StrategySettings.Always(tenant, about.Kind, about.Key.Field, winner, person) : [], ct);
        }
        catch (StaleStepException)
        {
            return await EndAsync(ReviewState.Closed, tenant, id, ct);
        }
        catch (FormatException e)
        {
            return new(ReviewState.Refused, Reason: e.Message);
        }
        catch (PostgresException e) when (e.SqlState[..2] is "22" or "23" or "54")
        {
            return new(ReviewState.Refused, Reason: $"The field cannot hold the value: {e.SqlState} {e.ColumnName ?? e.ConstraintName}".TrimEnd());
        }

        if (always)
            _sessions.Forget(tenant);
        return await EndAsync(ReviewState.Resolved, tenant, id, ct);
    }

    private async Task<ReviewResult> EndAsync(ReviewState state, TenantId tenant, Guid id, CancellationToken ct) =>
        new(state, await _conflicts.FindAsync(tenant, id, ct));
}
