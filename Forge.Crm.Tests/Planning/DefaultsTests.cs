using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>
/// What a platform fills in by itself when it creates a record for us, against what somebody put in there before we could see it. Of a contact's
/// fields platforms have a default for the lead's source, and for the job title none.
/// </summary>
public sealed class DefaultsTests
{
    private static readonly Guid Made = Guid.Parse("00000000-0000-0000-0000-0000000000aa");
    private static readonly int Source = StandardFields.Contact.IndexOf("lead_source");

    private readonly MemoryHub _hub = new();

    public DefaultsTests()
    {
        string?[] values = [.. StandardFields.Contact.Fields.Select(field => field.Name == "email" ? "ann@example.com" : null)];
        _hub.Records[Made] = new(Made, RecordKind.Contact, [.. values], [.. values.Select(value => value is null ? Stamp.None : new Stamp(Noon, Platform.Supabase))]);
    }

    [Theory]
    [InlineData(OwnWrite.Answer, 0, null, null)] // all of it is the platform's doing
    [InlineData(OwnWrite.Answer, 5, null, "CEO")] // read some moments later
    [InlineData(OwnWrite.Unknown, 0, null, "CEO")] // its webhook, before the answer: an edit of the same tick looks alike
    [InlineData(OwnWrite.Unknown, 5, "Web", "CEO")] // somebody changed the record since it was made
    public void What_nobody_chose_is_seen_and_not_taken(OwnWrite own, int minute, string? source, string? title)
    {
        foreach (var (isUnderWay, hasOurId) in new[] { (true, true), (true, false), (false, true) })
        {
            var hub = new DefaultsTests()._hub;
            if (isUnderWay)
                hub.Look(Made).Kind.ShouldBe(PushKind.Create);
            hub.Apply(Shown(minute, hasOurId) with { OwnWrite = own }).ShouldBe(ChangeOutcome.Updated);
            (hub.Value("lead_source", "9"), hub.Value("job_title", "9")).ShouldBe((source, title), $"under way: {isUnderWay}, our id: {hasOurId}");
            hub.Link("9")!.Seen[Source].ShouldBe("Web");
        }
    }

    [Theory, InlineData(0), InlineData(5)]
    public void Of_a_record_that_somebody_made_there_everything_was_chosen(int minute)
    {
        _hub.Apply(Shown(minute, hasOurId: false));
        (_hub.Value("lead_source", "9"), _hub.Value("job_title", "9")).ShouldBe(("Web", "CEO"));
    }

    [Fact]
    public void A_default_is_there_since_the_creation_by_the_record_s_time()
    {
        _hub.Look(Made);
        _hub.Apply(Shown(5, hasOurId: true) with { OwnWrite = OwnWrite.Answer });
        _hub.Link("9")!.SeenStamps[Source].ShouldBe(new Stamp(Noon, Platform.HubSpot, IsApproximate: true));
    }

    [Fact]
    public void Another_value_than_what_we_are_creating_it_with_is_asked_for_again()
    {
        _hub.Look(Made);
        var shown = Contact("9", 5, ("email", "zoe@example.com"));
        _hub.Apply(shown with { Record = shown.Record! with { SyncId = Made } }).ShouldBe(ChangeOutcome.Outdated);
        _hub.Value("email", "9").ShouldBe("ann@example.com");
    }

    // Made at noon, read at that minute.
    private static RemoteChange Shown(int minute, bool hasOurId)
    {
        var shown = Contact("9", minute, ("email", "ann@example.com"), ("lead_source", "Web"), ("job_title", "CEO"));
        return shown with { Record = shown.Record! with { SyncId = hasOurId ? Made : null } };
    }
}
