using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Adapters.Apps;

/// <summary>
/// The way of an app's event into the tenant's journal: size, envelope, app, age, tenant, journal, ring. An event that breaks its contract is journaled
/// as failed; what belongs to no tenant that has the app leaves no trace but a count.
/// </summary>
internal sealed partial class AppIntake(TenantDatabase database, Rings rings, CrmMetrics metrics, TimeProvider clock, ILogger<AppIntake> logger)
{
    public const int MaxBytes = 64 * 1024;

    // The journal keeps what is finished for thirty days: an older event could be one that came before, perhaps of somebody who was erased since.
    private static readonly TimeSpan LongestAgo = TimeSpan.FromDays(29);

    // Clocks differ. One that is years ahead would make every later event of its store a late one.
    private static readonly TimeSpan FarthestAhead = TimeSpan.FromMinutes(10);

    // One statement: whether the tenant has the app, the journal, and what its rules are to look at.
    private const string Insert = """
        with allowed as (select from crm_tenants where tenant_id = $1 and state = 'active' and $2 = any(apps)),
             kept as (
        insert into crm_webhook_events (tenant_id, platform, event_key, raw, external_id, change, occurred_at, status, reason, finished_at)
        select $1, $2, $3, $4, $5, $6, $7, case when $8::text is null then 'pending' else 'failed' end, $8, case when $8 is not null then clock_timestamp() end
          from allowed
            on conflict (tenant_id, event_key) do nothing
        returning id, status),
             heard as (
        insert into crm_rule_events (tenant_id, type, journal_id) select $1, 'app', id from kept where status = 'pending')
        select exists (select from allowed), exists (select from kept)
        """;

    /// <summary>Takes a message in. Whatever it returns stands: the message is done with.</summary>
    /// <param name="app">Whose queue it came by: nobody but the app may send there.</param>
    /// <returns>Null once it is journaled, or was before; otherwise why it is not.</returns>
    public async Task<AppRefusal?> ReceiveAsync(PlatformApp app, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        var refusal = Read(app, body, out var envelope) ?? await JournalAsync(app, envelope!, body, ct);
        if (refusal is { } reason)
        {
            metrics.AppEvent(app, reason.ToName());
            Refused(logger, app, reason);
        }

        return refusal;
    }

    private AppRefusal? Read(PlatformApp app, ReadOnlyMemory<byte> body, out AppEnvelope? envelope)
    {
        envelope = body.Length > MaxBytes ? null : AppEnvelope.Read(body);
        var now = clock.GetUtcNow();
        return body.Length > MaxBytes ? AppRefusal.TooLarge
            : envelope is null ? AppRefusal.Unreadable
            : !envelope.Type.StartsWith($"{app.ToName()}.", StringComparison.Ordinal) ? AppRefusal.OtherApp
            : envelope.Time < now - LongestAgo || envelope.Time > now + FarthestAhead ? AppRefusal.OutOfTime
            : null;
    }

    private async Task<AppRefusal?> JournalAsync(PlatformApp app, AppEnvelope envelope, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        var fault = AppContract.Fault(envelope.Type, envelope.DataSchema, envelope.Data);
        var (isAllowed, isNew) = (await database.QueryAsync(
            envelope.Tenant,
            Sql.Command(
                Insert, Sql.Value(envelope.Tenant.Value), Sql.Text(app.ToName()), Sql.Text(envelope.EventKey(app)), Sql.Value(body.ToArray()), Sql.Text(envelope.Id),
                Sql.Text(envelope.Type), Sql.Time(envelope.Time), Sql.Text(fault)),
            row => (row.GetBoolean(0), row.GetBoolean(1)), ct)).Single();
        if (!isAllowed)
            return AppRefusal.TenantNotAllowed;
        metrics.AppEvent(app, !isNew ? "duplicate" : fault is null ? "journaled" : "unreadable");
        if (isNew && fault is null)
            _ = rings.RulesAsync(envelope.Tenant, CancellationToken.None);
        return null;
    }

    [LoggerMessage(LogLevel.Error, "A message of {App} was refused: {Reason}.")]
    private static partial void Refused(ILogger logger, PlatformApp app, AppRefusal reason);
}
