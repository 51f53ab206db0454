using Forge.Crm.Adapters.Apps;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>An event of the journal as people see it; never its content.</summary>
/// <param name="Reason">Why it is not applied.</param>
public sealed record JournalEvent(
    long Id, string Platform, string? Kind, string? ExternalId, string Change, DateTimeOffset? OccurredAt, DateTimeOffset ReceivedAt,
    string Status, int Attempts, DateTimeOffset? NextAttemptAt, string? Reason);

/// <param name="After">Where the next page begins; null at the end.</param>
public sealed record EventPage(IReadOnlyList<JournalEvent> Events, long? After);

public enum Redrive
{
    /// <summary>No such event of this tenant.</summary>
    NotFound,

    /// <summary>It is pending (again), and its lane was rung.</summary>
    Pending,

    /// <summary>It did not fail, so there is nothing to redrive.</summary>
    NotFailed,

    /// <summary>An app's event that breaks its contract, or was erased.</summary>
    Refused,
}

/// <summary>The journal for people: what came, what became of it, and once more for what failed.</summary>
public sealed class EventList
{
    public const int PageSize = 100;

    private const string List = """
        select id, platform, remote_kind, external_id, change, occurred_at, received_at, status, attempts, next_attempt_at, reason
          from crm_webhook_events
         where tenant_id = $1 and id > $2 and ($3::text is null or status = $3)
         order by id limit $4
        """;

    private const string Failed = """
        select id, platform, remote_kind, external_id, change, occurred_at, received_at, status, attempts, next_attempt_at, reason
          from crm_webhook_events
         where tenant_id = $1 and id > $2 and status = 'failed'
         order by id limit $3
        """;

    private const string Redo = """
        with redone as (
            update crm_webhook_events
               set status = 'pending', attempts = 0, next_attempt_at = null, reason = null, finished_at = null
             where tenant_id = $1 and id = $2 and status = 'failed'
            returning id),
             noted as (
            insert into crm_audit_log (tenant_id, kind, field, action, old_value, new_value, source, changed_at, cause, cause_id, actor)
            select $1, 'event', 'status', 'configure', 'failed', 'pending', 'supabase', clock_timestamp(), 'person', id::text, $3 from redone)
        select event.platform, event.lane, event.status = 'pending' or exists (select from redone)
          from crm_webhook_events event where event.tenant_id = $1 and event.id = $2
        """;

    private readonly TenantDatabase _database;
    private readonly Rings _rings;
    private readonly AppRedrives _apps;

    internal EventList(TenantDatabase database, Rings rings, AppRedrives apps) => (_database, _rings, _apps) = (database, rings, apps);

    /// <summary>The values that <c>status</c> may have.</summary>
    public static bool IsStatus(string name) => Names.TryParse<EventStatus>(name, out _);

    /// <param name="status">Null for all.</param>
    /// <param name="after">The id that the page before ended with; 0 for the first.</param>
    public async Task<EventPage> ReadAsync(TenantId tenant, string? status, long after, CancellationToken ct)
    {
        // "Failed" has an index of its own, which only a constant in the query's text can use.
        var command = status == "failed"
            ? Sql.Command(Failed, Sql.Value(tenant.Value), Sql.Value(after), Sql.Value(PageSize))
            : Sql.Command(List, Sql.Value(tenant.Value), Sql.Value(after), Sql.Text(status), Sql.Value(PageSize));
        var events = await _database.QueryAsync(tenant, command, Read, ct);
        return new(events, events.Count == PageSize ? events[^1].Id : null);
    }

    /// <summary>Gives a failed event all its attempts again, and says in the history who did.</summary>
    /// <param name="actor">The person, as their token names them.</param>
    public async Task<Redrive> RedriveAsync(TenantId tenant, long id, string actor, CancellationToken ct)
    {
        if (await _apps.RedriveAsync(tenant, id, actor, ct) is { } ofApp)
            return ofApp;
        var found = await _database.QueryAsync(
            tenant, Sql.Command(Redo, Sql.Value(tenant.Value), Sql.Value(id), Sql.Text(actor)),
            row => (Platform: Names.Parse<Platform>(row.GetString(0)), Lane: row.GetInt32(1), IsPending: row.GetBoolean(2)), ct);
        if (found is not [var item])
            return Redrive.NotFound;
        if (!item.IsPending)
            return Redrive.NotFailed;
        await _rings.RingAsync(new Lane(tenant, item.Platform, item.Lane), [id], ct);
        return Redrive.Pending;
    }

    private static JournalEvent Read(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetString(1), Text(row, 2), Text(row, 3), row.GetString(4), Time(row, 5), Time(row, 6)!.Value, row.GetString(7),
        row.GetInt32(8), Time(row, 9), Text(row, 10));

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static DateTimeOffset? Time(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
}
