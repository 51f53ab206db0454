using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>Version 2 of persons, organizations, deals and activities.</summary>
internal static class PipedriveRecords
{
    public static PipedriveHandler List(PipedriveEntity entity) => call => PipedriveList.Answer(call, call.Account.Table(entity), archived: false);

    /// <summary>Deals that were put away: not deleted, but in no other list.</summary>
    public static JsonObject ArchivedDeals(PipedriveCall call) => PipedriveList.Answer(call, call.Account.Deals, archived: true);

    /// <summary>A deleted record is shown, flagged as such, until it is purged.</summary>
    public static PipedriveHandler Get(PipedriveEntity entity) => call =>
    {
        var table = call.Account.Table(entity);
        table.Purge(call.Account.Now());
        return PipedriveCall.Success(PipedriveList.Shape(call, table)(Found(call, table).Fields));
    };

    public static PipedriveHandler Create(PipedriveEntity entity) => call =>
    {
        var table = call.Account.Table(entity);
        var made = PipedriveWrites.Create(call.Account, table, call.Body, call.Account.Program);
        return PipedriveCall.Success(PipedriveList.Shape(call, table)(made.Fields));
    };

    public static PipedriveHandler Update(PipedriveEntity entity) => call =>
    {
        var table = call.Account.Table(entity);
        var record = Live(call, table);
        PipedriveWrites.Update(call.Account, table, record, call.Body, call.Account.Program);
        return PipedriveCall.Success(PipedriveList.Shape(call, table)(record.Fields));
    };

    public static PipedriveHandler Delete(PipedriveEntity entity) => call =>
    {
        var table = call.Account.Table(entity);
        var record = Live(call, table);
        PipedriveWrites.Delete(call.Account, table, record, call.Account.Program);
        return PipedriveCall.Success(new JsonObject { ["id"] = record.Id });
    };

    /// <summary>Version 1: the record of the path goes, the one of <c>merge_with_id</c> stays.</summary>
    public static PipedriveHandler Merge(PipedriveEntity entity) => call =>
    {
        var table = call.Account.Table(entity);
        var loser = Live(call, table);
        var survivor = table.Live(PipedriveRecord.TextOf(call.Body["merge_with_id"])) ?? throw PipedriveProblem.NotFound(entity.Singular);
        PipedriveMerge.Merge(call.Account, table, survivor, loser, call.Account.Program);
        var data = survivor.Fields.DeepClone().AsObject();
        data["merge_what_id"] = loser.Id;
        return PipedriveCall.Success(data);
    };

    private static PipedriveRecord Found(PipedriveCall call, PipedriveTable table) =>
        table.Find(call.Route("id")) ?? throw PipedriveProblem.NotFound(table.Entity.Singular);

    private static PipedriveRecord Live(PipedriveCall call, PipedriveTable table) =>
        Found(call, table) is { IsDeleted: false } record ? record : throw new PipedriveProblem(410, $"The {table.Entity.Singular} is deleted", PipedriveProblem.ReferTo);
}
