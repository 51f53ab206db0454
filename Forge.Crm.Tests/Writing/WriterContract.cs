using System.Diagnostics;
using System.Net;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Writing;

/// <summary>What every platform's <see cref="ICrmWriter"/> keeps, whatever the platform's API is like.</summary>
public abstract class WriterContract(WriterBed bed) : IAsyncLifetime
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    protected WriterBed Bed => bed;

    public Task InitializeAsync() => bed.StartAsync();

    public async Task DisposeAsync() => await bed.DisposeAsync();

    [Fact]
    public async Task Only_the_named_properties_are_written_and_the_answer_shows_the_whole_record()
    {
        var id = bed.AddContact("ann@example.com", "Ann", "+12025550100");
        var answer = (await bed.Writer.WriteAsync(RemoteKind.Contact, [new(id, bed.Contact(("last_name", "Smith")))], Ct)).ShouldHaveSingleItem();
        answer.State.ShouldBe(WriteState.Done);
        var shown = bed.Values(answer.Record!);
        (shown["email"], shown["first_name"], shown["last_name"], shown["phone"]).ShouldBe(("ann@example.com", "Ann", "Smith", "+12025550100"));
        var read = (await bed.Account.ReadAsync(RemoteKind.Contact, [id], false, Ct)).ShouldHaveSingleItem();
        read.Properties.ShouldBe(answer.Record!.Properties, ignoreOrder: true);
        (read.UpdatedAt, read.CreatedAt, read.Ref).ShouldBe((answer.Record.UpdatedAt, answer.Record.CreatedAt, answer.Record.Ref));
    }

    [Fact]
    public async Task A_null_clears()
    {
        var id = bed.AddContact("ann@example.com", "Ann", "+12025550100");
        var phone = bed.Contact(("phone", "+1")).Keys.ShouldHaveSingleItem();
        var answer = (await bed.Writer.WriteAsync(RemoteKind.Contact, [new(id, new Dictionary<string, string?> { [phone] = null })], Ct)).ShouldHaveSingleItem();
        var shown = bed.Values(answer.Record!);
        (shown["phone"], shown["email"], shown["first_name"]).ShouldBe((null, "ann@example.com", "Ann"));
    }

    [Fact]
    public async Task What_was_created_carries_our_id_and_is_found_at_once()
    {
        bed.StopIndexing();
        Guid[] ids = [.. Enumerable.Range(0, 3).Select(_ => Guid.NewGuid())];
        var answers = await bed.Writer.CreateAsync(
            RemoteKind.Contact, [.. ids.Select((id, i) => new RecordCreation(id, bed.Contact(("first_name", $"Ann {i}"), ("email", $"a{i}@example.com"))))], Ct);
        answers.Select(answer => answer.Record!.SyncId).ShouldBe(ids.Cast<Guid?>());
        answers.Select(answer => bed.Values(answer.Record!)["email"]).ShouldBe(["a0@example.com", "a1@example.com", "a2@example.com"]);
        var found = await bed.Writer.FindAsync(RemoteKind.Contact, [.. ids.Take(2).Append(Guid.NewGuid()).Select(id => Sent(id))], Ct);
        found.Select(record => record.SyncId).ShouldBe(ids.Take(2).Cast<Guid?>(), ignoreOrder: true);
        found.Select(record => bed.Values(record)["email"]).ShouldBe(["a0@example.com", "a1@example.com"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_creation_whose_answer_was_lost_was_sent_once_and_is_found()
    {
        bed.StopIndexing();
        var id = Guid.NewGuid();
        await bed.Writer.CreateAsync(RemoteKind.Contact, [new(Guid.NewGuid(), bed.Contact(("first_name", "Bob")))], Ct); // what is set up once is set up
        bed.LoseNextCreation(RemoteKind.Contact);
        var error = await Should.ThrowAsync<CrmCallException>(() => bed.Writer.CreateAsync(
            RemoteKind.Contact, [new(id, bed.Contact(("first_name", "Ann"), ("email", "ann@example.com")))], Ct));
        (error.IsTransient, error.Status).ShouldBe((true, null));
        bed.Count(RemoteKind.Contact).ShouldBe(2);
        (await bed.Writer.FindAsync(RemoteKind.Contact, [Sent(id, "email:ann@example.com")], Ct)).ShouldHaveSingleItem().SyncId.ShouldBe(id);
    }

    [Fact]
    public async Task What_somebody_else_made_is_found_by_its_key_and_a_deleted_record_is_not()
    {
        var id = bed.AddContact("ann@example.com", "Ann", "+12025550100");
        var gone = bed.AddContact("bob@example.com", "Bob", "+12025550101");
        (await bed.Writer.DeleteAsync(RemoteKind.Contact, [gone], Ct)).ShouldBe([WriteAnswer.Deleted]);
        var found = await bed.Writer.FindAsync(
            RemoteKind.Contact, [new(Guid.NewGuid(), ["email:ann@example.com"]), new(Guid.NewGuid(), ["email:bob@example.com"])], Ct);
        found.ShouldHaveSingleItem().Ref.ShouldBe(new(RemoteKind.Contact, id));
    }

    [Fact]
    public async Task One_refused_update_stops_no_other_and_its_reason_names_the_property_and_no_value()
    {
        string[] ids = [.. Enumerable.Range(0, 5).Select(i => bed.AddContact($"a{i}@example.com", "Ann", "+12025550100"))];
        var updates = ids.Select((id, i) => new RecordUpdate(
            id, i == 3 ? new Dictionary<string, string?> { [bed.Refused.Property] = bed.Refused.Value } : bed.Contact(("last_name", $"Smith {i}"))));
        var answers = await bed.Writer.WriteAsync(RemoteKind.Contact, [.. updates], Ct);
        answers.Select(answer => answer.State).ShouldBe([WriteState.Done, WriteState.Done, WriteState.Done, WriteState.Refused, WriteState.Done]);
        answers.Select(answer => answer.Record?.Ref.Id).ShouldBe([ids[0], ids[1], ids[2], null, ids[4]]);
        Told(answers[3].Reason!).ShouldContain(bed.Refused.Named);
    }

    [Fact]
    public async Task One_refused_creation_stops_no_other()
    {
        RecordCreation Creation(int i)
        {
            var properties = new Dictionary<string, string?>(bed.Contact(("first_name", $"Ann {i}")));
            properties[bed.Refused.Property] = i == 1 ? bed.Refused.Value : null;
            return new(Guid.NewGuid(), properties);
        }

        RecordCreation[] creations = [.. Enumerable.Range(0, 4).Select(Creation)];
        var answers = await bed.Writer.CreateAsync(RemoteKind.Contact, creations, Ct);
        answers.Select(answer => answer.State).ShouldBe([WriteState.Done, WriteState.Refused, WriteState.Done, WriteState.Done]);
        answers.Select(answer => answer.Record?.SyncId).ShouldBe([creations[0].SyncId, null, creations[2].SyncId, creations[3].SyncId]);
        bed.Count(RemoteKind.Contact).ShouldBe(3);
        Told(answers[1].Reason!);
    }

    [Fact]
    public async Task A_record_that_is_not_there_any_more_or_never_was_is_absent()
    {
        var id = bed.AddContact("ann@example.com", "Ann", "+12025550100");
        (await bed.Writer.DeleteAsync(RemoteKind.Contact, [id, bed.UnknownId], Ct)).ShouldBe([WriteAnswer.Deleted, WriteAnswer.Absent]);
        bed.Count(RemoteKind.Contact).ShouldBe(0);
        (await bed.Writer.DeleteAsync(RemoteKind.Contact, [id], Ct)).ShouldBe([WriteAnswer.Absent]);
        var answers = await bed.Writer.WriteAsync(
            RemoteKind.Contact, [new(id, bed.Contact(("last_name", "Smith"))), new(bed.UnknownId, bed.Contact(("last_name", "Smith")))], Ct);
        answers.ShouldBe([WriteAnswer.Absent, WriteAnswer.Absent]);
    }

    [Fact]
    public async Task A_merge_shows_what_survives_and_the_other_is_gone()
    {
        var survivor = bed.AddContact("ann@example.com", "Ann", "+12025550100");
        var loser = bed.AddContact("ann@home.example.com", "Anna", "+12025550101");
        var answer = await bed.Writer.MergeAsync(RemoteKind.Contact, survivor, loser, Ct);
        if (!bed.Merges)
        {
            (answer.State, bed.Count(RemoteKind.Contact)).ShouldBe((WriteState.Refused, 2));
            return;
        }

        answer.State.ShouldBe(WriteState.Done);
        var shown = bed.Values(answer.Record!);
        (shown["first_name"], shown["email"], shown["additional_emails"]).ShouldBe(("Ann", "ann@example.com", "ann@home.example.com"));
        bed.Count(RemoteKind.Contact).ShouldBe(1);
        (await bed.Writer.MergeAsync(RemoteKind.Contact, answer.Record!.Ref.Id, bed.UnknownId, Ct)).ShouldBe(WriteAnswer.Absent);
    }

    [Fact]
    public async Task What_the_platform_does_not_merge_is_refused_without_asking()
    {
        var answer = await bed.Writer.MergeAsync(RemoteKind.Task, "1", "2", Ct);
        answer.State.ShouldBe(WriteState.Refused);
        answer.Reason!.ShouldContain("does not merge");
        bed.Requests(_ => true).ShouldBe(0);
    }

    [Fact]
    public async Task A_throttled_write_waits_as_it_is_told_and_is_made_once()
    {
        var id = bed.AddContact("ann@example.com", "Ann", "+12025550100");
        bed.AnswerNextUpdate(RemoteKind.Contact, HttpStatusCode.TooManyRequests, """{"status":"error","success":false}""", "application/json", retryAfter: 1);
        var started = Stopwatch.GetTimestamp();
        var answer = (await bed.Writer.WriteAsync(RemoteKind.Contact, [new(id, bed.Contact(("last_name", "Smith")))], Ct)).ShouldHaveSingleItem();
        answer.State.ShouldBe(WriteState.Done);
        Stopwatch.GetElapsedTime(started).ShouldBeGreaterThan(TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData("<html>ann@example.com</html>", "text/html")]
    [InlineData("""{"data":{"id":1,"first_name":"ann@exam""", "application/json")]
    [InlineData("""{"results":[{"id":"1","properties":{"email":"ann@exam""", "application/json")]
    [InlineData("""{"status":"error","success":false,"message":"ann@example.com","error":"ann@example.com"}""", "application/json")]
    [InlineData("""{"results":"ann@example.com","data":"ann@example.com"}""", "application/json")]
    [InlineData("""{"results":[{"id":"1","properties":"ann@example.com"}],"data":["ann@example.com"]}""", "application/json")]
    [InlineData("[]", "application/json")]
    [InlineData("null", "application/json")]
    public async Task An_answer_that_cannot_be_read_is_an_error_that_names_platform_and_call_and_nothing_secret(string body, string contentType)
    {
        var id = bed.AddContact("ann@example.com", "Ann", "+12025550100");
        bed.AnswerNextUpdate(RemoteKind.Contact, HttpStatusCode.OK, body, contentType, afterWork: true);
        if (body == bed.AnswerOfMoved)
        {
            (await bed.Writer.WriteAsync(RemoteKind.Contact, [new(id, bed.Contact(("last_name", "Smith")))], Ct)).ShouldBe([WriteAnswer.Moved]);
            return;
        }

        var error = await Should.ThrowAsync<CrmCallException>(() => bed.Writer.WriteAsync(RemoteKind.Contact, [new(id, bed.Contact(("last_name", "Smith")))], Ct));
        Told(error.ToString()).ShouldContain(bed.Connector.Platform.ToString());
        error.Message.ShouldContain(bed.ContactsPath);
        error.Message.ShouldMatch("(answer|results|data|result|record id|properties)");
    }

    [Fact]
    public async Task Every_field_of_every_kind_that_is_written_is_read_back_and_cleared()
    {
        var lookups = await bed.LookupsAsync();
        foreach (var kind in bed.Connector.Kinds.Where(kind => kind != RemoteKind.Note))
        {
            var (mapper, shape) = (bed.MapperOf(kind), bed.ShapeOf(kind.ToRecordKind()));
            var values = WriterSamples.Of(kind, lookups).Where(value => mapper.Writable[shape.IndexOf(value.Field)]).ToArray();
            var created = (await bed.Writer.CreateAsync(kind, [new(Guid.NewGuid(), bed.Properties(kind, lookups, values))], Ct)).ShouldHaveSingleItem();
            created.State.ShouldBe(WriteState.Done, $"{kind}: {created.Reason}");
            var shown = bed.Values(created.Record!, lookups);
            values.Select(value => (value.Field, shown[value.Field])).ShouldBe(values, $"{kind}");

            var cleared = values.Where(value => !WriterSamples.IsRequired(value.Field)).Select(value => (value.Field, (string?)null)).ToArray();
            var answer = (await bed.Writer.WriteAsync(kind, [new(created.Record!.Ref.Id, bed.Properties(kind, lookups, cleared))], Ct)).ShouldHaveSingleItem();
            answer.State.ShouldBe(WriteState.Done, $"{kind}: {answer.Reason}");
            shown = bed.Values(answer.Record!, lookups);
            cleared.Where(value => shown[value.Field] is not null).Select(value => value.Field).ShouldBeEmpty($"{kind}");
        }
    }

    [Fact]
    public async Task Associations_are_added_and_removed_and_seen_from_the_record_they_start_from()
    {
        var made = await MakeAllAsync();
        foreach (var from in bed.Connector.Kinds.Where(kind => kind != RemoteKind.Note && AssociationKinds.From(kind).Length > 0))
        {
            var changes = AssociationKinds.From(from).Select(to => new LinkChange(made[from], to, made[to], IsAdded: true)).ToList();
            (await bed.Writer.LinkAsync(from, changes, Ct)).ShouldAllBe(answer => answer == WriteAnswer.Linked);
            foreach (var to in AssociationKinds.From(from))
                (await AssociatedAsync(from, made[from], to)).ShouldBe([made[to]], $"{from} to {to}");
            (await bed.Writer.LinkAsync(from, changes, Ct)).ShouldAllBe(answer => answer == WriteAnswer.Linked, "twice is once");
            for (var i = 0; i < 2; i++) // what is not there is removed already
                (await bed.Writer.LinkAsync(from, [changes[0] with { IsAdded = false }], Ct)).ShouldBe([WriteAnswer.Linked]);
            foreach (var to in AssociationKinds.From(from))
                (await AssociatedAsync(from, made[from], to)).ShouldBe(to == changes[0].ToKind ? [] : [made[to]], $"{from} to {to}");
        }
    }

    [Fact]
    public async Task An_association_that_leads_nowhere_stops_no_other()
    {
        var made = await MakeAllAsync();
        var answers = await bed.Writer.LinkAsync(
            RemoteKind.Task,
            [
                new(made[RemoteKind.Task], RemoteKind.Contact, made[RemoteKind.Contact], IsAdded: true),
                new(made[RemoteKind.Task], RemoteKind.Company, bed.UnknownId, IsAdded: true),
                new(bed.UnknownId, RemoteKind.Contact, made[RemoteKind.Contact], IsAdded: true),
                new(made[RemoteKind.Task], RemoteKind.Deal, made[RemoteKind.Deal], IsAdded: true),
            ],
            Ct);
        answers.Select(answer => answer.State == WriteState.Done).ShouldBe([true, false, false, true]);
        (await AssociatedAsync(RemoteKind.Task, made[RemoteKind.Task], RemoteKind.Contact)).ShouldBe([made[RemoteKind.Contact]]);
        (await AssociatedAsync(RemoteKind.Task, made[RemoteKind.Task], RemoteKind.Deal)).ShouldBe([made[RemoteKind.Deal]]);
        (await bed.Writer.LinkAsync(RemoteKind.Company, [new("1", RemoteKind.Task, "2", IsAdded: true)], Ct)).Single().State.ShouldBe(WriteState.Refused);
    }

    [Fact]
    public async Task A_new_record_has_the_associations_that_it_was_created_with_and_its_answer_shows_them()
    {
        var (lookups, made) = (await bed.LookupsAsync(), await MakeAllAsync());
        foreach (var kind in bed.Connector.Kinds.Where(kind => AssociationKinds.From(kind).Length > 0))
        {
            var (mapper, shape) = (bed.MapperOf(kind), bed.ShapeOf(kind.ToRecordKind()));
            var values = WriterSamples.Of(kind, lookups).Where(value => mapper.Writable[shape.IndexOf(value.Field)] && value.Field is not ("email" or "additional_emails"));
            var creation = new RecordCreation(Guid.NewGuid(), bed.Properties(kind, lookups, [.. values]))
            {
                Links = [.. AssociationKinds.From(kind).Select(to => new CreationLink(to, made[to], IsPrimary: to == RemoteKind.Company))],
            };
            var answer = (await bed.Writer.CreateAsync(kind, [creation], Ct)).ShouldHaveSingleItem();
            answer.State.ShouldBe(WriteState.Done, $"{kind}: {answer.Reason}");
            foreach (var to in AssociationKinds.From(kind))
            {
                answer.Record!.Associations.Single(shown => shown.ToKind == to).To.ShouldHaveSingleItem().ToId.ShouldBe(made[to], $"{kind} to {to}");
                (await AssociatedAsync(kind, answer.Record.Ref.Id, to)).ShouldBe([made[to]], $"{kind} to {to}");
            }
        }
    }

    [Fact]
    public async Task What_is_erased_is_gone_and_one_that_is_gone_already_stops_no_other()
    {
        var (ann, bob) = (bed.AddContact("ann@example.com", "Ann", "+12025550100"), bed.AddContact("bob@example.com", "Bob", "+12025550101"));
        var answers = await bed.Writer.EraseAsync(RemoteKind.Contact, [ann, bed.UnknownId, bob], Ct);
        answers.Where((_, i) => i != 1).ShouldAllBe(answer => answer.State == WriteState.Done);
        answers[1].State.ShouldNotBe(WriteState.Refused);
        bed.Count(RemoteKind.Contact).ShouldBe(0);
        (await bed.Account.ReadAsync(RemoteKind.Contact, [ann, bob], false, Ct)).ShouldAllBe(record => record.ArchivedAt != null); // Pipedrive has a recycle bin alone
        var company = (await MakeAllAsync())[RemoteKind.Company];
        (await bed.Writer.EraseAsync(RemoteKind.Company, [company], Ct)).Single().State.ShouldBe(WriteState.Done);
    }

    [Fact]
    public async Task A_primary_company_takes_the_place_of_the_one_before()
    {
        var contact = bed.AddContact("ann@example.com", "Ann", "+12025550100");
        var (a, b) = ((await MakeAllAsync())[RemoteKind.Company], (await MakeAllAsync())[RemoteKind.Company]);
        foreach (var company in new[] { a, b })
            (await bed.Writer.LinkAsync(RemoteKind.Contact, [new(contact, RemoteKind.Company, company, IsAdded: true, IsPrimary: true)], Ct)).ShouldBe([WriteAnswer.Linked]);
        var shown = (await bed.Account.ReadAssociationsAsync(RemoteKind.Contact, [contact], RemoteKind.Company, Ct)).Single().To;
        shown.Where(one => one.IsPrimary).ShouldHaveSingleItem().ToId.ShouldBe(b);
    }

    private async Task<Dictionary<RemoteKind, string>> MakeAllAsync()
    {
        var (lookups, made) = (await bed.LookupsAsync(), new Dictionary<RemoteKind, string>());
        foreach (var kind in bed.Connector.Kinds.Where(kind => kind != RemoteKind.Note))
        {
            var (mapper, shape) = (bed.MapperOf(kind), bed.ShapeOf(kind.ToRecordKind()));
            var values = WriterSamples.Of(kind, lookups).Where(value => mapper.Writable[shape.IndexOf(value.Field)] && value.Field is not ("email" or "additional_emails"));
            var answer = (await bed.Writer.CreateAsync(kind, [new(Guid.NewGuid(), bed.Properties(kind, lookups, [.. values]))], Ct)).Single();
            made[kind] = answer.Record?.Ref.Id ?? throw new InvalidOperationException($"{kind}: {answer.Reason}");
        }

        return made;
    }

    private async Task<IEnumerable<string>> AssociatedAsync(RemoteKind from, string id, RemoteKind to) =>
        (await bed.Account.ReadAssociationsAsync(from, [id], to, Ct)).Single().To.Select(one => one.ToId);

    private SoughtRecord Sent(Guid id, params string[] keys) => new(id, [.. keys])
    {
        Sent = new(TimeProvider.System.GetUtcNow(), bed.Contact(("first_name", "Ann"))),
    };

    /// <summary>The text, after a check that it holds neither a value nor a token.</summary>
    protected string Told(string text)
    {
        text.ShouldNotContain("ann@");
        text.ShouldNotContain("Smith");
        text.ShouldNotContain(bed.Token);
        text.ShouldNotContain(bed.Refused.Value);
        return text;
    }
}
