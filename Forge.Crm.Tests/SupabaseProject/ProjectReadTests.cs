using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.SupabaseProject;

/// <summary>What the adapter reads of a project: every record, once, whatever is edited meanwhile.</summary>
public sealed class ProjectReadTests : IAsyncLifetime
{
    private ProjectBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ProjectBed.StartAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task A_row_is_a_record_with_the_hub_s_fields_and_its_associations()
    {
        var firm = await _bed.ScalarAsync<long>("insert into firms (name, domain) values ('Acme', 'acme.example') returning id");
        var id = (await _bed.ScalarAsync<Guid>($$"""
            insert into people (mail, other_mails, vorname, nachname, worth, staff_id, firm_id, secret_note)
            values ('ann@acme.example', '{b@x.example,"a;b"}', 'Ann', 'Ö "K"', 12.50, 'ann', {{firm}}, 'not ours') returning nr
            """)).ToString();

        var record = await _bed.ReadAsync(RemoteKind.Contact, id);

        var mapped = _bed.Mapped(record, new(TenantLocale.Default, [new("ann", Guid.Empty, null, null, true)], []));
        (mapped["email"], mapped["first_name"], mapped["last_name"], mapped["lead_value"], mapped["owner_id"], mapped["job_title"])
            .ShouldBe(("ann@acme.example", "Ann", "Ö \"K\"", "12.5", Guid.Empty.ToString(), null));
        mapped.ShouldNotContainKey("phone", "no column holds it, so that nothing is known of it");
        record.Properties.Values.ShouldNotContain("not ours");
        record.Associations.ShouldHaveSingleItem().To.ShouldBe([new($"{firm}", IsPrimary: true)]);
        record.UpdatedAt.UtcDateTime.ShouldBe(await _bed.ScalarAsync<DateTime>("select changed_at from people"));
        _bed.Simulator.Ledger.Entries.ShouldAllBe(entry => !entry.Query.Contains("secret_note", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(7)]
    public async Task A_list_shows_every_live_record_once_even_where_the_project_shows_few_at_once(int maxRows)
    {
        _bed.Simulator.Faults.MaxRows = maxRows;
        await _bed.ExecuteAsync("insert into people (mail) select 'p' || i || '@x.example' from generate_series(1, 40) i; update people set removed_at = now() where mail like 'p1%'");
        (await _bed.ListAllAsync(RemoteKind.Contact)).Select(record => record.Properties["mail"]).Distinct().Count().ShouldBe(29);
        (await _bed.ListAllAsync(RemoteKind.Contact, archived: true)).Count.ShouldBe(11);
        (await _bed.ListAllAsync(RemoteKind.Company, archived: true)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_list_tells_its_total_at_the_first_page()
    {
        await _bed.ExecuteAsync("insert into deals (title) select 'd' || i from generate_series(1, 12) i");
        (await _bed.Open().ListAsync(RemoteKind.Deal, null, archived: false, CancellationToken.None)).Total.ShouldBe(12);
        (await _bed.Open().ChangedSinceAsync(RemoteKind.Deal, new(DateTimeOffset.UnixEpoch), CancellationToken.None)).Total.ShouldBe(12);
    }

    [Fact]
    public async Task A_row_that_is_edited_while_the_list_is_read_is_still_shown_once()
    {
        _bed.Simulator.Faults.MaxRows = 3;
        await _bed.ExecuteAsync("insert into deals (title) select 'd' || i from generate_series(1, 10) i");
        var account = _bed.Open();
        var first = await account.ListAsync(RemoteKind.Deal, null, archived: false, CancellationToken.None);
        await _bed.ExecuteAsync("update deals set title = 'moved' where id in (1, 5, 10); delete from deals where id = 2");
        var rest = new List<string>();
        for (var after = first.After; after is not null;)
        {
            var page = await account.ListAsync(RemoteKind.Deal, after, archived: false, CancellationToken.None);
            rest.AddRange(page.Records.Select(record => record.Ref.Id));
            after = page.After;
        }

        first.Records.Select(record => record.Ref.Id).Concat(rest).ShouldBe(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
    }

    [Fact]
    public async Task Changes_of_one_instant_are_all_found_though_they_fill_several_pages()
    {
        _bed.Simulator.Faults.MaxRows = 4;
        await _bed.ExecuteAsync("""
            alter table deals disable trigger touch;
            insert into deals (title, updated_at) select 'd', '2026-10-01T09:00:00.123456Z' from generate_series(1, 11);
            insert into deals (title, updated_at) select 'e', '2026-10-01T09:00:00.123457Z' from generate_series(1, 3);
            insert into deals (title, updated_at) values ('before', '2026-10-01T09:00:00.123455Z')
            """);
        var found = await _bed.ChangedAsync(RemoteKind.Deal, new DateTimeOffset(2026, 10, 1, 9, 0, 0, TimeSpan.Zero).AddMicroseconds(123_456));
        found.ShouldBe(Enumerable.Range(1, 14).Select(i => $"{i}"), ignoreOrder: true);
    }

    [Fact]
    public async Task Only_what_changed_since_is_found_a_soft_deletion_too()
    {
        var (kept, gone) = (await _bed.PersonAsync("kept@x.example"), await _bed.PersonAsync("gone@x.example"));
        var since = new DateTimeOffset(await _bed.ScalarAsync<DateTime>("select clock_timestamp()"), TimeSpan.Zero);
        await _bed.ExecuteAsync($"update people set removed_at = now() where nr = '{gone}'");
        (await _bed.ChangedAsync(RemoteKind.Contact, since)).ShouldBe([gone]);
        (await _bed.ReadAsync(RemoteKind.Contact, gone)).ArchivedAt.ShouldNotBeNull();
        (await _bed.ReadAsync(RemoteKind.Contact, kept)).ArchivedAt.ShouldBeNull();
    }

    [Fact]
    public async Task Ids_that_are_not_there_are_left_out_and_long_ones_are_split_by_what_an_address_holds()
    {
        var id = await _bed.PersonAsync("ann@x.example");
        var ids = Enumerable.Range(0, 250).Select(_ => Guid.NewGuid().ToString()).Append(id).Append(id).ToList();
        (await _bed.Open().ReadAsync(RemoteKind.Contact, ids, false, CancellationToken.None)).ShouldHaveSingleItem();
        _bed.Simulator.Ledger.Entries.Count.ShouldBe(3);
        await _bed.ExecuteAsync("insert into activities (id, type) select repeat('é,\"(', 60) || i, 'call' from generate_series(1, 20) i");
        var calls = await _bed.ListAllAsync(RemoteKind.Call);
        (await _bed.Open().ReadAsync(RemoteKind.Call, [.. calls.Select(call => call.Ref.Id)], false, CancellationToken.None)).Count.ShouldBe(20);
        _bed.Simulator.Ledger.Entries.ShouldAllBe(entry => entry.Query.Length < 8_000);
    }

    [Fact]
    public async Task Kinds_that_share_a_table_are_told_apart()
    {
        await _bed.ExecuteAsync("insert into activities (type, title) values ('call', 'A'), ('meeting', 'B'), ('lunch', 'C')");
        var call = (await _bed.ListAllAsync(RemoteKind.Call)).ShouldHaveSingleItem();
        var mapped = _bed.Mapped(call);
        (mapped["type"], mapped["subject"]).ShouldBe(("call", "A"));
        (await _bed.Open().ReadAsync(RemoteKind.Meeting, [call.Ref.Id], false, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Owners_come_from_their_table_and_stages_from_the_mapping()
    {
        _bed.Simulator.Faults.MaxRows = 2;
        await _bed.ExecuteAsync("insert into staff values ('bob', null, 'Bob'), ('cid', 'cid@acme.example', null)");
        (await _bed.Open().ReadOwnersAsync(CancellationToken.None)).ShouldBe(
            [new("ann", "ann@acme.example", "Ann", true), new("bob", null, "Bob", true), new("cid", "cid@acme.example", null, true)]);
        (await _bed.Open().ReadStagesAsync(CancellationToken.None)).ShouldBe(
            [new("Verkauf", "Verkauf", "neu", "Neu", 0, null, "open", false), new("Verkauf", "Verkauf", "gewonnen", "gewonnen", 1, 1, "won", false)]);
    }

    [Fact]
    public async Task A_deal_s_stage_says_whether_it_is_won()
    {
        await _bed.ExecuteAsync("insert into deals (title, phase) values ('Big', 'gewonnen')");
        Domain.Mapping.Lookups lookups = new(TenantLocale.Default, [], [new("Verkauf", "gewonnen", Guid.Empty, Guid.Empty, "Verkauf", "", 1, 1, "won", false)]);
        _bed.Mapped((await _bed.ListAllAsync(RemoteKind.Deal)).Single(), lookups)["status"].ShouldBe("won");
    }

    [Fact]
    public async Task Associations_are_known_only_where_a_column_leads_to_them()
    {
        var id = await _bed.PersonAsync("ann@x.example");
        (await _bed.Open().ReadAssociationsAsync(RemoteKind.Contact, [id], RemoteKind.Company, CancellationToken.None)).ShouldHaveSingleItem().To.ShouldBeEmpty();
        (await _bed.Open().ReadAssociationsAsync(RemoteKind.Deal, ["1"], RemoteKind.Company, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_account_is_the_project_and_a_wrong_key_is_refused_by_name()
    {
        (await _bed.Open().DescribeAsync(CancellationToken.None)).ShouldBe(new("abcdefghijklmnopqrst", null, null));
        (await _bed.Open("{}").DescribeAsync(CancellationToken.None)).Id.ShouldBe("abcdefghijklmnopqrst");
        var e = await Should.ThrowAsync<CrmCallException>(() =>
            _bed.Open("{}", ProjectBed.Secret.Replace("simulator", "another", StringComparison.Ordinal)).DescribeAsync(CancellationToken.None));
        (e.IsUnauthorized, e.IsTransient).ShouldBe((true, false));
    }

    [Fact]
    public async Task A_key_that_is_a_token_stands_in_both_headers()
    {
        await using var bed = await ProjectBed.StartAsync("eyJhbGciOi.simulator.key");
        var secret = ProjectBed.Secret.Replace(ProjectBed.Key, "eyJhbGciOi.simulator.key", StringComparison.Ordinal);
        (await bed.Open("{}", secret).DescribeAsync(CancellationToken.None)).Id.ShouldNotBeEmpty();
    }
}
