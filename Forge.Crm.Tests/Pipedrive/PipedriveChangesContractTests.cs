using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Pipedrive;

namespace Forge.Crm.Tests.Pipedrive;

/// <summary>The same contract: what changed since.</summary>
public sealed class PipedriveChangesContractTests : IAsyncLifetime
{
    private readonly PipedriveBed _bed = new();

    public Task InitializeAsync() => _bed.StartAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task Twelve_hundred_records_that_changed_in_one_second_are_all_found()
    {
        PipedriveDemoData.Fill(_bed.There, seed: 2, persons: 1_300, organizations: 0, deals: 0);
        var since = _bed.Time.GetUtcNow();
        for (var i = 1; i <= 1_250; i++)
            _bed.There.Edit("persons", $"{i}", new() { ["first_name"] = $"New {i}" });
        _bed.Time.Advance(TimeSpan.FromSeconds(3));
        _bed.There.Edit("persons", "1300", new() { ["first_name"] = "Last" });
        (await _bed.ChangedAsync(RemoteKind.Contact, since)).Count.ShouldBe(1_251);
    }

    [Fact]
    public async Task Only_what_changed_since_is_found_in_every_kind()
    {
        PipedriveDemoData.Fill(_bed.There, seed: 9, persons: 30, organizations: 30, deals: 30, activities: 60);
        for (var i = 0; i < 4; i++)
            _bed.There.Create("notes", new() { ["content"] = "Hello", ["deal_id"] = 1 });
        _bed.Time.Advance(TimeSpan.FromMinutes(1));
        var since = _bed.Time.GetUtcNow();
        foreach (var kind in _bed.Connector.Kinds)
        {
            var edited = _bed.Ids(kind).Take(3).ToList();
            foreach (var id in edited)
            {
                _bed.Time.Advance(TimeSpan.FromSeconds(2));
                _bed.There.Edit(PipedriveObjects.PathOf(kind), id, new() { [PipedriveBed.NameOf(kind)] = "New" });
            }

            (await _bed.ChangedAsync(kind, since)).ShouldBe(edited, ignoreOrder: true);
        }
    }

    [Fact]
    public async Task An_edit_between_two_pages_of_changes_hides_no_record()
    {
        PipedriveDemoData.Fill(_bed.There, seed: 2, persons: 700, organizations: 0, deals: 0);
        var first = await _bed.RunAsync(account => account.ChangedSinceAsync(RemoteKind.Contact, new(DateTimeOffset.UnixEpoch), CancellationToken.None));
        _bed.There.Edit("persons", first.Ids[0].Id, new() { ["first_name"] = "Moved to the end" });
        var rest = await _bed.RunAsync(account => account.ChangedSinceAsync(RemoteKind.Contact, first.Next!, CancellationToken.None));
        first.Ids.Concat(rest.Ids).Select(row => row.Id).Distinct().Count().ShouldBe(700);
    }
}
