using System.Globalization;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Audit;
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

/// <param name="State">As stored.</param>
internal sealed record SlowLink(string Id, Guid RecordId, string State);

/// <summary>The real tables, with what people do in them by SQL and what stands in them in the end.</summary>
internal sealed class SlowHub(HubDatabase database, SlowClock clock)
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

    public HubDatabase Database => database;

    public async Task PrepareAsync(Setup setup)
    {
        await database.ExecuteAsync(UseClock);
        foreach (var platform in new[] { "hubspot", "pipedrive" })
        {
            await database.AddConfigAsync(database.Id, platform, "two_way");
            await database.ExecuteAsync($"""
                update crm_sync_configs
                   set kinds = array['contact'], strategy = '{setup.Strategy}', strategies = '{setup.Strategies}', delete_policy = '{setup.OnDelete.ToName()}'
                """);
        }
    }

    /// <summary>A person's statement, now.</summary>
    public Task DoAsync(string sql) => database.ExecuteAsync($"set test.now = '{Text(clock.GetUtcNow())}'; {sql}; reset test.now");

    public Task EditAsync(Guid id, string field, string? value) => DoAsync($"update crm_contacts set {field} = {Literal(value)} where id = '{id}'");

    public Task CreateAsync(string email) =>
        DoAsync($"insert into crm_contacts (tenant_id, id, email) values ('{database.Id}', '{Guid.CreateVersion7(clock.GetUtcNow())}', '{email}')");

    public Task DeleteAsync(Guid id) => DoAsync($"update crm_contacts set deleted_at = '{Text(clock.GetUtcNow())}' where id = '{id}'");

    public Task RestoreAsync(Guid id) => DoAsync($"update crm_contacts set deleted_at = null, archived_at = null where id = '{id}'");

    /// <summary>Deleted or put away.</summary>
    public async Task<List<Guid>> IdsAwayAsync() =>
        [.. (await database.RowsAsync("select id from crm_contacts where merged_into_id is null and (deleted_at is not null or archived_at is not null) order by id")).Select(Guid.Parse)];

    /// <summary>Those that live, in the order in which they came.</summary>
    public async Task<List<Guid>> IdsAsync() =>
        [.. (await database.RowsAsync("select id from crm_contacts where merged_into_id is null and deleted_at is null order by id")).Select(Guid.Parse)];

    public Task<bool> HasAsync(string email) => database.ScalarAsync<bool>($"select exists (select from crm_contacts where email = '{email}' and deleted_at is null)");

    /// <summary>Leases of workers that died are over, and what was put off until now is due.</summary>
    public Task PassTimeAsync() => database.ExecuteAsync($"""
        delete from crm_leases;
        update crm_outbox set next_attempt_at = null where next_attempt_at is not null;
        update crm_webhook_events set next_attempt_at = null where status = 'pending' and next_attempt_at <= '{Text(clock.Now)}'
        """);

    public Task<bool> IsBusyAsync() => database.ScalarAsync<bool>("""
        select exists (select from crm_outbox where status = 'pending') or exists (select from crm_webhook_events where status = 'pending')
        """);

    /// <summary>A person tries again what was given up because the record was not there.</summary>
    public Task RedriveAsync(Platform platform) => database.ExecuteAsync($"""
        update crm_outbox set status = 'pending', attempts = 0, reason = null
         where platform = '{platform.ToName()}' and status = 'failed' and reason like 'the platform has no such record%'
        """);

    public async Task<Dictionary<Guid, HubRecord>> RecordsAsync()
    {
        var ids = (await database.RowsAsync("select id from crm_contacts")).Select(Guid.Parse).ToList();
        await using var transaction = await database.Tenant.BeginAsync(database.Id, CancellationToken.None);
        var set = await new BatchLoad(database.Id, Platform.HubSpot, StandardFields.Of, kind => new(StandardFields.Of(kind)), [])
            .ReadAsync(transaction, RecordKind.Contact, ids, null, CancellationToken.None);
        return ids.ToDictionary(id => id, id => set!.Record(id)!);
    }

    public async Task<List<SlowLink>> LinksAsync(Platform platform) =>
    [
        .. (await database.RowsAsync($"select external_id, record_id, state from crm_record_links where platform = '{platform.ToName()}'"))
            .Select(row => row.Split('|')).Select(row => new SlowLink(row[0], Guid.Parse(row[1]), row[2])),
    ];

    /// <summary>Open conflicts by record and field.</summary>
    public async Task<HashSet<(Guid, string)>> ConflictsAsync() =>
        [.. (await database.RowsAsync("select record_id, field from crm_conflict_records where state = 'open'")).Select(row => row.Split('|')).Select(row => (Guid.Parse(row[0]), row[1]))];

    /// <summary>Pushes that are listed for a person.</summary>
    public async Task<HashSet<(Platform, Guid)>> FailedAsync() =>
        [.. (await database.RowsAsync("select platform, record_id from crm_outbox where status = 'failed'")).Select(row => row.Split('|')).Select(row => (Names.Parse<Platform>(row[0]), Guid.Parse(row[1])))];

    public async Task<ILookup<Guid, HistoryEntry>> HistoryAsync()
    {
        await using var command = database.Owner.CreateCommand("select record_id, action, field, old_value, new_value, source, changed_at from crm_audit_log where record_id is not null order by id");
        await using var row = await command.ExecuteReaderAsync();
        var entries = new List<HistoryEntry>();
        while (await row.ReadAsync())
        {
            string? Text(int i) => row.IsDBNull(i) ? null : row.GetString(i);
            entries.Add(new(
                RecordKind.Contact, row.GetGuid(0), Names.Parse<HistoryAction>(Text(1)!), Text(2), Text(3), Text(4), Names.Parse<Platform>(Text(5)!),
                row.GetFieldValue<DateTimeOffset>(6), new(CauseKind.System, null)));
        }

        return entries.ToLookup(entry => entry.RecordId);
    }

    /// <summary>Everything that a quiet cycle must leave as it is.</summary>
    public async Task<string> StateAsync() => string.Join('\n', await database.RowsAsync($"""
        select id::text, version, deleted_at, merged_into_id, concat_ws('/', {string.Join(", ", Shape.Fields.Select(field => $"{field.Name}::text"))}) from crm_contacts
        union all select id::text, 0, opened_at, record_id, field || state from crm_conflict_records
        union all select 'history', count(*), null, null, null from crm_audit_log
        order by 1
        """));

    public static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff+00", CultureInfo.InvariantCulture);

    private static string Literal(string? value) => value is null ? "null" : $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
}
