using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>Owners, pipelines and the account itself: read-only here, changed through <see cref="HubSpotAccount"/>.</summary>
internal static class HubSpotSettings
{
    // Owners and pipelines have no dates of their own in the simulator.
    private const string Always = "2024-01-01T08:00:00.000Z";

    public static int Owners(HubSpotCall call, Utf8JsonWriter json)
    {
        var limit = call.Limit(100, 500);
        var email = call.Query("email");
        var after = call.After();
        var owners = call.Account.Owners
            .Where(owner => owner.Archived == call.Archived)
            .Where(owner => email is null || string.Equals(owner.Email, email, StringComparison.OrdinalIgnoreCase))
            .OrderBy(owner => NumberOf(owner.Id))
            .Where(owner => NumberOf(owner.Id) > after)
            .Take(limit + 1)
            .ToArray();
        WriteResults(json, owners.Take(limit), WriteOwner, owners.Length > limit ? () =>
            HubSpotObjectJson.WritePaging(json, owners[limit - 1].Id, call.Link(owners[limit - 1].Id)) : null);
        return 200;
    }

    public static int Owner(HubSpotCall call, Utf8JsonWriter json)
    {
        var id = call.Route("id");
        var byUser = call.Query("idProperty") == "userId";
        var owner = call.Account.Owners.Find(owner =>
            owner.Archived == call.Archived && (byUser ? HubSpotNumbers.Text(owner.UserId) : owner.Id) == id);
        WriteOwner(json, owner ?? throw HubSpotProblem.NotFound());
        return 200;
    }

    /// <summary>Only deals have any.</summary>
    public static int Pipelines(HubSpotCall call, Utf8JsonWriter json)
    {
        WriteResults(json, Of(call), WritePipeline);
        return 200;
    }

    public static int Pipeline(HubSpotCall call, Utf8JsonWriter json)
    {
        WritePipeline(json, One(call));
        return 200;
    }

    public static int Stages(HubSpotCall call, Utf8JsonWriter json)
    {
        var stages = One(call).Stages;
        WriteResults(json, stages, (writer, stage) => WriteStage(writer, stage, stages.ToList().IndexOf(stage)));
        return 200;
    }

    public static int Stage(HubSpotCall call, Utf8JsonWriter json)
    {
        var stages = One(call).Stages.ToList();
        var at = stages.FindIndex(stage => stage.Id == call.Route("stage"));
        WriteStage(json, at >= 0 ? stages[at] : throw HubSpotProblem.NotFound(), at);
        return 200;
    }

    public static int Account(HubSpotCall call, Utf8JsonWriter json)
    {
        var account = call.Account;
        var offset = TimeZoneInfo.FindSystemTimeZoneById(account.TimeZone).GetUtcOffset(account.Options.Time.GetUtcNow());
        json.WriteStartObject();
        json.WriteNumber("portalId", account.PortalId);
        json.WriteString("accountType", "STANDARD");
        json.WriteString("timeZone", account.TimeZone);
        json.WriteString("companyCurrency", account.CompanyCurrency);
        json.WriteStartArray("additionalCurrencies");
        foreach (var currency in account.AdditionalCurrencies)
            json.WriteStringValue(currency);
        json.WriteEndArray();
        json.WriteString("utcOffset", $"{(offset < TimeSpan.Zero ? "-" : "+")}{offset:hh\\:mm}");
        json.WriteNumber("utcOffsetMilliseconds", (long)offset.TotalMilliseconds);
        json.WriteString("uiDomain", "app.hubspot.com");
        json.WriteString("dataHostingLocation", "eu1");
        json.WriteEndObject();
        return 200;
    }

    private static List<HubSpotPipeline> Of(HubSpotCall call) =>
        call.Table.Type == HubSpotObjectType.Deal ? call.Account.DealPipelines : [];

    private static HubSpotPipeline One(HubSpotCall call) =>
        Of(call).Find(pipeline => pipeline.Id == call.Route("id")) ?? throw HubSpotProblem.NotFound();

    private static void WriteResults<T>(Utf8JsonWriter json, IEnumerable<T> results, Action<Utf8JsonWriter, T> write, Action? paging = null)
    {
        json.WriteStartObject();
        json.WriteStartArray("results");
        foreach (var result in results)
            write(json, result);
        json.WriteEndArray();
        paging?.Invoke();
        json.WriteEndObject();
    }

    private static void WriteOwner(Utf8JsonWriter json, HubSpotOwner owner)
    {
        json.WriteStartObject();
        json.WriteString("id", owner.Id);
        json.WriteString("email", owner.Email);
        json.WriteString("type", "PERSON");
        json.WriteString("firstName", owner.FirstName);
        json.WriteString("lastName", owner.LastName);
        if (!owner.Archived)
            json.WriteNumber("userId", owner.UserId);
        json.WriteNumber("userIdIncludingInactive", owner.UserId);
        json.WriteString("createdAt", Always);
        json.WriteString("updatedAt", Always);
        json.WriteBoolean("archived", owner.Archived);
        json.WriteStartArray("teams");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WritePipeline(Utf8JsonWriter json, HubSpotPipeline pipeline)
    {
        json.WriteStartObject();
        json.WriteString("label", pipeline.Label);
        json.WriteNumber("displayOrder", 0);
        json.WriteString("id", pipeline.Id);
        json.WriteStartArray("stages");
        for (var i = 0; i < pipeline.Stages.Count; i++)
            WriteStage(json, pipeline.Stages[i], i);
        json.WriteEndArray();
        WriteDates(json);
        json.WriteEndObject();
    }

    /// <summary>Metadata are strings, whatever they mean.</summary>
    private static void WriteStage(Utf8JsonWriter json, HubSpotStage stage, int order)
    {
        json.WriteStartObject();
        json.WriteString("label", stage.Label);
        json.WriteNumber("displayOrder", order);
        json.WriteStartObject("metadata");
        json.WriteString("isClosed", stage.IsClosed ? "true" : "false");
        json.WriteString("probability", stage.Probability);
        json.WriteEndObject();
        json.WriteString("id", stage.Id);
        WriteDates(json);
        json.WriteString("writePermissions", "CRM_PERMISSIONS_ENFORCEMENT");
        json.WriteEndObject();
    }

    private static void WriteDates(Utf8JsonWriter json)
    {
        json.WriteString("createdAt", Always);
        json.WriteString("updatedAt", Always);
        json.WriteBoolean("archived", false);
    }

    private static long NumberOf(string id) => long.Parse(id, System.Globalization.CultureInfo.InvariantCulture);
}
