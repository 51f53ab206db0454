using System.Text.Json;
using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>Leads: version 1 but for the conversion. Ids are UUIDs, times have milliseconds, amounts their currency.</summary>
internal static class PipedriveLeads
{
    private static readonly string[] Writable = ["title", "owner_id", "label_ids", "person_id", "organization_id", "is_archived", "value", "expected_close_date", "was_seen", "visible_to"];

    public static JsonObject List(PipedriveCall call) => PipedriveFirstVersionList.Answer(call, Matching(call, archived: false));

    public static JsonObject ListArchived(PipedriveCall call) => PipedriveFirstVersionList.Answer(call, Matching(call, archived: true));

    public static JsonObject Get(PipedriveCall call) => PipedriveCall.Success(Found(call).DeepClone());

    public static JsonObject Create(PipedriveCall call)
    {
        call.Status = 201;
        return PipedriveCall.Success(Create(call.Account, call.Body, call.Account.Program).DeepClone());
    }

    public static JsonObject Update(PipedriveCall call)
    {
        var lead = Found(call);
        Update(call.Account, lead, call.Body, call.Account.Program);
        return PipedriveCall.Success(lead.DeepClone());
    }

    public static JsonObject Delete(PipedriveCall call)
    {
        var lead = Found(call);
        Delete(call.Account, lead, call.Account.Program);
        return PipedriveCall.Success(new JsonObject { ["id"] = lead["id"]!.DeepClone() });
    }

    /// <summary>Asynchronous: the answer names a conversion, whose state is asked for.</summary>
    public static JsonObject Convert(PipedriveCall call)
    {
        var (account, lead) = (call.Account, Found(call));
        var body = new JsonObject { ["title"] = lead["title"]!.DeepClone(), ["person_id"] = lead["person_id"]?.DeepClone(), ["org_id"] = lead["organization_id"]?.DeepClone() };
        if (lead["value"] is { } value)
            (body["value"], body["currency"]) = (value["amount"]!.DeepClone(), value["currency"]!.DeepClone());
        var deal = PipedriveWrites.Create(account, account.Deals, body, account.Program);
        deal.Fields["source_lead_id"] = lead["id"]!.DeepClone();
        Delete(account, lead, account.Program);
        var conversion = Guid.NewGuid().ToString();
        account.Leads.Conversions[conversion] = deal.Id;
        return PipedriveCall.Success(new JsonObject { ["conversion_id"] = conversion });
    }

    public static JsonObject Conversion(PipedriveCall call) => call.Account.Leads.Conversions.TryGetValue(call.Route("conversion"), out var deal)
        ? PipedriveCall.Success(new JsonObject { ["conversion_id"] = call.Route("conversion"), ["status"] = "completed", ["deal_id"] = deal })
        : throw PipedriveProblem.NotFound("conversion");

    public static JsonObject Create(PipedriveAccount account, JsonObject body, PipedriveOrigin origin)
    {
        var now = PipedriveTime.Precise(account.Now());
        var lead = new JsonObject
        {
            ["id"] = Guid.NewGuid().ToString(),
            ["title"] = null,
            ["owner_id"] = origin.UserId,
            ["creator_id"] = origin.UserId,
            ["label_ids"] = new JsonArray(),
            ["person_id"] = null,
            ["organization_id"] = null,
            ["source_name"] = origin.Source == "api" ? "API" : "Manually created",
            ["origin"] = origin.Source == "api" ? "API" : "ManuallyCreated",
            ["origin_id"] = null,
            ["channel"] = null,
            ["channel_id"] = null,
            ["source_deal_id"] = null,
            ["is_archived"] = false,
            ["was_seen"] = false,
            ["value"] = null,
            ["expected_close_date"] = null,
            ["next_activity_id"] = null,
            ["add_time"] = now,
            ["update_time"] = now,
            ["visible_to"] = "3",
            ["cc_email"] = null,
        };
        Write(account, lead, body);
        account.Leads.All.Add(lead);
        account.Events.Raise("create", "lead", Id(lead), Shape(lead), null, origin);
        return lead;
    }

    public static void Update(PipedriveAccount account, JsonObject lead, JsonObject body, PipedriveOrigin origin)
    {
        var former = Shape(lead);
        Write(account, lead, body);
        if (JsonNode.DeepEquals(former, Shape(lead)))
            return;
        lead["update_time"] = PipedriveTime.Precise(account.Now());
        account.Events.Raise("change", "lead", Id(lead), Shape(lead), PipedriveEvents.Difference(former, Shape(lead)), origin);
    }

    public static void Delete(PipedriveAccount account, JsonObject lead, PipedriveOrigin origin)
    {
        account.Leads.All.Remove(lead);
        account.Events.Raise("delete", "lead", Id(lead), null, Shape(lead), origin);
    }

    private static void Write(PipedriveAccount account, JsonObject lead, JsonObject body)
    {
        foreach (var name in body.Select(member => member.Key).Where(name => !Writable.Contains(name)))
            throw PipedriveProblem.Invalid($"\"{name}\" is not allowed");
        if (body["person_id"] is { } person && account.Persons.Live(person.ToJsonString()) is null)
            throw PipedriveProblem.NotFound("person");
        if (body["organization_id"] is { } organization && account.Organizations.Live(organization.ToJsonString()) is null)
            throw PipedriveProblem.NotFound("organization");
        if (body["value"] is { } value && (value["amount"]?.GetValueKind() != JsonValueKind.Number || value["currency"] is null))
            throw PipedriveProblem.Invalid("\"value\" must have amount and currency");
        var next = lead.DeepClone().AsObject();
        foreach (var (name, content) in body)
            next[name] = content?.DeepClone();
        if (next["title"] is null || (next["person_id"] is null && next["organization_id"] is null))
            throw PipedriveProblem.Invalid("A lead must have a title and be linked to a person or an organization");
        foreach (var (name, content) in body)
            lead[name] = content?.DeepClone();
    }

    private static JsonObject Found(PipedriveCall call) => call.Account.Leads.Find(call.Route("id")) ?? throw PipedriveProblem.NotFound("lead");

    private static IEnumerable<JsonObject> Matching(PipedriveCall call, bool archived)
    {
        var filters = new[] { "owner_id", "person_id", "organization_id" }.Where(name => call.Query(name) is not null).ToArray();
        return call.Account.Leads.All.Where(lead =>
            lead["is_archived"]!.GetValue<bool>() == archived && filters.All(name => PipedriveRecord.TextOf(lead[name]) == call.Query(name)));
    }

    private static string Id(JsonObject lead) => PipedriveRecord.TextOf(lead["id"])!;

    private static JsonObject Shape(JsonObject lead)
    {
        var shown = lead.DeepClone().AsObject();
        shown.Remove("visible_to");
        shown.Remove("cc_email");
        shown["custom_fields"] = new JsonObject();
        return shown;
    }
}
