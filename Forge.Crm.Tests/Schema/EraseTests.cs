namespace Forge.Crm.Tests.Schema;

/// <summary>Erasure of a person's data through the one function that may redact history.</summary>
public sealed class EraseTests : IAsyncLifetime
{
    private const string Canary = "canary-4711";

    private readonly Guid _tenant = Guid.NewGuid();
    private readonly Guid _contact = Guid.NewGuid();
    private readonly Guid _merged = Guid.NewGuid();
    private readonly Guid _neighbour = Guid.NewGuid();
    private CrmDatabase _database = null!;

    private Caller Functions => Caller.App(_tenant);

    public async Task InitializeAsync()
    {
        _database = await CrmDatabase.SharedAsync();
        await _database.ExecuteAsync(Functions, TenantSeed.InsertInto("crm_tenants"), _tenant);
        await _database.ExecuteAsync(Functions, "insert into crm_sync_configs (tenant_id, platform, direction) values ($1, 'hubspot', 'two_way')", _tenant);
        foreach (var (record, externalId) in new[] { (_contact, "101"), (_merged, "102"), (_neighbour, "103") })
            await AddPersonAsync(record, externalId);
        await _database.ExecuteAsync(Functions, "update crm_contacts set merged_into_id = $1 where id = $2", _contact, _merged);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task No_trace_of_the_persons_values_is_left_in_any_table()
    {
        (await TablesWithCanaryAsync(_contact)).Count.ShouldBeGreaterThan(5);
        (await EraseAsync(Functions)).ShouldBeTrue();
        (await TablesWithCanaryAsync(_contact)).ShouldBeEmpty();
        (await TablesWithCanaryAsync(_merged)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_neighbours_stay_as_they_were()
    {
        var before = await DumpAsync(_neighbour);
        await EraseAsync(Functions);
        (await DumpAsync(_neighbour)).ShouldBe(before);
    }

    [Fact]
    public async Task The_links_stay_as_tombstones_and_the_events_as_ignored_shells()
    {
        await EraseAsync(Functions);
        (await _database.ColumnAsync(Functions, "select external_id || ' ' || state || ' ' || seen || seen_stamps || hub_stamps || coalesce(sent::text, '-') || coalesce(pushed::text, '-') from crm_record_links order by 1"))[..2]
            .ShouldBe(["101 erased {}{}{}--", "102 erased {}{}{}--"]);
        (await _database.ColumnAsync(
            Functions, "select external_id || ' ' || status || ' ' || length(raw) || ' ' || coalesce(reason, '') from crm_webhook_events where remote_kind = 'contact' order by 1"))
            .ShouldBe(["101 ignored 0 erased", "102 ignored 0 erased", "103 pending 11 "]);
    }

    [Fact]
    public async Task What_was_held_is_closed()
    {
        await EraseAsync(Functions);
        (await _database.ColumnAsync(
            Functions, "select state || ' ' || coalesce(base_value, hub_value, remote_value, resolution, '-') || (resolved_at is not null) from crm_conflict_records order by 1"))
            .ShouldBe([$"open {Canary}false", "superseded -true", "superseded -true"]);
    }

    [Fact]
    public async Task An_event_of_another_kind_with_the_same_number_is_not_touched()
    {
        await _database.ExecuteAsync(Functions, "insert into crm_webhook_events (tenant_id, platform, event_key, raw, remote_kind, external_id, change) values ($1, 'hubspot', 'd', 'deal', 'deal', '101', 'updated')", _tenant);
        await EraseAsync(Functions);
        (await _database.ScalarAsync<string>(Functions, "select status from crm_webhook_events where remote_kind = 'deal'")).ShouldBe("pending");
    }

    [Fact]
    public async Task It_is_itself_written_down_and_queues_nothing()
    {
        await EraseAsync(Functions.With("app.actor", "officer"));
        (await _database.ColumnAsync(Functions, "select action || ' ' || actor || ' ' || cause from crm_audit_log where record_id = $1 order by id desc", _contact))[0]
            .ShouldBe("erase officer person");
        (await _database.ScalarAsync<long>(Functions, "select count(*) from crm_outbox where record_id in ($1, $2)", _contact, _merged)).ShouldBe(0);
        (await _database.ScalarAsync<long>(Functions, "select count(*) from crm_audit_log where record_id = $1 and (old_value = '[erased]' or new_value = '[erased]')", _contact))
            .ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task The_match_plan_forgets_the_person_and_what_others_shared_with_them()
    {
        var other = Guid.NewGuid();
        await _database.ExecuteAsync(
            Functions,
            "insert into crm_match_items (tenant_id, platform, kind, id, side, remote_kind, label, keys) values ($1, 'hubspot', 'contact', $2, 'there', 'contact', $3, array[$3 || '-101', 'email:own@example.test'])",
            _tenant, other, Canary);
        foreach (var key in new[] { $"{Canary}-101", "email:own@example.test" })
        {
            await _database.ExecuteAsync(
                Functions, "insert into crm_match_keys (tenant_id, platform, kind, key, side, item_id) values ($1, 'hubspot', 'contact', $2, 'there', $3)", _tenant, key, other);
        }

        await EraseAsync(Functions);

        (await _database.ColumnAsync(Functions, "select id || coalesce(label, '-') || keys::text from crm_match_items order by external_id nulls first"))[0].ShouldBe($"{other}-{{email:own@example.test}}");
        (await _database.ColumnAsync(Functions, "select distinct external_id from crm_match_items where external_id is not null")).ShouldBe(["103"]);
        (await _database.ColumnAsync(Functions, "select distinct key from crm_match_keys order by key")).ShouldBe([$"{Canary}-103", "email:own@example.test"]);
    }

    [Theory]
    [InlineData("pipedrive")]
    [InlineData("supabase_project")]
    public async Task Every_platforms_match_plan_forgets_the_person(string platform)
    {
        await _database.ExecuteAsync(Functions, "insert into crm_sync_configs (tenant_id, platform) values ($1, $2)", _tenant, platform);
        await _database.ExecuteAsync(
            Functions, "insert into crm_match_items (tenant_id, platform, kind, id, side, remote_kind, label, keys) values ($1, $2, 'contact', $3, 'here', 'contact', $4, array[$4 || '-key'])",
            _tenant, platform, _contact, Canary);
        await _database.ExecuteAsync(
            Functions, "insert into crm_match_keys (tenant_id, platform, kind, key, side, item_id) values ($1, $2, 'contact', $4 || '-key', 'here', $3)", _tenant, platform, _contact, Canary);
        await EraseAsync(Functions);
        (await _database.ScalarAsync<long>(Functions, "select (select count(*) from crm_match_items where platform = $1) + (select count(*) from crm_match_keys where platform = $1)", platform)).ShouldBe(0);
    }

    [Fact]
    public async Task A_delivery_that_nobody_could_read_goes_where_an_address_of_the_person_stands_in_it()
    {
        await _database.ExecuteAsync(Functions, "insert into crm_identities (tenant_id, kind, key, record_id) values ($1, 'contact', 'email:a.b+c@example.com', $2)", _tenant, _contact);
        foreach (var (key, raw) in new[] { ("hers", "\\xff {\"email\": \"A.B+c@example.com\""), ("longer", "xa.b+c@example.com"), ("other", "aXb+c@example.com"), ("domain", "a.b+c@example.com.au"), ("end", "to a.b+c@example.com.") })
            await _database.ExecuteAsync(Functions, "insert into crm_webhook_events (tenant_id, platform, event_key, raw, change) values ($1, 'pipedrive', $2, decode($3, 'escape'), 'updated')", _tenant, key, raw.Replace("\\xff", "\\377", StringComparison.Ordinal));
        await EraseAsync(Functions);
        (await _database.ColumnAsync(Functions, "select event_key from crm_webhook_events where external_id is null and raw = '' order by 1")).ShouldBe(["end", "hers"]);
    }

    [Fact]
    public async Task A_lead_that_may_be_at_HubSpot_is_known_by_its_id_or_by_a_hash_of_its_name_and_no_other_stays()
    {
        await EraseAsync(Functions);
        await EraseAsync(Functions);
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Canary)));
        (await _database.ColumnAsync(
            Functions, "select status || ' ' || coalesce(lead_id, '-') || ' ' || name || coalesce(reason, '') from crm_hubspot_leads where contact_id = $1 order by lead_id nulls first", _contact))
            .ShouldBe([$"erased - {hash}", "erased 7 "]);
        (await _database.ColumnAsync(Functions, "select status from crm_hubspot_leads where contact_id = $1", _neighbour)).ShouldBe(["pending", "pending", "pending"]);
    }

    [Fact]
    public async Task Erasing_again_is_harmless()
    {
        (await EraseAsync(Functions)).ShouldBeTrue();
        (await EraseAsync(Functions)).ShouldBeTrue();
        (await TablesWithCanaryAsync(_contact)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_not_there_is_not_erased() =>
        (await _database.ScalarAsync<bool>(Functions, "select crm_erase_record($1, 'contact', gen_random_uuid())", _tenant)).ShouldBeFalse();

    [Fact]
    public async Task Nobody_erases_for_another_tenant()
    {
        foreach (var other in new object?[] { null, "", Guid.NewGuid() })
        {
            (await _database.RefusalAsync(Caller.App(other), "select crm_erase_record($1, 'contact', $2)", _tenant, _contact)).ShouldBe("42501");
            if (other is Guid stranger)
                (await _database.ScalarAsync<bool>(Caller.App(stranger), "select crm_erase_record($1, 'contact', $2)", stranger, _contact)).ShouldBeFalse();
        }
        (await TablesWithCanaryAsync(_contact)).Count.ShouldBeGreaterThan(5);
    }

    [Theory, InlineData("company"), InlineData("deal"), InlineData("activity"), InlineData("task")]
    public async Task Every_kind_can_be_erased(string kind)
    {
        var (table, field) = kind switch { "company" => ("crm_companies", "name"), "deal" => ("crm_deals", "name"), "activity" => ("crm_activities", "body"), _ => ("crm_tasks", "body") };
        await _database.ExecuteAsync(Functions, $"insert into {table} (tenant_id, id, {field}) values ($1, $1, $2)", _tenant, Canary);
        (await _database.ScalarAsync<bool>(Functions, "select crm_erase_record($1, $2, $1)", _tenant, kind)).ShouldBeTrue();
        (await _database.ScalarAsync<bool>(Functions, $"select {field} is null and deleted_at is not null from {table}")).ShouldBeTrue();
    }

    private Task<bool> EraseAsync(Caller caller) => _database.ScalarAsync<bool>(caller, "select crm_erase_record($1, 'contact', $2)", _tenant, _contact);

    // A contact with its values in every place that the sync keeps them.
    private async Task AddPersonAsync(Guid record, string externalId)
    {
        await _database.ExecuteAsync(
            Functions, "insert into crm_contacts (tenant_id, id, email, custom_fields) values ($1, $2, $3, jsonb_build_object('note', $3))", _tenant, record, Canary);
        await _database.ExecuteAsync(Functions, "update crm_contacts set email = $2 || '-2', additional_emails = array[$2] where id = $1", record, Canary);
        await _database.ExecuteAsync(
            Functions,
            """
            insert into crm_record_links (tenant_id, platform, remote_kind, external_id, record_id, state_at, seen, sent, pushed)
            values ($1, 'hubspot', 'contact', $2, $3, now(), jsonb_build_object('email', $4), jsonb_build_object('email', $4), jsonb_build_object('email', $4))
            """,
            _tenant, externalId, record, Canary);
        await _database.ExecuteAsync(Functions, "insert into crm_identities (tenant_id, kind, key, record_id) values ($1, 'contact', $2, $3)", _tenant, $"{Canary}-{externalId}", record);
        await _database.ExecuteAsync(
            Functions,
            """
            insert into crm_sync_plans (tenant_id, job_id, platform, kind, action, record_id, remote_kind, external_id, fields) values
                ($1, $1, 'supabase', 'contact', 'update', $2, null, null, jsonb_build_array(jsonb_build_object('field', 'email', 'before', $4))),
                ($1, $1, 'supabase', 'contact', 'create', gen_random_uuid(), 'contact', $3, jsonb_build_array(jsonb_build_object('field', 'email', 'after', $4)))
            """,
            _tenant, record, externalId, Canary);
        foreach (var (item, side) in new[] { (record.ToString(), "here"), ($"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"contact:{externalId}")).AsSpan(0, 16))}", "there") })
        {
            await _database.ExecuteAsync(
                Functions,
                """
                insert into crm_match_items (tenant_id, platform, kind, id, side, remote_kind, external_id, label, keys, candidates)
                values ($1, 'hubspot', 'contact', $2::text::uuid, $3, 'contact', $4, $5, array[$5 || '-' || $4], array[$6])
                """,
                _tenant, item, side, externalId, Canary, record);
            await _database.ExecuteAsync(
                Functions, "insert into crm_match_keys (tenant_id, platform, kind, key, side, item_id) values ($1, 'hubspot', 'contact', $2, $3, $4::text::uuid)",
                _tenant, $"{Canary}-{externalId}", side, item);
        }
        await _database.ExecuteAsync(
            Functions, "insert into crm_notices (tenant_id, dedupe_key, target, address, subject, body, payload, kind, record_id, cause) values ($1, $2::text, 'address', $3, $3, $3, $3, 'contact', $2, 'rule')",
            _tenant, record, Canary);
        await _database.ExecuteAsync(
            Functions,
            """
            insert into crm_hubspot_leads (tenant_id, rule_id, event_id, place, contact_id, name, reason, sent_to, lead_id)
            select $1, $2, row_number() over (), 0, $2, $3, $3, sent_to, lead_id from (values (null, null), ('9', null), ('9', '7')) as l(sent_to, lead_id)
            """,
            _tenant, record, Canary);
        await _database.ExecuteAsync(
            Functions,
            "insert into crm_webhook_events (tenant_id, platform, event_key, raw, remote_kind, external_id, change) values ($1, 'hubspot', $2, $3::text::bytea, 'contact', $2, 'updated')",
            _tenant, externalId, Canary);
        await _database.ExecuteAsync(
            Functions,
            """
            insert into crm_conflict_records (tenant_id, kind, record_id, field, platform, base_value, hub_value, hub_stamp, remote_value, remote_stamp)
            values ($1, 'contact', $2, 'email', 'hubspot', $3, $3, 's', $3, 's')
            """,
            _tenant, record, Canary);
    }

    private async Task<List<string>> TablesWithCanaryAsync(Guid record) =>
        [.. (await DumpAsync(record)).Where(row => row.Contains(Canary, StringComparison.Ordinal) || row.Contains(Convert.ToHexStringLower("canary"u8), StringComparison.Ordinal))];

    // Every row that names the record, or an external id of it, in any table.
    private async Task<string[]> DumpAsync(Guid record)
    {
        List<string> rows = [];
        foreach (var table in TenantSeed.Tables)
        {
            var dumped = await _database.ColumnAsync(
                Functions,
                $"""
                select '{table} ' || t::text from {table} t
                where t::text like '%' || $1 || '%'
                   or '{table}' in ('crm_webhook_events', 'crm_sync_plans') and to_jsonb(t) ->> 'external_id' in (select external_id from crm_record_links where record_id = $2)
                order by 1
                """,
                $"{record}", record);
            rows.AddRange(dumped);
        }
        return [.. rows];
    }
}
