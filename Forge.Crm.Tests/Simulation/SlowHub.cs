using System.Globalization;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.PostgreSql;

namespace Forge.Crm.Tests.Simulation;

/// <summary>Our clock in a <see cref="SlowWorld"/>: moved by the program. Every look at it is a millisecond later, so that ids sort by their making.</summary>
internal sealed class SlowClock : TimeProvider
{
    // In the real future: what is put off until a time of this clock is never due by the database's own.
    public DateTimeOffset Now { get; set; } = Stamp.Micros(System.GetUtcNow().AddDays(2));

    public override DateTimeOffset GetUtcNow() => Now = Now.AddMilliseconds(1);
}

/// <summary>The real tables, with what people do in them by SQL and what stands in them in the end.</summary>
internal sealed class SlowHub(HubDatabase database, SlowClock clock) : StoredHub(database, database.Id)
{
    private static readonly RecordShape Shape = StandardFields.Contact;

    /// <summary>Change capture tells the time by the program's clock, not by the database's.</summary>
    private const string UseClock = """
        do $$
        declare
            captured regprocedure;
        begin
            foreach captured in array array['crm_time_after(text)', 'crm_capture_insert()']::regprocedure[]
            loop
                execute replace(pg_get_functiondef(captured), 'clock_timestamp()', 'coalesce(nullif(current_setting(''test.now'', true), '''')::timestamptz, clock_timestamp())');
            end loop;
        end
        $$
        """;

    public async Task PrepareAsync(Setup setup)
    {
        await Database.ExecuteAsync(UseClock);
        foreach (var platform in new[] { "hubspot", "pipedrive" })
        {
            await Database.AddConfigAsync(Database.Id, platform, "two_way");
            await Database.ExecuteAsync($"""
                update crm_sync_configs
                   set kinds = array['contact'], strategy = '{setup.Strategy}', strategies = '{setup.Strategies}', delete_policy = '{setup.OnDelete.ToName()}'
                """);
        }
    }

    /// <summary>A person's statement, now.</summary>
    public Task DoAsync(string sql) => Database.ExecuteAsync($"set test.now = '{Text(clock.GetUtcNow())}'; {sql}; reset test.now");

    public Task EditAsync(Guid id, string field, string? value) => DoAsync($"update crm_contacts set {field} = {Literal(value)} where id = '{id}'");

    public Task CreateAsync(string email) =>
        DoAsync($"insert into crm_contacts (tenant_id, id, email) values ('{Database.Id}', '{Guid.CreateVersion7(clock.GetUtcNow())}', '{email}')");

    public Task DeleteAsync(Guid id) => DoAsync($"update crm_contacts set deleted_at = '{Text(clock.GetUtcNow())}' where id = '{id}'");

    public Task RestoreAsync(Guid id) => DoAsync($"update crm_contacts set deleted_at = null, archived_at = null where id = '{id}'");

    /// <summary>Deleted or put away.</summary>
    public async Task<List<Guid>> IdsAwayAsync() =>
        [.. (await Database.RowsAsync("select id from crm_contacts where merged_into_id is null and (deleted_at is not null or archived_at is not null) order by id")).Select(Guid.Parse)];

    /// <summary>Those that live, in the order in which they came.</summary>
    public async Task<List<Guid>> IdsAsync() =>
        [.. (await Database.RowsAsync("select id from crm_contacts where merged_into_id is null and deleted_at is null order by id")).Select(Guid.Parse)];

    public Task<bool> HasAsync(string email) => Database.ScalarAsync<bool>($"select exists (select from crm_contacts where email = '{email}' and deleted_at is null)");

    /// <summary>Leases of workers that died are over, and what was put off until now is due.</summary>
    public Task PassTimeAsync() => Database.ExecuteAsync($"""
        delete from crm_leases;
        update crm_outbox set next_attempt_at = null where next_attempt_at is not null;
        update crm_webhook_events set next_attempt_at = null where status = 'pending' and next_attempt_at <= '{Text(clock.Now)}'
        """);

    public Task<bool> IsBusyAsync() => Database.ScalarAsync<bool>("""
        select exists (select from crm_outbox where status = 'pending') or exists (select from crm_webhook_events where status = 'pending')
        """);

    /// <summary>A person tries again what was given up because the record was not there.</summary>
    public Task RedriveAsync(Platform platform) => Database.ExecuteAsync($"""
        update crm_outbox set status = 'pending', attempts = 0, reason = null
         where platform = '{platform.ToName()}' and status = 'failed' and reason like 'the platform has no such record%'
        """);

    /// <summary>Everything that a quiet cycle must leave as it is.</summary>
    public async Task<string> StateAsync() => string.Join('\n', await Database.RowsAsync($"""
        select id::text, version, deleted_at, merged_into_id, concat_ws('/', {string.Join(", ", Shape.Fields.Select(field => $"{field.Name}::text"))}) from crm_contacts
        union all select id::text, 0, opened_at, record_id, field || state from crm_conflict_records
        union all select 'history', count(*), null, null, null from crm_audit_log
        order by 1
        """));

    public static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff+00", CultureInfo.InvariantCulture);

    private static string Literal(string? value) => value is null ? "null" : $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
}
