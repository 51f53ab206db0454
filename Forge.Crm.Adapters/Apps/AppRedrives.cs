using System.Collections.Immutable;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Apps;

/// <summary>
/// Shows an app's event to the tenant's rules once more: one that failed, or that no rule acted on. A rule that acted on it does not act again. An event that
/// broke its contract is read anew, since a version may be known by now.
/// </summary>
internal sealed class AppRedrives(TenantDatabase database, Rings rings)
{
    private static readonly ImmutableArray<string> Apps = [.. Enum.GetValues<PlatformApp>().Select(app => app.ToName())];

    private const string Find = "select raw, status from crm_webhook_events where tenant_id = $1 and id = $2 and platform = any($3)";

    private const string Redo = """
        with redone as (
            update crm_webhook_events
               set status = 'pending', attempts = 0, next_attempt_at = null, reason = null, finished_at = null
             where tenant_id = $1 and id = $2 and status = $4 and raw <> ''
            returning id),
             again as (
            update crm_rule_events e
               set status = 'pending', attempts = 0, next_attempt_at = null, reason = null, finished_at = null
              from redone where e.tenant_id = $1 and e.journal_id = redone.id),
             heard as (
            insert into crm_rule_events (tenant_id, type, journal_id)
            select $1, 'app', id from redone where not exists (select from crm_rule_events e where e.tenant_id = $1 and e.journal_id = $2)),
             forgotten as (
            delete from crm_rule_runs r using crm_rule_events e, redone
             where e.tenant_id = $1 and e.journal_id = redone.id and r.tenant_id = $1 and r.event_id = e.id and r.status <> 'done'),
             noted as (
            insert into crm_audit_log (tenant_id, kind, field, action, old_value, new_value, source, changed_at, cause, cause_id, actor)
            select $1, 'event', 'status', 'configure', $4, 'pending', 'supabase', clock_timestamp(), 'person', id::text, $3 from redone)
        select exists (select from redone)
        """;

    /// <returns>Null where the event is none of an app's.</returns>
    public async Task<Redrive?> RedriveAsync(TenantId tenant, long id, string actor, CancellationToken ct)
    {
        var found = await database.QueryAsync(
            tenant, Sql.Command(Find, Sql.Value(tenant.Value), Sql.Value(id), Sql.Array(Apps)), row => (Raw: row.GetFieldValue<byte[]>(0), Status: row.GetString(1)), ct);
        if (found is not [var (raw, status)])
            return null;
        if (status is not ("failed" or "ignored"))
            return status == "pending" ? Redrive.Pending : Redrive.NotFailed;
        // Its age was looked at when it came, and a person asks for it now.
        if (AppEnvelope.Read(raw) is not { } envelope || AppContract.Fault(envelope.Type, envelope.DataSchema, envelope.Data) is not null)
            return Redrive.Refused;
        var isRedone = (await database.QueryAsync(
            tenant, Sql.Command(Redo, Sql.Value(tenant.Value), Sql.Value(id), Sql.Text(actor), Sql.Text(status)), row => row.GetBoolean(0), ct)).Single();
        if (isRedone)
            await rings.RulesAsync(tenant, ct);
        return isRedone ? Redrive.Pending : Redrive.NotFailed;
    }
}
