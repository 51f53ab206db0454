using Forge.Crm.Domain.Mapping;

namespace Forge.Crm.Tests.Matching;

public sealed class StageProposalTests
{
    [Theory]
    // Of one name, wherever they stand.
    [InlineData("Sales: New/open Won/won", "sales: won/won new/open", "New=new Won=won")]
    // Of one status in their order, where there are as many.
    [InlineData("Sales: Lead/open Offer/open Closed/won", "Sales: Contacted/open Quote/open Won/won", "Closed=Won Lead=Contacted Offer=Quote")]
    [InlineData("Sales: Lead/open Offer/open", "Sales: Contacted/open", "")]
    [InlineData("Sales: Lead/open Offer/open", "Sales: Offer/open Quote/open", "Lead=Quote Offer=Offer")]
    // The only pipelines of both, whatever their names; one of another name among several is none.
    [InlineData("Pipeline: Won/won", "Sales pipeline: Gewonnen/won", "Won=Gewonnen")]
    [InlineData("A: Won/won; B: Won/won", "C: Won/won", "")]
    [InlineData("A: Won/won; Sales: New/open", "Sales: New/open; B: Won/won", "New=New Won=Won")]
    [InlineData("Sales: Won/won", "", "")]
    public void Stages_are_proposed_by_name_and_else_by_order(string theirs, string known, string expected)
    {
        var (left, right) = (Read(theirs), Read(known));
        var proposed = StageProposal.Of(left, right);
        string.Join(' ', proposed.Select(pair => $"{left.First(stage => stage.ExternalId == pair.Key.Stage).Label}={pair.Value.Label}").Order(StringComparer.Ordinal)).ShouldBe(expected);
        proposed.Values.Select(stage => stage.StageId).ShouldBeUnique();
    }

    [Fact]
    public void What_is_archived_or_only_a_placeholder_is_not_proposed()
    {
        var known = Read("Sales: Won/won");
        StageProposal.Of([Read("Sales: Won/won")[0] with { IsArchived = true }], known).ShouldBeEmpty();
        StageProposal.Of([Read("Sales: Won/won")[0] with { PipelineExternalId = "" }], known).ShouldBeEmpty();
        StageProposal.Of(Read("Sales: Won/won"), [known[0] with { IsArchived = true }]).ShouldBeEmpty();
    }

    private static List<Stage> Read(string text)
    {
        var stages = new List<Stage>();
        foreach (var pipeline in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (name, id) = (pipeline.Split(':')[0], Guid.CreateVersion7());
            foreach (var stage in pipeline.Split(':')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries))
                stages.Add(new(name, $"{name} {stage}", id, Guid.CreateVersion7(), name, stage.Split('/')[0], stages.Count, null, stage.Split('/')[1], false));
        }

        return stages;
    }
}
