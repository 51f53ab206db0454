using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Pipedrive;

/// <summary>What the engine makes of events that tell of several fields, and of records that carry their associations.</summary>
public sealed class PipedriveEventTests
{
    private static readonly RemoteRef Ada = new(RemoteKind.Contact, "8");
    private static readonly DateTimeOffset Edited = new(2026, 9, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Told = Edited.AddMilliseconds(461);

    [Fact]
    public void Each_field_that_an_event_tells_of_takes_its_time_and_the_others_the_records_own()
    {
        var fields = Read(Snapshot(Edited), Changed(("first_name", "Ada"), ("phones.primary", "+3725550100")));
        fields["first_name"].Stamp.ShouldBe(new Stamp(Told, Platform.Pipedrive));
        fields["phone"].Stamp.ShouldBe(new Stamp(Told, Platform.Pipedrive));
        fields["last_name"].Stamp.ShouldBe(new Stamp(Edited, Platform.Pipedrive, IsApproximate: true));
    }

    [Fact]
    public void A_value_that_was_changed_again_since_does_not_take_the_events_time() =>
        Read(Snapshot(Edited.AddSeconds(5)), Changed(("first_name", "Eva")))["first_name"].Stamp
            .ShouldBe(new Stamp(Edited.AddSeconds(5), Platform.Pipedrive, IsApproximate: true));

    [Fact]
    public void Of_two_events_that_tell_the_same_the_later_one_counts()
    {
        var earlier = Changed(("first_name", "Ada")) with { OccurredAt = Told.AddMinutes(-1) };
        Read(Snapshot(Edited), Changed(("first_name", "Ada")), earlier)["first_name"].Stamp.At.ShouldBe(Told);
    }

    [Theory]
    [InlineData(-1, 1, 0)]
    [InlineData(-1, 4, 1)]
    [InlineData(0, 1, 1)]
    [InlineData(1, 1, 1)]
    public void A_read_from_before_the_event_is_made_again_a_few_times(int secondsAfter, int attempts, int observed)
    {
        var batch = new EventBatch([new(new(1, [], Told, attempts), Changed(("first_name", "Ada")))], _ => true);
        var read = Snapshot(Edited.AddSeconds(secondsAfter));
        batch.Observe(new Dictionary<RemoteRef, RemoteSnapshot> { [Ada] = read }, Array.Empty<RemoteAssociations>().ToLookup(a => a.From), Told).Count.ShouldBe(observed);
        batch.Settled.Count(outcome => outcome.Status == EventStatus.Pending).ShouldBe(1 - observed);
    }

    [Fact]
    public void A_record_that_carries_its_associations_costs_no_further_call()
    {
        var merged = new ChangeEvent(ChangeType.Merged, Ada, Told, MergedIds: ["9"]);
        var batch = new EventBatch([new(new(1, [], Told, 1), Changed(("org_id", "1"))), new(new(2, [], Told, 1), merged)], _ => true);
        var carried = new RemoteAssociations(Ada, RemoteKind.Company, [new("1", true)]);
        var read = Snapshot(Edited) with { Associations = [carried] };
        batch.AssociationsToRead(new Dictionary<RemoteRef, RemoteSnapshot> { [Ada] = read }).ShouldBeEmpty();
        batch.AssociationsToRead(new Dictionary<RemoteRef, RemoteSnapshot> { [Ada] = read with { Associations = [] } }).ShouldHaveSingleItem().Key
            .ShouldBe((RemoteKind.Contact, RemoteKind.Company), "a survivor that carries none is asked for them");
        batch.AssociationsToRead(new Dictionary<RemoteRef, RemoteSnapshot>()).ShouldBeEmpty("merged itself by now");
        batch.Observe(new Dictionary<RemoteRef, RemoteSnapshot> { [Ada] = read }, Array.Empty<RemoteAssociations>().ToLookup(a => a.From), Told)
            .ShouldHaveSingleItem().Associations.ShouldBe([carried]);
    }

    private static ChangeEvent Changed(params (string Property, string? Value)[] changes) => new(
        ChangeType.Changed, Ada, Told, Changes: changes.ToDictionary(change => change.Property, change => change.Value), Version: Edited);

    private static RemoteSnapshot Snapshot(DateTimeOffset updatedAt) => new(
        Ada, new Dictionary<string, string?> { ["first_name"] = "Ada", ["last_name"] = "Example", ["phones.primary"] = "+3725550100" },
        Edited.AddDays(-1), updatedAt, null, Told, [], []);

    private static Dictionary<string, RemoteField> Read(RemoteSnapshot snapshot, params ChangeEvent[] events)
    {
        var mapper = PipedriveFields.MapperOf(RemoteKind.Contact, StandardFields.Contact);
        var record = SnapshotReader.Read(snapshot, mapper, Platform.Pipedrive, events, Lookups.None(TenantLocale.Default));
        return StandardFields.Contact.Fields.Select((field, i) => (field.Name, record.Fields[i])).ToDictionary(row => row.Name, row => row.Item2);
    }
}
