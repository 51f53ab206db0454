namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>Values that passed every check and may be written. Nothing is written before the whole request passed.</summary>
internal sealed class HubSpotDraft
{
    private HubSpotDraft(List<(HubSpotProperty Property, string Text)> values) => Values = values;

    /// <summary>Empty text clears.</summary>
    public List<(HubSpotProperty Property, string Text)> Values { get; }

    public string? this[string property] => Values.Find(value => value.Property.Name == property) is { Property: not null } found ? found.Text : null;

    /// <exception cref="HubSpotProblem">A value, or what is missing, is refused.</exception>
    public static HubSpotDraft ForCreate(HubSpotAccount account, HubSpotTable table, IReadOnlyDictionary<string, string> properties)
    {
        var draft = Checked(account, table, null, properties);
        if (table.Type == HubSpotObjectType.Deal && draft["pipeline"] is null or "")
            draft.Values.Add((table.Properties["pipeline"], account.DealPipelines[0].Id));
        var missing = table.Type.Required.Where(group => group.All(name => string.IsNullOrEmpty(draft[name]))).ToArray();
        if (missing.Length > 0)
        {
            throw new HubSpotProblem(400, "VALIDATION_ERROR", $"Error creating {table.Type.ErrorName}. Some required properties were not set.")
            {
                Context = new() { ["properties"] = [.. missing.Select(group => group[0])] },
            };
        }
        CheckStage(account, table, null, draft);
        return draft;
    }

    /// <inheritdoc cref="ForCreate"/>
    public static HubSpotDraft ForUpdate(
        HubSpotAccount account, HubSpotTable table, HubSpotRecord record, IReadOnlyDictionary<string, string> properties)
    {
        var draft = Checked(account, table, record, properties);
        CheckStage(account, table, record, draft);
        return draft;
    }

    private static HubSpotDraft Checked(
        HubSpotAccount account, HubSpotTable table, HubSpotRecord? record, IReadOnlyDictionary<string, string> properties)
    {
        var values = new List<(HubSpotProperty, string)>(properties.Count + 1);
        var refused = new List<HubSpotInvalidValue>();
        foreach (var (name, text) in properties)
        {
            if (table.Properties.Find(name) is not { } property)
                refused.Add(HubSpotInvalidValue.Unknown(name));
            else if (property.ReadOnly)
                refused.Add(HubSpotInvalidValue.ReadOnly(name));
            else if (HubSpotValues.Accept(property, Appended(record, property, text)) is { Text: { } accepted })
                values.Add((property, accepted));
            else
                refused.Add(Refusal(property, text));
        }
        if (refused.Count > 0)
            throw HubSpotInvalidValue.Problem(refused, account.PortalId);
        foreach (var (property, text) in values)
            CheckUnique(account, table, record, property, text);
        return new HubSpotDraft(values);
    }

    private static HubSpotInvalidValue Refusal(HubSpotProperty property, string text)
    {
        var outcome = HubSpotValues.Accept(property, text);
        return new(property.Name, outcome.Code!, outcome.Message!);
    }

    /// <summary>A leading semicolon adds to the options that are set already.</summary>
    private static string Appended(HubSpotRecord? record, HubSpotProperty property, string text)
    {
        if (!property.TakesSeveral || !text.StartsWith(';'))
            return text;
        var current = record?.Text(property)?.Split(';') ?? [];
        return string.Join(';', current.Union(text.Split(';', StringSplitOptions.RemoveEmptyEntries)));
    }

    private static void CheckUnique(HubSpotAccount account, HubSpotTable table, HubSpotRecord? record, HubSpotProperty property, string text)
    {
        if (text.Length == 0 || !table.IsUnique(property) || table.FindByValue(property.Name, text) is not { } holder || holder == record)
            return;
        throw property.Unique
            ? HubSpotInvalidValue.Problem([HubSpotInvalidValue.Taken(property.Name, text, holder.IdText)], account.PortalId)
            : HubSpotProblem.Conflict($"Contact already exists. Existing ID: {holder.IdText}");
    }

    private static void CheckStage(HubSpotAccount account, HubSpotTable table, HubSpotRecord? record, HubSpotDraft draft)
    {
        if (table.Type != HubSpotObjectType.Deal || (draft["pipeline"] is null && draft["dealstage"] is null))
            return;
        var pipelineId = draft["pipeline"] ?? record?.Text(table.Properties["pipeline"]) ?? "";
        var stageId = draft["dealstage"] ?? record?.Text(table.Properties["dealstage"]) ?? "";
        var pipeline = account.DealPipelines.Find(pipeline => pipeline.Id == pipelineId);
        if (pipeline is null)
            Refuse("pipeline", pipelineId, account.DealPipelines.Select(candidate => candidate.Id));
        else if (pipeline.Stages.All(stage => stage.Id != stageId))
            Refuse("dealstage", stageId, pipeline.Stages.Select(stage => stage.Id));

        void Refuse(string name, string value, IEnumerable<string> allowed) =>
            throw HubSpotInvalidValue.Problem([HubSpotInvalidValue.NotAnOption(name, value, allowed)], account.PortalId);
    }
}
