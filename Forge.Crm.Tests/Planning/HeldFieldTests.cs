using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>How far a conflict reaches: one field of one record, held against one platform, and pushed to none.</summary>
public sealed class HeldFieldTests
{
    private const string Field = "first_name";

    private readonly MemoryHub _hub = new();

    public HeldFieldTests()
    {
        _hub.Policy = _hub.Policy with { Strategies = Strategies.Of(Strategy.ManualReview) };
        _hub.Apply(Contact(0, (Field, "Base"), ("job_title", "CEO")));
        _hub.Edit(Field, "Hub", 3);
        _hub.Apply(Contact(6, (Field, "HubSpot"), ("job_title", "CEO")));
    }

    private FieldConflict Open => _hub.Conflicts.Values.ShouldHaveSingleItem();

    [Fact]
    public void A_field_that_waits_with_one_platform_is_still_taken_from_another()
    {
        _hub.Policy = _hub.Policy with { Strategies = Strategies.Default };
        _hub.Conflicts.Clear();
        var elsewhere = new FieldConflict(
            RecordKind.Contact, _hub.Link("1")!.RecordId, Field, Platform.Pipedrive, "Base", new("Hub", _hub.StampOf(Field)), new("Pipedrive", default), ConflictReason.Review);
        _hub.Conflicts[elsewhere.Key] = elsewhere;
        _hub.Edit(Field, "Hub 2", 7);
        _hub.Edit("job_title", "CFO", 7);
        _hub.Apply(Contact(9, (Field, "HubSpot 2"), ("job_title", "CTO")));
        (_hub.Value(Field), _hub.Value("job_title")).ShouldBe(("HubSpot 2", "CTO"));
        (Open.Platform, Open.Hub.Value).ShouldBe((Platform.Pipedrive, "HubSpot 2"));
    }

    [Fact]
    public void Another_field_of_the_record_does_not_wait_with_it()
    {
        _hub.Policy = _hub.Policy with { Strategies = Strategies.Default };
        _hub.Edit("job_title", "CFO", 7);
        _hub.Apply(Contact(9, (Field, "HubSpot"), ("job_title", "CTO")));
        (_hub.Value("job_title"), Open.Field).ShouldBe(("CTO", Field));
    }

    [Fact]
    public void A_field_that_waits_with_two_platforms_is_pushed_to_neither()
    {
        var pipedrive = Open with { Platform = Platform.Pipedrive, Remote = new("Pipedrive", new(Noon.AddMinutes(6), Platform.Pipedrive)) };
        _hub.Conflicts[pipedrive.Key] = pipedrive;
        _hub.Look().ShouldBe(PushPlan.Nothing);
        _hub.Conflicts.Count.ShouldBe(2);
    }
}
