using System.Text.Json.Nodes;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Writing;

namespace Forge.Crm.Tests.Pipedrive;

/// <summary>Pipedrive keeps the contract of writers, and what is its own.</summary>
public sealed class PipedriveWriterTests : WriterContract
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private readonly PipedriveWriterBed _bed;

    public PipedriveWriterTests()
        : this(new())
    {
    }

    private PipedriveWriterTests(PipedriveWriterBed bed)
        : base(bed) => _bed = bed;

    [Fact]
    public async Task A_plain_field_costs_one_call_and_an_address_two()
    {
        var id = _bed.AddContact("ann@example.com", "Ann", "+12025550100");
        await _bed.Writer.WriteAsync(RemoteKind.Contact, [new(id, _bed.Contact(("last_name", "Smith")))], Ct);
        _bed.Requests(_ => true).ShouldBe(1);
        await _bed.Writer.WriteAsync(RemoteKind.Contact, [new(id, _bed.Contact(("email", "smith@example.com")))], Ct);
        _bed.Requests(_ => true).ShouldBe(3);
    }

    [Fact]
    public async Task Addresses_and_numbers_that_the_hub_does_not_know_of_stay()
    {
        var id = _bed.There.Create("persons", new()
        {
            ["first_name"] = "Ann",
            ["emails"] = new JsonArray(Entry("work@example.com", "work"), Entry("home@example.com", "home", isPrimary: true)),
            ["phones"] = new JsonArray(Entry("+1", "fax"), Entry("+2", "mobile", isPrimary: true), Entry("+3", "home")),
        });
        await WriteAsync(id, ("email", "new@example.com"), ("phone", "+9"));
        Entries(id, "emails").ShouldBe(["new@example.com home primary", "work@example.com work"]);
        Entries(id, "phones").ShouldBe(["+9 fax", "+2 mobile primary", "+3 home"]);
        await WriteAsync(id, ("additional_emails", "a@example.com;work@example.com"), ("mobile_phone", null));
        Entries(id, "emails").ShouldBe(["new@example.com home primary", "a@example.com work", "work@example.com work"]);
        Entries(id, "phones").ShouldBe(["+9 fax primary", "+3 home"]);
    }

    [Fact]
    public async Task A_person_without_a_name_is_named_by_an_address_which_is_not_taken_for_a_name()
    {
        var answer = (await _bed.Writer.CreateAsync(RemoteKind.Contact, [new(Guid.NewGuid(), _bed.Contact(("email", "ann@example.com")))], Ct)).ShouldHaveSingleItem();
        _bed.There.Find("persons", answer.Record!.Ref.Id)!["name"]!.ToString().ShouldBe("ann@example.com");
        var shown = _bed.Values(answer.Record);
        (shown["first_name"], shown["last_name"], shown["email"]).ShouldBe((null, null, "ann@example.com"));
        shown = _bed.Values(await WriteAsync(answer.Record.Ref.Id, ("last_name", "Smith"), ("first_name", "Ann")));
        (shown["first_name"], shown["last_name"]).ShouldBe(("Ann", "Smith"));
    }

    [Fact]
    public async Task A_deal_is_won_and_lost_by_its_status_and_its_reason()
    {
        var lookups = await _bed.LookupsAsync();
        var id = _bed.There.Create("deals", new() { ["title"] = "Deal" });
        var answer = (await _bed.Writer.WriteAsync(
            RemoteKind.Deal, [new(id, _bed.Properties(RemoteKind.Deal, lookups, ("status", "lost"), ("lost_reason", "Price")))], Ct)).ShouldHaveSingleItem();
        var shown = _bed.Values(answer.Record!, lookups);
        (shown["status"], shown["lost_reason"]).ShouldBe(("lost", "Price"));
        answer = (await _bed.Writer.WriteAsync(RemoteKind.Deal, [new(id, _bed.Properties(RemoteKind.Deal, lookups, ("status", "won")))], Ct)).ShouldHaveSingleItem();
        (_bed.Values(answer.Record!, lookups)["status"], _bed.Values(answer.Record!, lookups)["lost_reason"]).ShouldBe(("won", null));
        answer = (await _bed.Writer.WriteAsync(RemoteKind.Deal, [new(id, _bed.Properties(RemoteKind.Deal, lookups, ("lost_reason", "Price")))], Ct)).ShouldHaveSingleItem();
        (answer.State, answer.Reason!.Contains("400: ERR_SCHEMA_VALIDATION_FAILED lost_reason", StringComparison.Ordinal)).ShouldBe((WriteState.Refused, true));
    }

    [Fact]
    public async Task A_deal_that_was_put_away_is_refused()
    {
        var id = _bed.There.Create("deals", new() { ["title"] = "Deal", ["is_archived"] = true });
        var answer = (await _bed.Writer.WriteAsync(RemoteKind.Deal, [new(id, new Dictionary<string, string?> { ["title"] = "New" })], Ct)).ShouldHaveSingleItem();
        (answer.State, answer.Reason).ShouldBe((WriteState.Refused, "Pipedrive answered 403: no category (PATCH /api/v2/deals/1)"));
    }

    [Fact]
    public async Task An_activity_is_made_as_what_it_is_and_a_task_stays_one_whatever_its_type_elsewhere()
    {
        foreach (var (kind, type) in new[] { (RemoteKind.Call, "call"), (RemoteKind.Email, "email"), (RemoteKind.Meeting, "meeting"), (RemoteKind.Task, "task") })
        {
            var made = (await _bed.Writer.CreateAsync(kind, [new(Guid.NewGuid(), new Dictionary<string, string?> { ["subject"] = "Intro" })], Ct)).ShouldHaveSingleItem();
            made.Record!.Properties["type"].ShouldBe(type);
        }

        var task = (await _bed.Writer.CreateAsync(
            RemoteKind.Task, [new(Guid.NewGuid(), _bed.Properties(RemoteKind.Task, Lookups.None(TenantLocale.Default), ("subject", "Ring up"), ("type", "call")))], Ct))[0];
        task.Record!.Properties["type"].ShouldBe("task");
    }

    [Fact]
    public async Task Where_an_account_has_no_type_for_an_activity_another_of_its_kind_will_do_and_no_other_kind()
    {
        _bed.There.ActivityTypes.RemoveAll(type => type.Key is "meeting" or "email" or "task");
        _bed.There.ActivityTypes[0] = _bed.There.ActivityTypes[0] with { Name = "Anruf" }; // its key stays
        (await TypedAsync(RemoteKind.Call, "call")).ShouldBe("call");
        (await TypedAsync(RemoteKind.Meeting, "meeting")).ShouldBe("lunch");
        (await TypedAsync(RemoteKind.Task, "task")).ShouldBe("deadline");
        (await TypedAsync(RemoteKind.Email, null)).ShouldBe("The account has no activity type for the kind email: add one whose key is 'email', or leave such records out of this connection.");
        (await TypedAsync(RemoteKind.Task, "site_visit")).ShouldBe("The account has no activity type of the name in 'type': add it there, or change the record's type.");
        _bed.Requests(path => path == "/v1/activityTypes").ShouldBe(1);
    }

    [Fact]
    public async Task A_type_that_somebody_adds_is_known_a_minute_later()
    {
        await using var bed = new PipedriveBed();
        await bed.StartAsync();
        async Task<WriteAnswer> CreateAsync() => (await bed.RunAsync(account => ((ICrmWriter)account).CreateAsync(
            RemoteKind.Task, [new(Guid.NewGuid(), new Dictionary<string, string?> { ["subject"] = "Visit", ["type"] = "site_visit" })], Ct)))[0];
        bed.There.ActivityTypes.Add(new(7, "site_visit", "Site visit", IsCustom: true, IsActive: false));
        (await CreateAsync()).State.ShouldBe(WriteState.Refused);
        bed.There.ActivityTypes[^1] = bed.There.ActivityTypes[^1] with { IsActive = true };
        bed.Time.Advance(TimeSpan.FromMinutes(1));
        (await CreateAsync()).Record!.Properties["type"].ShouldBe("site_visit");
    }

    /// <returns>The type that it got, or why it got none.</returns>
    private async Task<string?> TypedAsync(RemoteKind kind, string? type)
    {
        var properties = new Dictionary<string, string?> { ["subject"] = "Intro", ["type"] = type };
        var made = (await _bed.Writer.CreateAsync(kind, [new(Guid.NewGuid(), properties)], Ct)).ShouldHaveSingleItem();
        return made.Record is { } record ? record.Properties["type"] : made.Reason;
    }

    [Fact]
    public async Task Fields_of_the_tenants_own_are_written_by_their_type_and_cleared()
    {
        var codes = new[] { ("varchar", "Zoë"), ("double", "42.5"), ("monetary", "200.5"), ("enum", "7"), ("set", "7;8"), ("date", "2026-09-22"), ("phone", "+12025550100") }
            .Select(field => (Code: _bed.There.AddField("deals", field.Item1, field.Item1, (7, "A"), (8, "B")), Text: field.Item2)).ToList();
        var made = (await _bed.Writer.CreateAsync(
            RemoteKind.Deal, [new(Guid.NewGuid(), new Dictionary<string, string?>(codes.ToDictionary(field => field.Code, field => (string?)field.Text)) { ["title"] = "Deal" })], Ct))[0];
        codes.ShouldAllBe(field => made.Record!.Properties[field.Code] == field.Text);
        _bed.There.Find("deals", made.Record!.Ref.Id)!["custom_fields"]![codes[2].Code]!.ToJsonString().ShouldBe("""{"value":200.5,"currency":"EUR"}""");
        var cleared = (await _bed.Writer.WriteAsync(RemoteKind.Deal, [new(made.Record.Ref.Id, codes.ToDictionary(field => field.Code, _ => (string?)null))], Ct))[0];
        codes.ShouldAllBe(field => cleared.Record!.Properties[field.Code] == null);
        cleared.Record!.SyncId.ShouldBe(made.Record.SyncId);
    }

    [Fact]
    public async Task A_field_that_is_not_there_or_cannot_hold_the_text_is_refused_without_quoting_it()
    {
        var number = _bed.There.AddField("deals", "Size", "double");
        var id = _bed.There.Create("deals", new() { ["title"] = "Deal" });
        var answers = await _bed.Writer.WriteAsync(
            RemoteKind.Deal,
            [new(id, new Dictionary<string, string?> { [number] = "ann@example.com" }), new(id, new Dictionary<string, string?> { [new string('a', 40)] = "ann@example.com" })], Ct);
        answers.ShouldAllBe(answer => answer.State == WriteState.Refused);
        Told(answers[0].Reason!).ShouldBe($"Property '{number}': The value is not a number.");
        Told(answers[1].Reason!).ShouldContain("The account has no such field.");
    }

    [Fact]
    public async Task Our_field_is_made_once_whoever_opens_the_account_and_the_first_of_two_is_used()
    {
        for (var i = 0; i < 3; i++)
            await _bed.Writer.CreateAsync(RemoteKind.Contact, [new(Guid.NewGuid(), _bed.Contact(("first_name", "Ann")))], Ct);
        _bed.Requests(path => path == "/api/v2/personFields").ShouldBe(3); // looked for, made, looked for
        var first = _bed.There.AddField("deals", "forge_sync_id", "varchar");
        _bed.There.AddField("deals", "forge_sync_id", "varchar");
        var made = (await _bed.Writer.CreateAsync(RemoteKind.Deal, [new(Guid.NewGuid(), new Dictionary<string, string?> { ["title"] = "Deal" })], Ct))[0];
        made.Record!.Properties[first].ShouldBe($"forge:{made.Record.SyncId}");
        (await _bed.Account.ListAsync(RemoteKind.Deal, null, archived: false, Ct)).Records.ShouldHaveSingleItem().SyncId.ShouldBe(made.Record.SyncId);
    }

    [Fact]
    public async Task An_activity_whose_answer_was_lost_is_known_by_what_it_is_and_when_it_was_made()
    {
        var properties = _bed.Properties(
            RemoteKind.Call, Lookups.None(TenantLocale.Default), ("type", "call"), ("subject", "Intro "), ("occurred_at", "2026-09-22T15:00:00Z"));
        _bed.There.Create("activities", new() { ["type"] = "task", ["subject"] = "Intro", ["due_date"] = "2026-09-22", ["due_time"] = "15:00:00" });
        _bed.There.Create("activities", new() { ["type"] = "call", ["subject"] = "Intro", ["due_date"] = "2026-09-23" });
        var id = Guid.NewGuid();
        var sent = new SoughtRecord(id, []) { Sent = new(TimeProvider.System.GetUtcNow(), properties) };
        (await _bed.Writer.FindAsync(RemoteKind.Call, [sent], Ct)).ShouldBeEmpty();
        _bed.LoseNextCreation(RemoteKind.Call);
        await Should.ThrowAsync<CrmCallException>(() => _bed.Writer.CreateAsync(RemoteKind.Call, [new(id, properties)], Ct));
        var twin = sent with { SyncId = Guid.NewGuid() };
        var found = (await _bed.Writer.FindAsync(RemoteKind.Call, [sent, twin], Ct)).ShouldHaveSingleItem();
        (found.SyncId, found.Properties["subject"]).ShouldBe((null, "Intro"));
        found.AlikeTo.ShouldBe([id, twin.SyncId]);
        (await _bed.Writer.FindAsync(RemoteKind.Call, [sent with { Sent = new(TimeProvider.System.GetUtcNow().AddHours(1), properties) }], Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_note_whose_creation_was_not_answered_is_found_by_what_it_says()
    {
        var properties = _bed.Properties(RemoteKind.Note, Lookups.None(TenantLocale.Default), ("type", "note"), ("body", "Called back"));
        _bed.There.Create("notes", new() { ["content"] = "Another", ["person_id"] = 1 });
        var sent = new SoughtRecord(Guid.NewGuid(), []) { Sent = new(TimeProvider.System.GetUtcNow(), properties) };
        (await _bed.Writer.FindAsync(RemoteKind.Note, [sent], Ct)).ShouldBeEmpty();
        _bed.There.Create("notes", new() { ["content"] = "Called  back.", ["person_id"] = 1 }); // as a platform may show it
        (await _bed.Writer.FindAsync(RemoteKind.Note, [sent], Ct)).ShouldHaveSingleItem().AlikeTo.ShouldBe([sent.SyncId]);
    }

    [Fact]
    public async Task An_old_creation_is_found_by_the_search_and_what_was_never_sent_costs_nothing()
    {
        var id = Guid.NewGuid();
        await _bed.Writer.CreateAsync(RemoteKind.Deal, [new(id, new Dictionary<string, string?> { ["title"] = "Deal" })], Ct);
        await Task.Delay(1_100); // the newest come first, to the second
        for (var i = 0; i < 500; i++)
            _bed.There.Create("deals", new() { ["title"] = "Other" });
        var sent = new SoughtRecord(id, []) { Sent = new(TimeProvider.System.GetUtcNow(), new Dictionary<string, string?>()) };
        (await _bed.Writer.FindAsync(RemoteKind.Deal, [sent], Ct)).ShouldHaveSingleItem().SyncId.ShouldBe(id);
        var requests = _bed.Requests(_ => true);
        (await _bed.Writer.FindAsync(RemoteKind.Deal, [new(id, [])], Ct)).ShouldBeEmpty();
        _bed.Requests(_ => true).ShouldBe(requests);
    }

    [Fact]
    public async Task What_cannot_be_old_is_looked_for_among_the_newest_and_costs_no_search()
    {
        _bed.There.Create("persons", new() { ["name"] = "Ann", ["emails"] = new JsonArray(new JsonObject { ["value"] = "ann@example.com", ["primary"] = true }) });
        SoughtRecord[] sought = [.. new[] { "ann", "bea", "cem" }.Select(name => new SoughtRecord(Guid.NewGuid(), [$"email:{name}@example.com"]) { MayBeOld = false })];
        (await _bed.Writer.FindAsync(RemoteKind.Contact, sought, Ct)).ShouldHaveSingleItem();
        _bed.Requests(path => path.EndsWith("/search", StringComparison.Ordinal)).ShouldBe(0);
        (await _bed.Writer.FindAsync(RemoteKind.Contact, [.. sought.Select(record => record with { MayBeOld = true })], Ct)).ShouldHaveSingleItem();
        _bed.Requests(path => path.EndsWith("/search", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public async Task A_company_that_somebody_made_a_moment_ago_is_found_by_the_domain_of_its_website()
    {
        var id = _bed.There.Create("organizations", new() { ["name"] = "Acme", ["website"] = "https://www.acme.example.com/de" });
        (await _bed.Writer.FindAsync(RemoteKind.Company, [new(Guid.NewGuid(), ["domain:acme.example.com"])], Ct)).ShouldHaveSingleItem().Ref.Id.ShouldBe(id);
        (await _bed.Writer.FindAsync(RemoteKind.Company, [new(Guid.NewGuid(), ["domain:example.com"])], Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_leads_value_keeps_the_half_that_is_not_written()
    {
        var person = int.Parse(_bed.AddContact("ann@example.com", "Ann", "+12025550100"), null);
        var id = _bed.There.Create("leads", new() { ["title"] = "Lead", ["person_id"] = person, ["value"] = new JsonObject { ["amount"] = 5, ["currency"] = "USD" } });
        var answer = (await _bed.Writer.WriteAsync(RemoteKind.Lead, [new(id, _bed.Properties(RemoteKind.Lead, Lookups.None(TenantLocale.Default), ("lead_value", "7.5")))], Ct))[0];
        (_bed.Values(answer.Record!)["lead_value"], _bed.Values(answer.Record!)["lead_currency"]).ShouldBe(("7.5", "USD"));
        (await _bed.Writer.DeleteAsync(RemoteKind.Lead, [id, id], Ct)).Select(one => one.State).ShouldContain(WriteState.Done);
        _bed.There.Records("leads").ShouldBeEmpty();
    }

    [Fact]
    public async Task All_links_of_a_record_cost_one_read_and_one_write_and_none_where_they_are_as_wanted()
    {
        var (a, b) = (_bed.AddContact("a@example.com", "Ann", "+1"), _bed.AddContact("b@example.com", "Bob", "+1"));
        var company = _bed.There.Create("organizations", new() { ["name"] = "Acme" });
        var call = _bed.There.Create("activities", new() { ["type"] = "call", ["subject"] = "Intro" });
        LinkChange[] changes =
        [
            new(call, RemoteKind.Contact, a, IsAdded: true), new(call, RemoteKind.Contact, b, IsAdded: true), new(call, RemoteKind.Company, company, IsAdded: true),
        ];
        await _bed.Writer.LinkAsync(RemoteKind.Call, changes, Ct);
        _bed.Requests(_ => true).ShouldBe(2);
        People(call).ShouldBe([$"{a} true", $"{b} false"]);
        await _bed.Writer.LinkAsync(RemoteKind.Call, changes, Ct);
        _bed.Requests(_ => true).ShouldBe(3);
        await _bed.Writer.LinkAsync(RemoteKind.Call, [changes[1] with { IsPrimary = true }], Ct);
        People(call).ShouldBe([$"{a} false", $"{b} true"]);
        await _bed.Writer.LinkAsync(RemoteKind.Call, [changes[1] with { IsAdded = false }], Ct);
        People(call).ShouldBe([$"{a} true"]);
    }

    [Fact]
    public async Task A_deal_has_one_person_whom_only_a_primary_one_replaces_or_one_that_comes_as_it_goes()
    {
        string[] people = [.. "abc".Select(name => _bed.AddContact($"{name}@example.com", "Ann", "+1"))];
        var deal = _bed.There.Create("deals", new() { ["title"] = "Deal" });
        LinkChange To(int i, bool isAdded = true, bool isPrimary = false) => new(deal, RemoteKind.Contact, people[i], isAdded, isPrimary);
        (await _bed.Writer.LinkAsync(RemoteKind.Deal, [To(0), To(1)], Ct)).Select(answer => answer.State).ShouldBe([WriteState.Done, WriteState.Refused]);
        _bed.There.Find("deals", deal)!["person_id"]!.ToString().ShouldBe(people[0]);
        (await _bed.Writer.LinkAsync(RemoteKind.Deal, [To(1, isPrimary: true)], Ct)).Single().State.ShouldBe(WriteState.Done);
        (await _bed.Writer.LinkAsync(RemoteKind.Deal, [To(2), To(1, isAdded: false)], Ct)).ShouldAllBe(answer => answer.State == WriteState.Done);
        _bed.There.Find("deals", deal)!["person_id"]!.ToString().ShouldBe(people[2]);
    }

    [Fact]
    public async Task The_place_of_an_organization_that_was_deleted_is_free_though_the_person_points_at_it_still()
    {
        string[] organizations = [.. "abc".Select(name => _bed.There.Create("organizations", new() { ["name"] = $"{name}" }))];
        var person = _bed.AddContact("ann@example.com", "Ann", "+1");
        async Task<WriteState> LinkAsync(int i) => (await _bed.Writer.LinkAsync(RemoteKind.Contact, [new(person, RemoteKind.Company, organizations[i], IsAdded: true)], Ct)).Single().State;
        string Pointed() => _bed.There.Find("persons", person)!["org_id"]!.ToString();
        (await LinkAsync(0)).ShouldBe(WriteState.Done);
        (await LinkAsync(1)).ShouldBe(WriteState.Refused);
        _bed.There.Delete("organizations", organizations[0]);
        Pointed().ShouldBe(organizations[0]);
        (await LinkAsync(1)).ShouldBe(WriteState.Done);
        (await LinkAsync(2)).ShouldBe(WriteState.Refused);
        Pointed().ShouldBe(organizations[1]);
    }

    private IEnumerable<string> People(string id) => _bed.There.Find("activities", id)!["participants"]!.AsArray().Select(person => $"{person!["person_id"]} {person["primary"]}");

    private async Task<RemoteSnapshot> WriteAsync(string id, params (string Field, string? Value)[] values) =>
        (await _bed.Writer.WriteAsync(RemoteKind.Contact, [new(id, _bed.Contact(values))], Ct)).ShouldHaveSingleItem().Record!;

    private static JsonObject Entry(string value, string label, bool isPrimary = false) => new() { ["value"] = value, ["primary"] = isPrimary, ["label"] = label };

    private IEnumerable<string> Entries(string id, string member) => _bed.There.Find("persons", id)![member]!.AsArray()
        .Select(entry => $"{entry!["value"]} {entry["label"]}{(entry["primary"]!.GetValue<bool>() ? " primary" : "")}");
}
