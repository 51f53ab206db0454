using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>Moves a connection between its states.</summary>
internal sealed class SyncStates(TenantDatabase database, SyncConfigs configs)
{
    private const string Move = """
        update crm_sync_configs set state = $3 where tenant_id = $1 and platform = $2 and state <> $3
        """;

    public async Task MoveAsync(TenantId tenant, Platform platform, ConnectionState state, CancellationToken ct)
    {
        await database.ExecuteAsync(
            tenant, [Sql.Command(Move, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(state.ToName()))], ct);
        configs.Forget(tenant);
    }

    /// <summary>The token is refused: nothing more is asked of the platform until the tenant connects again; events wait in the journal.</summary>
    public Task RequireReauthAsync(TenantId tenant, Platform platform, CancellationToken ct) =>
        MoveAsync(tenant, platform, ConnectionState.ReauthRequired, ct);
}
