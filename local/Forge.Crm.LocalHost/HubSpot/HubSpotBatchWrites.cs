using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>
/// Batch create, update, upsert and archive. A batch whose inputs carry an <c>objectWriteTraceId</c> is carried out in part,
/// with the failures in a 207; without it one bad create or upsert fails the whole batch before anything is written.
/// </summary>
internal static class HubSpotBatchWrites
{
    private const int MostInputs = 100;

    /// <summary>One input that passed its checks: <see cref="Apply"/> writes it and returns the record and whether it is new.</summary>
    private sealed record Step(Func<(HubSpotRecord Record, bool IsNew)> Apply, HubSpotSelection Shown);

    public static int Create(HubSpotCall call, Utf8JsonWriter json)
    {
        var table = call.Table;
        return Run(call, json, table, 201, tellsNew: false, input => PrepareCreate(call, table, input, HubSpotJson.Properties(input)));
    }

    public static int Update(HubSpotCall call, Utf8JsonWriter json)
    {
        var table = call.Table;
        return Run(call, json, table, 200, tellsNew: false, input =>
            PrepareUpdate(call, table, input, Known(table, input) ?? throw HubSpotBatchRead.Missing(table, [HubSpotJson.Required(input, "id")])));
    }

    public static int Upsert(HubSpotCall call, Utf8JsonWriter json)
    {
        var table = call.Table;
        return Run(call, json, table, 200, tellsNew: true, input =>
        {
            if (Known(table, input) is { } record)
                return PrepareUpdate(call, table, input, record);
            var property = HubSpotJson.Optional(input, "idProperty");
            if (property is null or "hs_object_id")
                throw HubSpotBatchRead.Missing(table, [HubSpotJson.Required(input, "id")]);
            var properties = HubSpotJson.Properties(input);
            properties[property] = HubSpotJson.Required(input, "id");
            return PrepareCreate(call, table, input, properties);
        });
    }

    /// <summary>Ids that lead nowhere are passed over.</summary>
    public static int Archive(HubSpotCall call, Utf8JsonWriter json)
    {
        var table = call.Table;
        foreach (var input in call.Inputs(MostInputs))
        {
            if (table.Find(HubSpotJson.Required(input, "id")) is { ArchivedAt: null } record)
                HubSpotWrites.Archive(call.Account, table, record, call.Origin);
        }
        return 204;
    }

    private static int Run(
        HubSpotCall call, Utf8JsonWriter json, HubSpotTable table, int status, bool tellsNew, Func<JsonElement, Step> prepare)
    {
        var inputs = call.Inputs(MostInputs);
        RefuseDuplicates(inputs);
        var errors = new List<(HubSpotProblem, string?)>();
        var results = new List<Action>();
        var inParts = inputs.Length > 0 && !call.Account.Options.Faults.IgnoresTraceIds && inputs.All(input => TraceId(input) is not null);
        if (!inParts)
            CheckAll(inputs, table, prepare);
        foreach (var input in inputs)
        {
            if (Attempt(prepare, input, errors, inParts) is not { } step)
                continue;
            var (record, isNew) = step.Apply();
            results.Add(() => HubSpotObjectJson.Write(json, call, table, record, step.Shown, tellsNew ? isNew : null, TraceId(input)));
        }
        return HubSpotObjectJson.WriteBatch(json, call, status, results, errors);
    }

    private static void CheckAll(JsonElement[] inputs, HubSpotTable table, Func<JsonElement, Step> prepare)
    {
        foreach (var input in inputs)
            Attempt(prepare, input, [], inParts: false);
        foreach (var property in table.Properties.InOrder.Where(table.IsUnique))
        {
            var values = inputs.Select(HubSpotJson.Properties)
                .Select(properties => properties.GetValueOrDefault(property.Name, ""))
                .Select(value => HubSpotValues.Accept(property, value).Text);
            if (values.Where(value => value is { Length: > 0 }).GroupBy(value => value).FirstOrDefault(group => group.Count() > 1) is { } twice)
                throw HubSpotProblem.Conflict($"{property.Name} {twice.Key} is given to more than one input of the batch");
        }
    }

    /// <summary>A record that is not there never fails its neighbours; anything else does unless the batch runs in parts.</summary>
    private static Step? Attempt(Func<JsonElement, Step> prepare, JsonElement input, List<(HubSpotProblem, string?)> errors, bool inParts)
    {
        try
        {
            return prepare(input);
        }
        catch (HubSpotProblem problem) when (inParts || problem.Category == "OBJECT_NOT_FOUND")
        {
            errors.Add((problem, TraceId(input)));
            return null;
        }
    }

    private static Step PrepareCreate(HubSpotCall call, HubSpotTable table, JsonElement input, Dictionary<string, string> properties)
    {
        var draft = HubSpotDraft.ForCreate(call.Account, table, properties);
        var associations = HubSpotNewAssociations.Read(call, table, input);
        return new(Apply, HubSpotSelection.Everything);

        (HubSpotRecord, bool) Apply()
        {
            var record = HubSpotWrites.Create(call.Account, table, draft, call.Origin);
            associations.AddTo(call, record);
            return (record, true);
        }
    }

    private static Step PrepareUpdate(HubSpotCall call, HubSpotTable table, JsonElement input, HubSpotRecord record)
    {
        var properties = HubSpotJson.Properties(input);
        var draft = HubSpotDraft.ForUpdate(call.Account, table, record, properties);
        return new(Apply, HubSpotSelection.Of(table, properties.Keys, []));

        (HubSpotRecord, bool) Apply()
        {
            HubSpotWrites.Update(call.Account, table, record, draft, call.Origin);
            return (record, false);
        }
    }

    private static HubSpotRecord? Known(HubSpotTable table, JsonElement input)
    {
        var id = HubSpotJson.Required(input, "id");
        var record = HubSpotJson.Optional(input, "idProperty") is { Length: > 0 } property
            ? HubSpotObjects.ByValue(table, property, id)
            : table.Find(id);
        return record is { ArchivedAt: null } ? record : null;
    }

    private static void RefuseDuplicates(JsonElement[] inputs)
    {
        var twice = inputs.Select(input => HubSpotJson.Optional(input, "id")).OfType<string>().GroupBy(id => id).Where(group => group.Count() > 1);
        if (twice.Select(group => group.Key).ToArray() is { Length: > 0 } ids)
            throw HubSpotProblem.Invalid($"Duplicate IDs found in batch input: [{string.Join(", ", ids)}]. IDs in a batch must be unique");
    }

    private static string? TraceId(JsonElement input) => HubSpotJson.Optional(input, "objectWriteTraceId");
}
