using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>Notes, which only version 1 has. A deleted note is shown with <c>active_flag</c> false when it is asked for by id.</summary>
internal static class PipedriveNotes
{
    private static readonly string[] Writable = ["content", "lead_id", "deal_id", "person_id", "org_id", "pinned_to_deal_flag"];

    public static JsonObject List(PipedriveCall call)
    {
        var filters = new[] { "user_id", "lead_id", "deal_id", "person_id", "org_id" }.Where(name => call.Query(name) is not null).ToArray();
        return PipedriveFirstVersionList.Answer(
            call, call.Account.Notes.All.Where(note => IsActive(note) && filters.All(name => PipedriveRecord.TextOf(note[name]) == call.Query(name))));
    }

    public static JsonObject Get(PipedriveCall call) => PipedriveCall.Success(Found(call).DeepClone());

    public static JsonObject Create(PipedriveCall call)
    {
        call.Status = 201;
        return PipedriveCall.Success(Create(call.Account, call.Body, call.Account.Program).DeepClone());
    }

    public static JsonObject Update(PipedriveCall call)
    {
        var note = Found(call);
        Update(call.Account, note, call.Body, call.Account.Program);
        return PipedriveCall.Success(note.DeepClone());
    }

    public static JsonObject Delete(PipedriveCall call)
    {
        Delete(call.Account, Found(call), call.Account.Program);
        return PipedriveCall.Success(true);
    }

    public static JsonObject Create(PipedriveAccount account, JsonObject body, PipedriveOrigin origin)
    {
        var now = PipedriveTime.FirstVersion(account.Now());
        var note = new JsonObject
        {
            ["id"] = account.Notes.NextId(),
            ["user_id"] = origin.UserId,
            ["deal_id"] = null,
            ["person_id"] = null,
            ["org_id"] = null,
            ["lead_id"] = null,
            ["content"] = null,
            ["add_time"] = now,
            ["update_time"] = now,
            ["active_flag"] = true,
            ["pinned_to_deal_flag"] = false,
            ["last_update_user_id"] = null,
        };
        Write(note, body);
        account.Notes.All.Add(note);
        account.Events.Raise("create", "note", Id(note), note.DeepClone().AsObject(), null, origin);
        return note;
    }

    public static void Update(PipedriveAccount account, JsonObject note, JsonObject body, PipedriveOrigin origin)
    {
        var former = note.DeepClone().AsObject();
        Write(note, body);
        (note["update_time"], note["last_update_user_id"]) = (PipedriveTime.FirstVersion(account.Now()), origin.UserId);
        account.Events.Raise("change", "note", Id(note), note.DeepClone().AsObject(), PipedriveEvents.Difference(former, note), origin);
    }

    public static void Delete(PipedriveAccount account, JsonObject note, PipedriveOrigin origin)
    {
        var former = note.DeepClone().AsObject();
        (note["active_flag"], note["update_time"]) = (false, PipedriveTime.FirstVersion(account.Now()));
        account.Events.Raise("delete", "note", Id(note), null, former, origin);
    }

    private static void Write(JsonObject note, JsonObject body)
    {
        foreach (var (name, content) in body)
            note[name] = Writable.Contains(name) ? content?.DeepClone() : throw PipedriveProblem.Invalid($"\"{name}\" is not allowed");
        if (note["content"] is null || new[] { "deal_id", "person_id", "org_id", "lead_id" }.All(name => note[name] is null))
            throw PipedriveProblem.Invalid("A note must have content and belong to a deal, a person, an organization or a lead");
    }

    private static JsonObject Found(PipedriveCall call) => call.Account.Notes.Find(call.Route("id")) ?? throw PipedriveProblem.NotFound("note");

    private static string Id(JsonObject note) => PipedriveRecord.TextOf(note["id"])!;

    private static bool IsActive(JsonObject note) => note["active_flag"]!.GetValue<bool>();
}
