using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>Who changed something, in the words of webhooks: <c>app</c> for a person in the pages, <c>api</c> for a program.</summary>
internal sealed record PipedriveOrigin(string Source, long UserId);

/// <summary>Every change of a record of version 2, and the event that tells of it.</summary>
internal static class PipedriveWrites
{
    private static readonly string[] Unset = ["label_ids", "emails", "phones", "participants"];
    private static readonly string[] Off = ["is_deleted", "is_archived", "done", "busy"];

    public static PipedriveRecord Create(PipedriveAccount account, PipedriveTable table, JsonObject body, PipedriveOrigin origin)
    {
        var record = Make(account, table, body, origin, account.Now());
        account.Events.Created(table, record, origin);
        return record;
    }

    /// <summary>A new record that no event tells of.</summary>
    public static PipedriveRecord Make(PipedriveAccount account, PipedriveTable table, JsonObject body, PipedriveOrigin origin, DateTimeOffset now)
    {
        var written = PipedriveDraft.Accept(account, table, body);
        var fields = Empty(table);
        Write(fields, written);
        (fields["add_time"], fields["update_time"]) = (PipedriveTime.Text(now), PipedriveTime.Text(now));
        fields["owner_id"] ??= origin.UserId;
        if (fields.ContainsKey("visible_to"))
            fields["visible_to"] ??= 3;
        if (table.Entity == PipedriveEntity.Deal || table.Entity == PipedriveEntity.Activity)
            fields["creator_user_id"] = origin.UserId;
        if (table.Entity == PipedriveEntity.Deal)
            (fields["status"], fields["origin"]) = (fields["status"]?.DeepClone() ?? "open", origin.Source == "api" ? "API" : "ManuallyCreated");
        PipedriveRules.Apply(table.Entity, new(account, fields, written, null, now));
        var record = new PipedriveRecord(table.NextId(), fields);
        fields["id"] = record.Id;
        table.Add(record);
        return record;
    }

    /// <returns>False when nothing changed: then the record keeps its time, and no event is raised.</returns>
    public static bool Update(PipedriveAccount account, PipedriveTable table, PipedriveRecord record, JsonObject body, PipedriveOrigin origin)
    {
        var now = account.Now();
        var written = PipedriveDraft.Accept(account, table, body);
        if (record.IsArchived && PipedriveRecord.TextOf(written["is_archived"]) != "false")
            throw new PipedriveProblem(403, "Archived deals cannot be edited", PipedriveProblem.ReferTo);
        var next = record.Fields.DeepClone().AsObject();
        Write(next, written);
        PipedriveRules.Apply(table.Entity, new(account, next, written, record.Fields, now));
        return Store(account, table, record, next, now, origin);
    }

    public static void Delete(PipedriveAccount account, PipedriveTable table, PipedriveRecord record, PipedriveOrigin origin, long? mergedTo = null)
    {
        var now = account.Now();
        var next = record.Fields.DeepClone().AsObject();
        (next["is_deleted"], next["update_time"]) = (true, PipedriveTime.Text(now));
        var previous = record.Fields;
        record.Replace(next, now, account.Options.Faults.ListLag > TimeSpan.Zero);
        account.Events.Deleted(table, record.Id, previous, origin, mergedTo);
    }

    /// <summary>Out of the recycle bin, which is told as a change.</summary>
    public static void Restore(PipedriveAccount account, PipedriveTable table, PipedriveRecord record, PipedriveOrigin origin)
    {
        var next = record.Fields.DeepClone().AsObject();
        next["is_deleted"] = false;
        Store(account, table, record, next, account.Now(), origin);
    }

    public static bool Store(
        PipedriveAccount account, PipedriveTable table, PipedriveRecord record, JsonObject next, DateTimeOffset now, PipedriveOrigin origin,
        long? mergedFrom = null)
    {
        var changed = next.Where(member => !JsonNode.DeepEquals(member.Value, record.Fields[member.Key])).Select(member => member.Key).ToList();
        if (changed.Count == 0 && mergedFrom is null)
            return false;
        next["update_time"] = PipedriveTime.Text(now);
        var former = record.Fields;
        record.Replace(next, now, account.Options.Faults.ListLag > TimeSpan.Zero);
        account.Events.Changed(table, record, former, [.. changed, "update_time"], origin, mergedFrom);
        return true;
    }

    private static JsonObject Empty(PipedriveTable table)
    {
        var fields = new JsonObject();
        foreach (var field in table.Entity.Fields)
            fields[field.Name] = Unset.Contains(field.Name) ? new JsonArray() : Off.Contains(field.Name) ? false : null;
        if (table.Entity.HasCustomFields)
            fields["custom_fields"] = new JsonObject();
        return fields;
    }

    private static void Write(JsonObject fields, JsonObject written)
    {
        foreach (var (name, value) in written)
        {
            if (name != "custom_fields")
                fields[name] = value?.DeepClone();
            else
                foreach (var (code, content) in value!.AsObject())
                    fields[name]!.AsObject()[code] = content?.DeepClone();
        }
    }
}
