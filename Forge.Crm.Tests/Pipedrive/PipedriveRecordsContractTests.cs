using System.Text.Json.Nodes;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Pipedrive;

namespace Forge.Crm.Tests.Pipedrive;

/// <summary>The adapter and the simulator hold the same contract, Pipedrive's: records by list and by id.</summary>
public sealed class PipedriveRecordsContractTests : IAsyncLifetime
{
    private readonly PipedriveBed _bed = new();

    public Task InitializeAsync() => _bed.StartAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task Every_record_of_every_kind_is_listed_once_with_its_associations()
    {
        PipedriveDemoData.Fill(_bed.There, seed: 7, persons: 1_150, organizations: 80, deals: 120, activities: 300);
        _bed.There.Edit("deals", "7", new() { ["is_archived"] = true });
        _bed.There.Create("notes", new() { ["content"] = "Hello", ["deal_id"] = 1, ["person_id"] = 1, ["org_id"] = 1 });
        foreach (var kind in _bed.Connector.Kinds)
        {
            var listed = await _bed.ListAllAsync(kind, archived: false);
            listed.Select(record => record.Ref.Id).ShouldBe(_bed.Ids(kind), ignoreOrder: true);
            listed.ShouldAllBe(record => record.Associations.Length == AssociationKinds.From(kind).Length);
            foreach (var target in AssociationKinds.From(kind))
            {
                var shown = listed.Select(record => record.Associations.Single(row => row.ToKind == target)).ToDictionary(row => row.From.Id, PipedriveBed.Text);
                shown.Values.ShouldContain(text => text.Length > 0);
                var read = await _bed.RunAsync(account => account.ReadAssociationsAsync(kind, [.. shown.Keys], target, CancellationToken.None));
                read.ToDictionary(row => row.From.Id, PipedriveBed.Text).ShouldBe(shown, ignoreOrder: true);
            }
        }
    }

    [Fact]
    public async Task What_a_read_by_id_returns_is_what_the_list_shows()
    {
        PipedriveDemoData.Fill(_bed.There, seed: 8, persons: 120, organizations: 110, deals: 10, activities: 30);
        foreach (var kind in _bed.Connector.Kinds)
        {
            var listed = await _bed.ListAllAsync(kind, archived: false);
            var read = await _bed.RunAsync(account => account.ReadAsync(kind, [.. listed.Select(record => record.Ref.Id), "999999999"], withHistory: false, CancellationToken.None));
            read.Count.ShouldBe(listed.Count);
            foreach (var record in read)
            {
                var shown = listed.Single(other => other.Ref == record.Ref);
                record.Properties.ShouldBe(shown.Properties, ignoreOrder: true);
                (record.UpdatedAt, record.CreatedAt, record.ArchivedAt).ShouldBe((shown.UpdatedAt, shown.CreatedAt, null));
            }
        }
    }

    [Fact]
    public async Task A_hundred_records_cost_one_call()
    {
        PipedriveDemoData.Fill(_bed.There, seed: 8, persons: 100, organizations: 0, deals: 0);
        await _bed.RunAsync(account => account.ReadAsync(RemoteKind.Contact, _bed.Ids(RemoteKind.Contact), withHistory: false, CancellationToken.None));
        _bed.Simulator.Ledger.Entries.ShouldHaveSingleItem().Query.ShouldStartWith("?limit=100&ids=1%2C2%2C3");
    }

    [Fact]
    public async Task A_deleted_deal_is_told_by_the_list_by_its_changes_and_by_its_id()
    {
        PipedriveDemoData.Fill(_bed.There, seed: 9, persons: 3, organizations: 3, deals: 4);
        _bed.Time.Advance(TimeSpan.FromSeconds(5));
        var at = _bed.Time.GetUtcNow();
        _bed.There.Delete("deals", "2");
        (await _bed.ListAllAsync(RemoteKind.Deal, archived: true)).ShouldHaveSingleItem().ArchivedAt.ShouldBe(at);
        (await _bed.ListAllAsync(RemoteKind.Deal, archived: false)).Select(record => record.Ref.Id).ShouldBe(["1", "3", "4"]);
        (await _bed.ChangedAsync(RemoteKind.Deal, at)).ShouldBe(["2"]);
        (await _bed.RunAsync(account => account.ReadAsync(RemoteKind.Deal, ["2", "3"], false, CancellationToken.None)))
            .Select(record => (record.Ref.Id, record.ArchivedAt)).ShouldBe([("2", at), ("3", null)]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deleted_person_is_never_shown_alive(bool listsShowDeleted)
    {
        _bed.Simulator.Faults.ListsShowDeleted = listsShowDeleted;
        PipedriveDemoData.Fill(_bed.There, seed: 9, persons: 3, organizations: 1, deals: 0);
        _bed.There.Delete("persons", "2");
        (await _bed.ListAllAsync(RemoteKind.Contact, archived: false)).Select(record => record.Ref.Id).ShouldBe(["1", "3"]);
        (await _bed.ListAllAsync(RemoteKind.Contact, archived: true)).ShouldBeEmpty();
        var at = _bed.Time.GetUtcNow();
        var read = await _bed.RunAsync(account => account.ReadAsync(RemoteKind.Contact, ["2", "3", "99"], false, CancellationToken.None));
        read.ToDictionary(record => record.Ref.Id, record => record.ArchivedAt).ShouldBe(new Dictionary<string, DateTimeOffset?> { ["2"] = at, ["3"] = null }, ignoreOrder: true);
        _bed.Time.Advance(TimeSpan.FromDays(31));
        (await _bed.RunAsync(account => account.ReadAsync(RemoteKind.Contact, ["2"], false, CancellationToken.None))).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_call_that_became_a_task_is_gone_as_a_call()
    {
        var id = _bed.There.Create("activities", new() { ["subject"] = "Intro", ["type"] = "call" });
        _bed.There.Edit("activities", id, new() { ["type"] = "task" });
        var at = _bed.Time.GetUtcNow();
        (await _bed.ListAllAsync(RemoteKind.Call, archived: false)).ShouldBeEmpty();
        (await _bed.RunAsync(account => account.ReadAsync(RemoteKind.Call, [id], false, CancellationToken.None))).ShouldHaveSingleItem().ArchivedAt.ShouldBe(at);
        (await _bed.RunAsync(account => account.ReadAsync(RemoteKind.Task, [id], false, CancellationToken.None))).ShouldHaveSingleItem().ArchivedAt.ShouldBeNull();
    }

    [Fact]
    public async Task An_archived_deal_is_put_away_and_not_deleted()
    {
        PipedriveDemoData.Fill(_bed.There, seed: 9, persons: 1, organizations: 1, deals: 3);
        _bed.There.Edit("deals", "1", new() { ["is_archived"] = true });
        (await _bed.ListAllAsync(RemoteKind.Deal, archived: false)).Select(record => record.Ref.Id).ShouldBe(["2", "3", "1"]);
        var read = await _bed.RunAsync(account => account.ReadAsync(RemoteKind.Deal, ["1", "2"], false, CancellationToken.None));
        read.Select(record => (record.Ref.Id, record.ArchivedAt)).ShouldBe([("2", null), ("1", null)]);
    }

    [Fact]
    public async Task Leads_are_read_live_and_archived()
    {
        PipedriveDemoData.Fill(_bed.There, seed: 9, persons: 1, organizations: 1, deals: 0);
        var ids = Enumerable.Range(0, 130).Select(i => _bed.There.Create("leads", new()
        {
            ["title"] = $"Lead {i}",
            ["person_id"] = 1,
            ["value"] = new JsonObject { ["amount"] = 300 + i, ["currency"] = "EUR" },
        })).ToList();
        _bed.There.Edit("leads", ids[5], new() { ["is_archived"] = true });
        _bed.There.Delete("leads", ids[6]);
        var listed = await _bed.ListAllAsync(RemoteKind.Lead, archived: false);
        listed.Select(record => record.Ref.Id).ShouldBe(ids.Where(id => id != ids[6]), ignoreOrder: true);
        var read = await _bed.RunAsync(account => account.ReadAsync(RemoteKind.Lead, [ids[5], ids[6], ids[7]], false, CancellationToken.None));
        read.Select(record => record.Ref.Id).ShouldBe([ids[5], ids[7]]);
        var lead = PipedriveBed.Mapped(read[1]);
        (lead["lead_value"], lead["lead_currency"], lead["lead_status"]).ShouldBe(("307", "EUR", "open"));
        PipedriveBed.Mapped(read[0])["lead_status"].ShouldBe("archived");
    }

    [Fact]
    public async Task A_deleted_note_says_so()
    {
        PipedriveDemoData.Fill(_bed.There, seed: 9, persons: 1, organizations: 1, deals: 1);
        var note = _bed.There.Create("notes", new() { ["content"] = "<p>Hello</p>", ["deal_id"] = 1 });
        var shown = (await _bed.RunAsync(account => account.ReadAsync(RemoteKind.Note, [note], false, CancellationToken.None))).ShouldHaveSingleItem();
        (shown.ArchivedAt, PipedriveBed.Mapped(shown)["body"], PipedriveBed.Mapped(shown)["type"]).ShouldBe((null, "<p>Hello</p>", "note"));
        _bed.There.Delete("notes", note);
        (await _bed.RunAsync(account => account.ReadAsync(RemoteKind.Note, [note], false, CancellationToken.None))).ShouldHaveSingleItem().ArchivedAt.ShouldNotBeNull();
        (await _bed.ListAllAsync(RemoteKind.Note, archived: false)).ShouldBeEmpty();
    }
}
