using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Mapping;

/// <summary>Which time a field gets from what a platform returned.</summary>
public sealed class SnapshotTimeTests
{
    private static readonly DateTimeOffset At = new(2026, 5, 4, 12, 0, 5, TimeSpan.Zero);
    private static readonly RecordMapper Mapper = new(RemoteKind.Contact, StandardFields.Contact, [new("name", "first_name", (text, _) => text, (text, _) => text)]);

    [Fact]
    public void A_time_to_the_second_stands_for_the_whole_second_so_that_the_event_of_the_same_edit_is_no_later_one()
    {
        var byRecord = StampOf(TimeSpan.FromSeconds(1));
        byRecord.IsApproximate.ShouldBeTrue();
        StampOf(TimeSpan.FromSeconds(1), At.AddMilliseconds(998)).At.ShouldBeLessThan(byRecord.At);
        byRecord.At.ShouldBeLessThan(At.AddSeconds(1));
    }

    [Fact]
    public void A_time_to_the_microsecond_stands_for_itself() => StampOf(TimeSpan.FromMicroseconds(1)).At.ShouldBe(At);

    private static Stamp StampOf(TimeSpan tick, DateTimeOffset? told = null)
    {
        var reference = new RemoteRef(RemoteKind.Contact, "1");
        var snapshot = new RemoteSnapshot(reference, new Dictionary<string, string?> { ["name"] = "Ann" }, At, At, null, At.AddSeconds(2), [], []) { Tick = tick };
        ChangeEvent[] events = told is { } at ? [new(ChangeType.Changed, reference, at, "name", "Ann") { ReceivedAt = at }] : [];
        return SnapshotReader.Read(snapshot, Mapper, Platform.Pipedrive, events, Lookups.None(TenantLocale.Default)).Fields[StandardFields.Contact.IndexOf("first_name")].Stamp;
    }
}
