using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>A platform that is only written to: what people do there is noted, and the hub stays as it is.</summary>
public sealed class WriteOnlyTests
{
    private static readonly PushDue Due = new(Platform.HubSpot, RecordKind.Contact, new(1, 0, 0, new byte[8]));

    private readonly MemoryHub _hub = new();

    public WriteOnlyTests()
    {
        _hub.Apply(Shown(0, "Ann"));
        _hub.Policy = _hub.Policy with { TakesIn = false, OnDelete = DeletePolicy.Ignore };
        _hub.History.Clear();
        _hub.Pushes.Clear();
    }

    [Fact]
    public void An_edit_there_is_noted_once_and_stands_until_the_hub_has_something_new()
    {
        _hub.Apply(Shown(5, "Zoe")).ShouldBe(ChangeOutcome.Unchanged);
        _hub.Apply(Shown(6, "Zoe")).ShouldBe(ChangeOutcome.Unchanged);
        var noted = _hub.History.ShouldHaveSingleItem();
        (noted.Action, noted.OldValue, noted.NewValue, _hub.Value("first_name")).ShouldBe((HistoryAction.Lost, "Ann", "Zoe", "Ann"));
        _hub.Pushes.ShouldBeEmpty();
        _hub.Look().ShouldBe(PushPlan.Nothing);
        _hub.Edit("first_name", "Anna", 7);
        _hub.Look().Kind.ShouldBe(PushKind.Update);
    }

    [Fact]
    public void Of_edits_on_both_sides_the_hub_s_is_written_there_however_old_it_is()
    {
        _hub.Edit("first_name", "Anna", 3);
        _hub.Apply(Shown(9, "Zoe"));
        _hub.Value("first_name").ShouldBe("Anna");
        _hub.History.ShouldHaveSingleItem().NewValue.ShouldBe("Zoe");
        _hub.Pushes.ShouldBe([Due]);
    }

    [Fact]
    public void What_only_it_has_is_not_created_in_the_hub()
    {
        _hub.Apply(Contact("9", 5, ("first_name", "Bea"))).ShouldBe(ChangeOutcome.Ignored);
        _hub.Records.Count.ShouldBe(1);
    }

    [Fact]
    public void An_edit_there_brings_nothing_back_that_the_hub_deleted()
    {
        _hub.Delete(6);
        _hub.Apply(Shown(9, "Zoe"));
        (_hub.Records.Values.Single().IsLive, _hub.History.Single().Action).ShouldBe((false, HistoryAction.Lost));
        _hub.Pushes.ShouldBeEmpty(); // the deletion is due there as it was
    }

    [Fact]
    public void What_is_brought_back_there_after_the_hub_deleted_it_is_due_to_be_deleted_there_once_more()
    {
        _hub.Delete(4);
        _hub.Apply(Deleted(5) with { OwnWrite = OwnWrite.Answer });
        _hub.Apply(Shown(9, "Ann"));
        _hub.Records.Values.Single().IsLive.ShouldBeFalse();
        _hub.History.ShouldBeEmpty();
        _hub.Pushes.ShouldBe([Due]);
        _hub.Look().Kind.ShouldBe(PushKind.Delete);
    }

    private static RemoteChange Shown(int minute, string name) => Contact(minute, ("first_name", name), ("email", "ann@example.com"));
}
