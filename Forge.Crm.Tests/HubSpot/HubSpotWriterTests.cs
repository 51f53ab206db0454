using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Writing;

namespace Forge.Crm.Tests.HubSpot;

/// <summary>HubSpot keeps the contract of writers, and what is its own.</summary>
public sealed class HubSpotWriterTests : WriterContract
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private readonly HubSpotBed _bed;

    public HubSpotWriterTests()
        : this(new())
    {
    }

    private HubSpotWriterTests(HubSpotBed bed)
        : base(bed) => _bed = bed;

    [Fact]
    public async Task A_hundred_updates_cost_one_write_and_one_read()
    {
        string[] ids = [.. Enumerable.Range(0, 100).Select(i => _bed.AddContact($"a{i}@example.com", "Ann", "+12025550100"))];
        var answers = await _bed.Writer.WriteAsync(RemoteKind.Contact, [.. ids.Select(id => new RecordUpdate(id, _bed.Contact(("city", "Bonn"))))], Ct);
        answers.ShouldAllBe(answer => answer.State == WriteState.Done);
        _bed.Requests(_ => true).ShouldBe(2);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Each_answer_is_its_own_items_however_HubSpot_answers_a_batch(bool ignoresTraceIds, bool shuffles)
    {
        (_bed.Simulator.Faults.IgnoresTraceIds, _bed.Simulator.Faults.ShuffleBatchResults) = (ignoresTraceIds, shuffles);
        var creations = Enumerable.Range(0, 20).Select(i => new RecordCreation(
            Guid.NewGuid(), new Dictionary<string, string?> { ["email"] = i % 7 == 3 ? "nonsense" : $"c{i}@example.com" })).ToList();
        var created = await _bed.Writer.CreateAsync(RemoteKind.Contact, creations, Ct);
        created.Select(answer => answer.Record?.SyncId).ShouldBe(creations.Select((creation, i) => i % 7 == 3 ? (Guid?)null : creation.SyncId));
        var ids = created.Where(answer => answer.Record is not null).Select(answer => answer.Record!.Ref.Id).ToList();
        var updates = ids.Select((id, i) => new RecordUpdate(i == 4 ? "999999999" : id, new Dictionary<string, string?> { ["numberofcats"] = i == 9 ? "1" : null, ["city"] = $"{i}" }
            .Where(property => property.Key == "city" || i == 9).ToDictionary(property => property.Key, property => property.Value)));
        var answers = await _bed.Writer.WriteAsync(RemoteKind.Contact, [.. updates], Ct);
        answers.Select(answer => answer.State).ShouldBe(
            ids.Select((_, i) => i == 4 ? WriteState.Absent : i == 9 ? WriteState.Refused : WriteState.Done));
        answers[9].Reason!.ShouldContain("VALIDATION_ERROR PROPERTY_DOESNT_EXIST numberofcats");
        for (var i = 0; i < ids.Count; i++)
            answers[i].Record?.Properties["city"].ShouldBe($"{i}");
        _bed.Requests(path => path.EndsWith("/batch/create", StringComparison.Ordinal)).ShouldBeLessThanOrEqualTo(40);
    }

    [Fact]
    public async Task A_missing_permission_is_every_items_refusal_and_asked_for_once()
    {
        var id = _bed.AddContact("ann@example.com", "Ann", "+12025550100");
        _bed.AnswerNextUpdate(RemoteKind.Contact, System.Net.HttpStatusCode.Forbidden, """{"status":"error","category":"MISSING_SCOPES"}""", "application/json");
        var answers = await _bed.Writer.WriteAsync(
            RemoteKind.Contact, [new(id, _bed.Contact(("city", "Bonn"))), new("7", _bed.Contact(("city", "Bonn")))], Ct);
        answers.ShouldAllBe(answer => answer.State == WriteState.Refused && answer.Reason!.Contains("403: MISSING_SCOPES"));
        _bed.Requests(_ => true).ShouldBe(1);
    }

    [Fact]
    public async Task Our_property_is_made_once_and_unique()
    {
        for (var i = 0; i < 3; i++)
            await _bed.Writer.FindAsync(RemoteKind.Company, [new(Guid.NewGuid(), ["domain:acme.example.com"])], Ct);
        await _bed.Writer.CreateAsync(RemoteKind.Company, [new(Guid.NewGuid(), new Dictionary<string, string?> { ["name"] = "Acme" })], Ct);
        _bed.Requests(path => path.Contains("/properties/", StringComparison.Ordinal)).ShouldBe(4); // looked for, group, property, looked for
        var twice = Guid.NewGuid();
        var answers = await _bed.Writer.CreateAsync(
            RemoteKind.Company, [new(twice, new Dictionary<string, string?> { ["name"] = "A" }), new(twice, new Dictionary<string, string?> { ["name"] = "B" })], Ct);
        answers.Count(answer => answer.State == WriteState.Done).ShouldBe(1);
    }

    [Fact]
    public async Task A_property_of_our_name_that_is_not_unique_is_not_used()
    {
        _bed.There.AddProperty("contacts", "forge_sync_id");
        var error = await Should.ThrowAsync<CrmCallException>(() => _bed.Writer.FindAsync(RemoteKind.Contact, [new(Guid.NewGuid(), [])], Ct));
        error.IsTransient.ShouldBeFalse();
        error.Message.ShouldContain("forge_sync_id of contacts is not unique");
    }

    [Fact]
    public async Task An_account_that_is_only_read_is_not_changed()
    {
        _bed.AddContact("ann@example.com", "Ann", "+12025550100");
        (await _bed.Account.ListAsync(RemoteKind.Contact, null, archived: false, Ct)).Records.ShouldHaveSingleItem().SyncId.ShouldBeNull();
        _bed.Requests(path => path.Contains("/properties/", StringComparison.Ordinal)).ShouldBe(0);
    }

    [Fact]
    public async Task A_company_is_found_by_its_domain_once_the_search_knows_it()
    {
        var id = _bed.There.Create("companies", new Dictionary<string, string> { ["domain"] = "acme.example.com" });
        _bed.There.Create("companies", new Dictionary<string, string> { ["domain"] = "other.example.com" });
        var found = await _bed.Writer.FindAsync(
            RemoteKind.Company, [.. Enumerable.Range(0, 100).Select(i => new SoughtRecord(Guid.NewGuid(), [$"domain:{(i == 70 ? "acme" : $"none-{i}")}.example.com"]))], Ct);
        found.ShouldHaveSingleItem().Ref.Id.ShouldBe(id);
    }

    [Fact]
    public async Task A_batch_read_that_is_behind_does_not_pass_for_what_was_written()
    {
        var id = _bed.AddContact("ann@example.com", "Ann", "+12025550100");
        await Task.Delay(50);
        _bed.Simulator.Faults.BatchReadLag = TimeSpan.FromMilliseconds(40);
        var answer = (await _bed.Writer.WriteAsync(RemoteKind.Contact, [new(id, _bed.Contact(("city", "Bonn")))], Ct)).ShouldHaveSingleItem();
        (answer.Record!.Properties["city"], answer.Record.Properties["email"]).ShouldBe(("Bonn", "ann@example.com"));
        _bed.Simulator.Faults.BatchReadLag = TimeSpan.FromHours(1);
        var created = (await _bed.Writer.CreateAsync(RemoteKind.Contact, [new(Guid.NewGuid(), _bed.Contact(("email", "bob@example.com")))], Ct)).ShouldHaveSingleItem();
        created.Record!.Properties["email"].ShouldBe("bob@example.com");
    }

    [Fact]
    public async Task What_somebody_puts_into_a_record_that_we_have_just_created_is_shown_as_newer_than_the_creation()
    {
        _bed.Simulator.Faults.FailNext("/crm/v3/objects/contacts/batch/read", new() { Delay = TimeSpan.FromMilliseconds(300) });
        var creating = _bed.Writer.CreateAsync(RemoteKind.Contact, [new(Guid.NewGuid(), _bed.Contact(("email", "ann@example.com")))], Ct);
        while (_bed.There.Count("contacts") == 0)
            await Task.Delay(5);
        await Task.Delay(5);
        _bed.There.Edit("contacts", _bed.There.Records("contacts")[0].Id, new Dictionary<string, string> { ["jobtitle"] = "CTO" });

        var made = (await creating).ShouldHaveSingleItem().Record!;
        (made.Properties["jobtitle"], made.IsAhead, made.UpdatedAt == made.CreatedAt).ShouldBe(("CTO", true, true));
    }

    [Fact]
    public async Task A_merge_that_leaves_a_new_record_shows_it()
    {
        _bed.Simulator.Faults.MergesMakeNewRecord = true;
        var (a, b) = (_bed.AddContact("a@example.com", "Ann", "+12025550100"), _bed.AddContact("b@example.com", "Bob", "+12025550100"));
        var answer = await _bed.Writer.MergeAsync(RemoteKind.Contact, a, b, Ct);
        answer.Record!.Ref.Id.ShouldNotBeOneOf(a, b);
        answer.Record.MergedIds.ShouldBe([a, b], ignoreOrder: true);
    }

    [Fact]
    public async Task A_tenants_own_property_is_asked_for_and_written()
    {
        _bed.There.AddProperty("contacts", "shoe_size", "number", "number");
        _bed.Mapping = """{"contact":{"shoe_size":{"property":"shoe_size","type":"number"}}}""";
        _bed.ShapeOf = kind => kind == RecordKind.Contact ? StandardFields.Contact.With([new("custom.shoe_size", FieldType.Number)]) : StandardFields.Of(kind);
        var created = (await _bed.Writer.CreateAsync(RemoteKind.Contact, [new(Guid.NewGuid(), _bed.Contact(("email", "a@example.com"), ("custom.shoe_size", "42.5")))], Ct))[0];
        _bed.Values(created.Record!)["custom.shoe_size"].ShouldBe("42.5");
        var listed = (await _bed.Account.ListAsync(RemoteKind.Contact, null, archived: false, Ct)).Records.ShouldHaveSingleItem();
        _bed.Values(listed)["custom.shoe_size"].ShouldBe("42.5");
    }

    [Fact]
    public async Task An_activity_without_a_time_is_refused_and_says_what_it_lacks()
    {
        var answer = (await _bed.Writer.CreateAsync(RemoteKind.Task, [new(Guid.NewGuid(), new Dictionary<string, string?> { ["hs_task_subject"] = "Call back" })], Ct))[0];
        answer.State.ShouldBe(WriteState.Refused);
        answer.Reason!.ShouldContain("hs_timestamp");
    }
}
