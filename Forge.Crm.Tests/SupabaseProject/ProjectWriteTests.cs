using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Supabase;

namespace Forge.Crm.Tests.SupabaseProject;

/// <summary>What the adapter writes into a project, and what it never does.</summary>
public sealed class ProjectWriteTests : IAsyncLifetime
{
    private ProjectBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ProjectBed.StartAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task An_update_writes_the_named_columns_and_no_others_and_shows_the_whole_row()
    {
        var id = await _bed.PersonAsync("ann@x.example", "'Ann', 'Old'");
        var answer = (await WriteAsync(Update(id, ("nachname", "New"), ("vorname", null), ("other_mails", "a@x.example;b@x.example")))).Single();
        answer.State.ShouldBe(WriteState.Done);
        (answer.Record!.Properties["mail"], answer.Record.Properties["nachname"], answer.Record.Properties["vorname"], answer.Record.Properties["other_mails"])
            .ShouldBe(("ann@x.example", "New", null, "a@x.example;b@x.example"));
        (await _bed.ScalarAsync<string[]>("select other_mails from people")).ShouldBe(["a@x.example", "b@x.example"]);
    }

    [Fact]
    public async Task An_update_over_an_edit_that_was_not_seen_is_not_made()
    {
        var (moved, still) = (await _bed.PersonAsync("a@x.example"), await _bed.PersonAsync("b@x.example"));
        var seen = (await _bed.Open().ReadAsync(RemoteKind.Contact, [moved, still], false, CancellationToken.None)).ToDictionary(record => record.Ref.Id, record => record.UpdatedAt);
        await _bed.ExecuteAsync($"update people set vorname = 'Person' where nr = '{moved}'");

        var answers = await WriteAsync(
            Update(moved, ("vorname", "Forge")) with { Seen = seen[moved] }, Update(still, ("vorname", "Forge")) with { Seen = seen[still] });

        answers.Select(answer => answer.State).ShouldBe([WriteState.Moved, WriteState.Done]);
        (await _bed.ScalarAsync<string>($"select vorname from people where nr = '{moved}'")).ShouldBe("Person");
    }

    [Fact]
    public async Task Records_that_get_the_same_values_share_a_call()
    {
        var ids = new List<string>();
        for (var i = 0; i < 40; i++)
            ids.Add(await _bed.PersonAsync($"p{i}@x.example"));
        var seen = (await _bed.Open().ReadAsync(RemoteKind.Contact, ids, false, CancellationToken.None)).ToDictionary(record => record.Ref.Id, record => record.UpdatedAt);
        var before = _bed.Simulator.Ledger.Entries.Count;
        var answers = await WriteAsync([.. ids.Select(id => Update(id, ("job", "CEO")) with { Seen = seen[id] })]);
        answers.ShouldAllBe(answer => answer.State == WriteState.Done);
        var call = _bed.Simulator.Ledger.Entries.Skip(before).ShouldHaveSingleItem();
        call.Query.Length.ShouldBeLessThan(8_000);
        answers.Zip(ids).ShouldAllBe(pair => pair.First.Record!.Ref.Id == pair.Second);
    }

    [Fact]
    public async Task One_that_is_gone_deleted_or_of_another_kind_is_absent_and_stays_so()
    {
        var deleted = await _bed.PersonAsync("d@x.example");
        await _bed.ExecuteAsync("update people set removed_at = now(); insert into activities (id, type) values ('m', 'meeting')");
        (await WriteAsync(Update(deleted, ("job", "CEO")), Update(Guid.NewGuid().ToString(), ("job", "CEO")))).ShouldAllBe(answer => answer.State == WriteState.Absent);
        (await _bed.Writer().WriteAsync(RemoteKind.Call, [Update("m", ("title", "X"))], CancellationToken.None)).Single().State.ShouldBe(WriteState.Absent);
        (await _bed.ScalarAsync<long>("select count(*) from people where job is not null")).ShouldBe(0);
    }

    [Theory]
    [InlineData("mail", "taken@x.example", "'mail': another row has that value already (23505)")]
    [InlineData("worth", "-1", "'people_worth_check': this check of the table refuses a value of worth (23514)")]
    [InlineData("worth", "ann@secret.example", "a value of worth is no numeric (22P02)")]
    [InlineData("job", "ann@secret.example is far too long a job", "a text of job is too long for character (22001)")]
    [InlineData("staff_id", "ann@secret.example", "'staff_id': names a row that is not there, or that is referred to itself (23503)")]
    [InlineData("full_name", "Ann Secret", "'full_name': the database computes this column; take it out of the mapping (428C9)")]
    [InlineData("no_such", "Ann Secret", "'no_such': there is no such column any more; mend the mapping (PGRST204)")]
    public async Task What_the_table_forbids_is_refused_by_column_and_never_by_value(string column, string value, string reason)
    {
        await _bed.PersonAsync("taken@x.example");
        var (bad, good) = (await _bed.PersonAsync("a@x.example"), await _bed.PersonAsync("b@x.example"));
        var answers = await WriteAsync(Update(bad, (column, value)), Update(good, ("vorname", "Fine")));
        answers.Select(answer => (answer.State, answer.Reason)).ShouldBe([(WriteState.Refused, reason), (WriteState.Done, null)]);
    }

    [Fact]
    public async Task A_missing_value_is_refused_by_column()
    {
        var id = (await _bed.ScalarAsync<long>("insert into deals (title) values ('Deal') returning id")).ToString(System.Globalization.CultureInfo.InvariantCulture);
        (await _bed.Writer().WriteAsync(RemoteKind.Deal, [Update(id, ("title", null))], CancellationToken.None)).Single().Reason.ShouldBe("'title': must not be empty (23502)");
    }

    [Fact]
    public async Task A_creation_that_is_repeated_creates_nothing_and_overwrites_nobody()
    {
        var sync = Guid.NewGuid();
        var first = (await CreateAsync(new RecordCreation(sync, Of(("mail", "new@x.example"), ("vorname", "New"), ("job", null))))).Single().Record!;
        (first.SyncId, first.Properties["vorname"]).ShouldBe((sync, "New"));
        await _bed.ExecuteAsync("update people set vorname = 'Person'");

        var again = await CreateAsync(new RecordCreation(sync, Of(("mail", "new@x.example"), ("vorname", "New"))), new RecordCreation(Guid.NewGuid(), Of(("mail", "other@x.example"))));

        again.Select(answer => (answer.State, answer.Record!.Properties["vorname"])).ShouldBe([(WriteState.Done, "Person"), (WriteState.Done, null)]);
        again[0].Record!.Ref.ShouldBe(first.Ref);
        (await _bed.ScalarAsync<long>("select count(*) from people")).ShouldBe(2);
    }

    [Fact]
    public async Task A_creation_whose_answer_is_lost_is_made_once()
    {
        _bed.Simulator.Faults.FailNext("/rest/v1/people", new() { Method = "POST", DropConnection = true, AfterWork = true });
        var answer = (await CreateAsync(new RecordCreation(Guid.NewGuid(), Of(("mail", "new@x.example"))))).Single();
        answer.State.ShouldBe(WriteState.Done);
        (await _bed.ScalarAsync<long>("select count(*) from people")).ShouldBe(1);
    }

    [Fact]
    public async Task Where_no_column_holds_our_id_a_creation_is_not_repeated()
    {
        _bed.Simulator.Faults.FailNext("/rest/v1/firms", new() { Method = "POST", DropConnection = true, AfterWork = true });
        await Should.ThrowAsync<CrmCallException>(() => _bed.Writer().CreateAsync(RemoteKind.Company, [new(Guid.NewGuid(), Of(("name", "Acme")))], CancellationToken.None));
        (await _bed.ScalarAsync<long>("select count(*) from firms")).ShouldBe(1);
        var two = await _bed.Writer().CreateAsync(RemoteKind.Company, [new(Guid.NewGuid(), Of(("name", "A"))), new(Guid.NewGuid(), Of(("name", "B")))], CancellationToken.None);
        two.Select(answer => answer.Record!.Properties["name"]).ShouldBe(["A", "B"]);
    }

    [Fact]
    public async Task One_bad_creation_does_not_sink_its_batch()
    {
        await _bed.PersonAsync("taken@x.example");
        var creations = Enumerable.Range(0, 20).Select(i => new RecordCreation(Guid.NewGuid(), Of(("mail", i == 13 ? "taken@x.example" : $"p{i}@x.example"), ("worth", i == 4 ? "-1" : null)))).ToArray();
        var answers = await CreateAsync(creations);
        answers.Index().Where(row => row.Item.State != WriteState.Done).Select(row => (row.Index, row.Item.Reason)).ShouldBe(
            [(4, "'people_worth_check': this check of the table refuses a value of mail, worth (23514)"), (13, "'mail': another row has that value already (23505)")]);
        answers.Index().Where(row => row.Item.State == WriteState.Done).ShouldAllBe(row => row.Item.Record!.SyncId == creations[row.Index].SyncId);
    }

    [Fact]
    public async Task A_batch_of_creations_is_one_call_and_leaves_defaults_alone()
    {
        var before = _bed.Simulator.Ledger.Entries.Count;
        var answers = await CreateAsync([.. Enumerable.Range(0, 40).Select(i => new RecordCreation(Guid.NewGuid(), i % 2 == 0 ? Of(("mail", $"p{i}@x.example")) : Of(("vorname", "Only"))))]);
        answers.ShouldAllBe(answer => answer.State == WriteState.Done);
        _bed.Simulator.Ledger.Entries.Count.ShouldBe(before + 1);
        (await _bed.ScalarAsync<long>("select count(distinct nr) from people where made_at is not null")).ShouldBe(40);
    }

    [Fact]
    public async Task A_kind_that_shares_its_table_is_created_as_that_kind()
    {
        var call = (await _bed.Writer().CreateAsync(RemoteKind.Call, [new(Guid.NewGuid(), Of(("title", "Intro")))], CancellationToken.None)).Single().Record!;
        (await _bed.ScalarAsync<string>($"select type from activities where id = '{call.Ref.Id}'")).ShouldBe("call");
    }

    [Fact]
    public async Task What_we_created_is_found_by_our_id_and_what_people_made_by_its_match_key()
    {
        var (ours, gone) = (Guid.NewGuid(), Guid.NewGuid());
        await CreateAsync(new RecordCreation(ours, Of(("mail", "ours@x.example"))), new RecordCreation(gone, Of(("mail", "gone@x.example"))));
        await _bed.ExecuteAsync("update people set removed_at = now() where mail = 'gone@x.example'");
        await _bed.PersonAsync("An_n.O''Hara@X.example");
        await _bed.PersonAsync("Anxn.O''Hara@X.example");
        var found = await _bed.Writer().FindAsync(
            RemoteKind.Contact,
            [new(ours, ["email:someone@else.example"]), new(gone, ["email:gone@x.example"]), new(Guid.NewGuid(), ["email:an_n.o'hara@x.example", "domain:x.example"])], CancellationToken.None);
        found.Select(record => record.Properties["mail"]).ShouldBe(["ours@x.example", "An_n.O'Hara@X.example"]);
    }

    [Fact]
    public async Task A_deletion_marks_the_row_where_there_is_a_column_for_it_and_removes_it_where_there_is_none()
    {
        var (person, other) = (await _bed.PersonAsync("a@x.example"), Guid.NewGuid().ToString());
        var deleted = await _bed.Writer().DeleteAsync(RemoteKind.Contact, [other, person], CancellationToken.None);
        deleted.Select(answer => answer.State).ShouldBe([WriteState.Absent, WriteState.Done]);
        (await _bed.Writer().DeleteAsync(RemoteKind.Contact, [person], CancellationToken.None)).Single().State.ShouldBe(WriteState.Absent);
        (await _bed.ScalarAsync<bool>("select removed_at between changed_at - interval '1 minute' and changed_at from people")).ShouldBeTrue();

        await _bed.ExecuteAsync("insert into firms (name) values ('Free'), ('Named'); update people set firm_id = 2");
        var firms = await _bed.Writer().DeleteAsync(RemoteKind.Company, ["1", "2", "3"], CancellationToken.None);
        firms.Select(answer => answer.State).ShouldBe([WriteState.Done, WriteState.Refused, WriteState.Absent]);
        (await _bed.ScalarAsync<string>("select string_agg(name, ',') from firms")).ShouldBe("Named");
    }

    [Fact]
    public async Task An_erasure_removes_the_row_also_where_deletions_only_mark_it_and_says_where_it_cannot()
    {
        var (person, marked) = (await _bed.PersonAsync("a@x.example"), await _bed.PersonAsync("b@x.example"));
        await _bed.ExecuteAsync("update people set removed_at = now() where mail = 'b@x.example'");
        var erased = await _bed.Writer().EraseAsync(RemoteKind.Contact, [person, marked, Guid.NewGuid().ToString()], CancellationToken.None);
        erased.Select(answer => answer.State).ShouldBe([WriteState.Done, WriteState.Done, WriteState.Absent]);
        (await _bed.ScalarAsync<long>("select count(*) from people")).ShouldBe(0);

        await _bed.ExecuteAsync("insert into firms (name) values ('Named')");
        await _bed.PersonAsync("c@x.example");
        await _bed.ExecuteAsync("update people set firm_id = (select max(id) from firms)");
        var firm = await _bed.ScalarAsync<string>("select max(id)::text from firms");
        (await _bed.Writer().EraseAsync(RemoteKind.Company, [firm!], CancellationToken.None)).Single().State.ShouldBe(WriteState.Refused);
    }

    [Fact]
    public async Task A_merge_is_refused_with_the_reason() =>
        (await _bed.Writer().MergeAsync(RemoteKind.Contact, "a", "b", CancellationToken.None)).ShouldSatisfyAllConditions(
            answer => answer.State.ShouldBe(WriteState.Refused), answer => answer.Reason!.ShouldContain("does not merge rows"));

    [Fact]
    public async Task Each_of_our_writes_leaves_another_mark()
    {
        var id = await _bed.PersonAsync("a@x.example");
        await WriteAsync(Update(id, ("job", "One")));
        var first = await _bed.ScalarAsync<string>("select written_by from people");
        await WriteAsync(Update(id, ("job", "Two")));
        var second = await _bed.ScalarAsync<string>("select written_by from people");
        (first!.StartsWith("forge:", StringComparison.Ordinal), second!.StartsWith("forge:", StringComparison.Ordinal), first == second).ShouldBe((true, true, false));
    }

    [Fact]
    public async Task A_statement_that_takes_too_long_may_be_tried_again_later()
    {
        var id = await _bed.PersonAsync("a@x.example");
        _bed.Simulator.Faults.StatementTimeout = TimeSpan.FromMilliseconds(50);
        await _bed.ExecuteAsync("create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(1); return new; end $$; create trigger slow before update on people for each row execute function slow()");
        var e = await Should.ThrowAsync<CrmCallException>(() => WriteAsync(Update(id, ("job", "CEO"))));
        (e.IsTransient, e.Message.Contains("57014", StringComparison.Ordinal)).ShouldBe((true, true));
    }

    [Fact]
    public async Task A_failure_of_the_network_is_of_the_whole_call()
    {
        var id = await _bed.PersonAsync("a@x.example");
        _bed.Simulator.Faults.FailNext("/rest/v1/people", new SupabaseFault { Status = 503 }, times: 10);
        (await Should.ThrowAsync<CrmCallException>(() => WriteAsync(Update(id, ("job", "CEO"))))).IsTransient.ShouldBeTrue();
    }

    private Task<IReadOnlyList<WriteAnswer>> WriteAsync(params RecordUpdate[] updates) => _bed.Writer().WriteAsync(RemoteKind.Contact, updates, CancellationToken.None);

    private Task<IReadOnlyList<WriteAnswer>> CreateAsync(params RecordCreation[] creations) => _bed.Writer().CreateAsync(RemoteKind.Contact, creations, CancellationToken.None);

    private static RecordUpdate Update(string id, params (string Column, string? Value)[] values) => new(id, Of(values));

    private static Dictionary<string, string?> Of(params (string Column, string? Value)[] values) => values.ToDictionary(row => row.Column, row => row.Value);
}
