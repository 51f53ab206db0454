using System.Globalization;
using Npgsql;

namespace Forge.Crm.Tests.Schema;

/// <summary>What a person's edit leaves behind, and what a write of the sync does not.</summary>
public sealed class CaptureTests : IAsyncLifetime
{
    private const string Ancient = "2001-01-01T00:00:00.000000Z hubspot";
    private const string Recent = "2026-01-01T00:00:00.000000Z pipedrive";

    private readonly Guid _tenant = Guid.NewGuid();
    private readonly Guid _contact = Guid.NewGuid();
    private CrmDatabase _database = null!;

    private Caller Person => Caller.Person(_tenant);

    private Caller Functions => Caller.App(_tenant);

    public async Task InitializeAsync()
    {
        _database = await CrmDatabase.SharedAsync();
        await _database.ExecuteAsync(Functions, TenantSeed.InsertInto("crm_tenants"), _tenant);
        foreach (var (platform, direction) in new[] { ("hubspot", "two_way"), ("pipedrive", "write"), ("supabase", "read") })
            await _database.ExecuteAsync(Functions, "insert into crm_sync_configs (tenant_id, platform, direction) values ($1, $2, $3)", _tenant, platform, direction);
        await _database.ExecuteAsync(
            Functions,
            """
            insert into crm_contacts (tenant_id, id, email, phone, lead_value, additional_emails, custom_fields, field_stamps)
            values ($1, $2, 'ada@example.test', '+1', 10, '{a@example.test}', '{"shoe":"44","hat":"L"}', $3::jsonb)
            """,
            _tenant, _contact, $$"""{"*":"{{Ancient}}","phone":"{{Recent}}","custom.hat":null}""");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_insert_of_the_sync_leaves_nothing()
    {
        (await HistoryAsync()).ShouldBeEmpty();
        (await OutboxAsync()).ShouldBeEmpty();
        (await StampsAsync()).ShouldBe($$"""{"*": "{{Ancient}}", "phone": "{{Recent}}", "custom.hat": null}""");
        (await VersionAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task An_edit_is_stamped_written_down_and_queued()
    {
        (await _database.ExecuteAsync(Person, "update crm_contacts set email = 'eve@example.test'")).ShouldBe(1);
        (await HistoryAsync()).ShouldBe(["contact email set ada@example.test -> eve@example.test by person-1, edit of supabase"]);
        (await OutboxAsync()).ShouldBe(["hubspot contact edit v1", "pipedrive contact edit v1"]);
        (await VersionAsync()).ShouldBe(2);
        (await StampAsync("email"))[27..].ShouldBe(" supabase");
        (await StampAsync("phone")).ShouldBe(Recent);
        (await StampAsync("*")).ShouldBe(Ancient);
        (await _database.ScalarAsync<bool>(Functions, "select changed_at = left($1, 27)::timestamptz from crm_audit_log where field = 'email'", await StampAsync("email"))).ShouldBeTrue();
    }

    [Fact]
    public async Task Whoever_listens_hears_of_each_lane_once_at_the_commit_and_of_the_syncs_own_writes_nothing()
    {
        await using var source = NpgsqlDataSource.Create(_database.ConnectionString);
        await using var session = await source.OpenConnectionAsync();
        var heard = new List<string>();
        session.Notification += (_, notification) => heard.Add(notification.Payload);
        await using (var listen = new NpgsqlCommand("listen crm_outbox", session))
            await listen.ExecuteNonQueryAsync();

        await _database.ExecuteAsync(Functions, $$"""update crm_contacts set email = 'eve@example.test', field_stamps = field_stamps || '{"email":"{{Recent}}"}'""");
        await _database.ExecuteAsync(Person, "update crm_contacts set phone = '+2'");
        await _database.ExecuteAsync(Person, "update crm_contacts set phone = '+2'");
        await using (var ping = new NpgsqlCommand("select 1", session))
            await ping.ExecuteNonQueryAsync();

        heard.Where(payload => payload.StartsWith($"{_tenant}:", StringComparison.Ordinal)).Order().ShouldBe([$"{_tenant}:hubspot:0", $"{_tenant}:pipedrive:0"]);
    }

    [Theory]
    [InlineData("phone = '+2'", "phone set +1 -> +2")]
    [InlineData("phone = null", "phone set +1 -> ")]
    [InlineData("lead_value = 10.5", "lead_value set 10.0000 -> 10.5000")]
    [InlineData("additional_emails = '{b@example.test}'", "additional_emails set [\"a@example.test\"] -> [\"b@example.test\"]")]
    [InlineData("custom_fields = custom_fields || '{\"shoe\":\"45\"}'", "custom.shoe set 44 -> 45")]
    [InlineData("custom_fields = custom_fields || '{\"hat\":\"M\"}'", "custom.hat set L -> M")]
    [InlineData("custom_fields = custom_fields || '{\"coat\":\"XL\"}'", "custom.coat set  -> XL")]
    [InlineData("custom_fields = custom_fields - 'hat'", "custom.hat set L -> ")]
    [InlineData("custom_fields = '{}'", "custom.hat set L -> ; custom.shoe set 44 -> ")]
    [InlineData("first_name = 'Ada', last_name = 'L'", "first_name set  -> Ada; last_name set  -> L")]
    public async Task Each_changed_value_has_a_row_of_its_own(string change, string expected)
    {
        await _database.ExecuteAsync(Person, $"update crm_contacts set {change}");
        var rows = await _database.ColumnAsync(
            Functions, "select field || ' ' || action || ' ' || coalesce(old_value, '') || ' -> ' || coalesce(new_value, '') from crm_audit_log where field is not null and kind = 'contact' order by field");
        string.Join("; ", rows).ShouldBe(expected);
        foreach (var row in rows)
            (await StampAsync(row[..row.IndexOf(' ')])).ShouldEndWith(" supabase");
    }

    [Theory, InlineData("email = email"), InlineData("lead_value = 10.0"), InlineData("custom_fields = custom_fields || '{\"shoe\":\"44\",\"boot\":null}'")]
    public async Task An_update_that_changes_no_value_leaves_nothing_but_a_version(string nothing)
    {
        await _database.ExecuteAsync(Person, $"update crm_contacts set {nothing}");
        (await HistoryAsync()).ShouldBeEmpty();
        (await OutboxAsync()).ShouldBeEmpty();
        (await VersionAsync()).ShouldBe(2);
    }

    [Theory]
    [InlineData("email = 'new@example.test', field_stamps = field_stamps || '{\"email\":\"2026-02-01T00:00:00.000000Z hubspot\"}'")]
    [InlineData("email = 'new@example.test', first_name = 'A', field_stamps = field_stamps || '{\"*\":\"2026-02-01T00:00:00.000000Z hubspot\"}'")]
    [InlineData("custom_fields = '{\"shoe\":\"45\",\"hat\":\"L\"}', field_stamps = field_stamps || '{\"custom.shoe\":\"2026-02-01T00:00:00.000000Z hubspot\"}'")]
    [InlineData("deleted_at = now(), field_stamps = field_stamps || '{\"deleted\":\"2026-02-01T00:00:00.000000Z hubspot\"}'")]
    [InlineData("merged_into_id = id")]
    [InlineData("field_stamps = '{\"*\":null}'")]
    public async Task A_write_of_the_sync_brings_its_stamps_and_leaves_nothing_more(string change)
    {
        await _database.ExecuteAsync(Functions, $"update crm_contacts set {change}");
        (await HistoryAsync()).ShouldBeEmpty();
        (await OutboxAsync()).ShouldBeEmpty();
        (await VersionAsync()).ShouldBe(2);
    }

    [Fact]
    public async Task A_value_that_the_sync_forgot_to_stamp_is_captured_beside_one_that_it_did()
    {
        await _database.ExecuteAsync(
            Functions.With("app.actor", "importer"),
            """update crm_contacts set email = 'x@example.test', phone = '+3', field_stamps = field_stamps || '{"email":"2026-02-01T00:00:00.000000Z hubspot"}'""");
        (await HistoryAsync()).ShouldBe(["contact phone set +1 -> +3 by importer, edit of supabase"]);
    }

    [Fact]
    public async Task An_edit_in_plain_SQL_is_captured_too()
    {
        await _database.ExecuteAsync(Caller.Owner, "update crm_contacts set phone = '+9' where tenant_id = $1", _tenant);
        (await HistoryAsync()).ShouldHaveSingleItem().ShouldStartWith("contact phone set +1 -> +9 by ");
        (await OutboxAsync()).Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_stamp_is_later_than_the_one_it_replaces_even_when_that_lies_ahead()
    {
        await _database.ExecuteAsync(Functions, """update crm_contacts set field_stamps = field_stamps || '{"phone":"2999-01-01T00:00:00.000000Z hubspot"}'""");
        await _database.ExecuteAsync(Person, "update crm_contacts set phone = '+2'");
        (await StampAsync("phone")).ShouldBe("2999-01-01T00:00:00.000001Z supabase");
        await _database.ExecuteAsync(Person, "update crm_contacts set phone = '+1'");
        (await StampAsync("phone")).ShouldBe("2999-01-01T00:00:00.000002Z supabase");
    }

    [Fact]
    public async Task The_stamp_is_of_this_minute_in_UTC_whatever_the_zone_of_the_session()
    {
        await _database.ExecuteAsync(Person.With("TimeZone", "Asia/Tokyo"), "update crm_contacts set phone = '+2'");
        var stamped = DateTimeOffset.Parse((await StampAsync("phone"))[..27], CultureInfo.InvariantCulture);
        (TimeProvider.System.GetUtcNow() - stamped).Duration().ShouldBeLessThan(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task History_states_times_in_UTC_whatever_the_zone_of_the_session()
    {
        await _database.ExecuteAsync(Functions, """insert into crm_tasks (tenant_id, due_at, field_stamps) values ($1, '2026-01-01T12:00:00Z', '{"*":null}')""", _tenant);
        await _database.ExecuteAsync(Person.With("TimeZone", "Asia/Tokyo"), "update crm_tasks set due_at = '2026-01-02T12:00:00Z'");
        (await HistoryAsync()).ShouldBe(["task due_at set 2026-01-01T12:00:00+00:00 -> 2026-01-02T12:00:00+00:00 by person-1, edit of supabase"]);
    }

    [Fact]
    public async Task Editing_again_keeps_the_place_in_the_queue_and_raises_its_version()
    {
        await _database.ExecuteAsync(Person, "update crm_contacts set phone = '+2'");
        await _database.ExecuteAsync(Functions, "update crm_outbox set queued_at = '2026-01-01', attempts = 3, next_attempt_at = now() + interval '1 hour'");
        await _database.ExecuteAsync(Person, "update crm_contacts set phone = '+3'");
        (await OutboxAsync()).ShouldBe(["hubspot contact edit v2", "pipedrive contact edit v2"]);
        (await _database.ScalarAsync<long>(Functions, "select count(*) from crm_outbox where queued_at = '2026-01-01' and next_attempt_at is null and attempts = 3")).ShouldBe(2);
    }

    [Fact]
    public async Task Editing_wakes_a_push_that_had_failed_for_good()
    {
        await _database.ExecuteAsync(Person, "update crm_contacts set phone = '+2'");
        await _database.ExecuteAsync(Functions, "update crm_outbox set status = 'failed', queued_at = '2026-01-01', attempts = 9, reason = 'refused'");
        await _database.ExecuteAsync(Person, "update crm_contacts set phone = '+3'");
        (await _database.ScalarAsync<long>(
            Functions, "select count(*) from crm_outbox where status = 'pending' and queued_at > '2026-01-02' and attempts = 0 and reason is null")).ShouldBe(2);
    }

    [Theory, InlineData("enabled = false"), InlineData("direction = 'read'"), InlineData("kinds = '{deal}'")]
    public async Task Only_platforms_that_the_tenant_writes_this_kind_to_are_told(string change)
    {
        await _database.ExecuteAsync(Functions, $"update crm_sync_configs set {change} where platform = 'hubspot'");
        await _database.ExecuteAsync(Person, "update crm_contacts set phone = '+2'");
        (await OutboxAsync()).ShouldBe(["pipedrive contact edit v1"]);
    }

    [Fact]
    public async Task The_lane_is_made_of_the_records_id()
    {
        await _database.ExecuteAsync(Functions, "update crm_sync_configs set lanes = 16 where platform = 'hubspot'");
        await _database.ExecuteAsync(Person, "update crm_contacts set phone = '+2'");
        var expected = int.Parse(_contact.ToString("n")[^7..], NumberStyles.HexNumber, CultureInfo.InvariantCulture) % 16;
        (await _database.ScalarAsync<int>(Functions, "select lane from crm_outbox where platform = 'hubspot'")).ShouldBe(expected);
    }

    [Fact]
    public async Task An_upsert_by_a_person_is_an_edit_and_no_second_creation()
    {
        await _database.ExecuteAsync(
            Person, "insert into crm_contacts (id, phone) values ($1, '+2') on conflict (tenant_id, id) do update set phone = excluded.phone", _contact);
        (await HistoryAsync()).ShouldBe(["contact phone set +1 -> +2 by person-1, edit of supabase"]);
    }

    [Theory, InlineData("tenant_id = gen_random_uuid()"), InlineData("id = gen_random_uuid()"), InlineData("created_at = now() - interval '1 day'")]
    public async Task What_identifies_a_record_never_changes(string change) =>
        (await _database.RefusalAsync(Caller.Owner, $"update crm_contacts set {change} where id = $1", _contact)).ShouldBe("23000");

    [Fact]
    public async Task Every_field_of_every_kind_is_captured()
    {
        var fields = await _database.QueryAsync(Caller.Owner, """
            select c.table_name, c.column_name, c.data_type from information_schema.columns c
            where c.table_schema = 'public' and c.column_name <> all (crm_bookkeeping())
              and c.table_name in (select table_name from information_schema.columns where column_name = 'field_stamps')
            """);
        fields.Count.ShouldBeGreaterThan(60);
        var values = new Dictionary<string, string>
        {
            ["text"] = "'x'",
            ["bigint"] = "7",
            ["numeric"] = "0.5",
            ["uuid"] = "gen_random_uuid()",
            ["date"] = "'2026-01-01'",
            ["timestamp with time zone"] = "'2026-01-01'",
            ["ARRAY"] = "'{x}'",
        };
        foreach (var table in fields.GroupBy(field => (string)field[0]!))
        {
            await _database.ExecuteAsync(Functions, $$"""insert into {{table.Key}} (field_stamps) values ('{"*":"{{Ancient}}"}')""");
            foreach (var field in table)
            {
                var value = (table.Key, (string)field[1]!) switch { ("crm_deals", "status") => "'won'", ("crm_activities", "type") => "'call'", _ => values[(string)field[2]!] };
                await _database.ExecuteAsync(Person, $"update {table.Key} set {field[1]} = {value} where {field[1]} is distinct from {value}");
                (await _database.ScalarAsync<long>(Functions, "select count(*) from crm_audit_log where field = $1 and action = 'set'", field[1]!))
                    .ShouldBeGreaterThan(0, $"{table.Key}.{field[1]}");
            }
            await _database.ExecuteAsync(Functions, "delete from crm_outbox");
        }
    }

    private Task<string[]> HistoryAsync() => _database.ColumnAsync(Functions, """
        select concat_ws(' ', kind, field, action, old_value, '->', new_value, 'by', actor || ',', cause, 'of', source)
        from crm_audit_log where action <> 'configure' order by id
        """);

    private Task<string[]> OutboxAsync() =>
        _database.ColumnAsync(Functions, "select platform || ' ' || kind || ' ' || cause || ' v' || version from crm_outbox order by 1");

    private Task<string> StampsAsync() => _database.ScalarAsync<string>(Functions, "select field_stamps::text from crm_contacts where id = $1", _contact);

    private Task<string> StampAsync(string field) => _database.ScalarAsync<string>(Functions, "select field_stamps ->> $2 from crm_contacts where id = $1", _contact, field);

    private Task<long> VersionAsync() => _database.ScalarAsync<long>(Functions, "select version from crm_contacts where id = $1", _contact);
}
