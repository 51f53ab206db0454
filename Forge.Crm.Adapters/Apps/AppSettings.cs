using System.Collections.Immutable;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Rules;
using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;

namespace Forge.Crm.Adapters.Apps;

/// <summary>Which of our apps may send events for a tenant.</summary>
public sealed class AppSettings
{
    private const string Select = "select apps from crm_tenants where tenant_id = $1";

    private const string Lock = $"{Select} for update";

    private const string Update = "update crm_tenants set apps = $2 where tenant_id = $1";

    // Whom the history of settings names; see crm_note_settings.
    private const string Act = "select set_config('app.actor', $1, true)";

    private readonly TenantDatabase _database;
    private readonly RuleSets _rules;

    internal AppSettings(TenantDatabase database, RuleSets rules) => (_database, _rules) = (database, rules);

    /// <returns>Null where the tenant is not there.</returns>
    public async Task<ImmutableArray<PlatformApp>?> FindAsync(TenantId tenant, CancellationToken ct) =>
        await _database.QueryAsync(tenant, Sql.Command(Select, Sql.Value(tenant.Value)), row => row.GetFieldValue<string[]>(0), ct) is [var names]
            ? [.. names.Select(Names.Parse<PlatformApp>)]
            : null;

    /// <summary>Sets all of them. An app that the tenant had not gets its ready-made rules, where they are not there from before; those of an app that is taken away stay.</summary>
    /// <param name="person">As their token names them; stands in the history.</param>
    /// <returns>False where the tenant is not there.</returns>
    public async Task<bool> SetAsync(TenantId tenant, IReadOnlyCollection<PlatformApp> apps, string person, CancellationToken ct)
    {
        string[] names = [.. apps.Distinct().Order().Select(app => app.ToName())];
        string[]? had = null;
        await using var transaction = await _database.BeginAsync(tenant, ct);
        await transaction.ReadAsync([(Sql.Command(Lock, Sql.Value(tenant.Value)), row => had = row.GetFieldValue<string[]>(0))], ct);
        if (had is null)
            return false;
        await transaction.ExecuteAsync(
            [
                Sql.Command(Act, Sql.Text(person)), Sql.Command(Update, Sql.Value(tenant.Value), Sql.Value(names)),
                RuleInstall.Command(tenant, ReadyMadeRules.All.Where(rule => rule.App is { } app && names.Contains(app) && !had.Contains(app))),
            ], ct);
        await transaction.CommitAsync(ct);
        _rules.Forget(tenant);
        return true;
    }
}
