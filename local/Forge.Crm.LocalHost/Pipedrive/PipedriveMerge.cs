using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>
/// Joins two records of a kind: the survivor keeps its values and takes over what it lacks, what belonged to the other belongs to it. Told
/// as a deletion of the one and a change of the other, each naming its other half.
/// </summary>
internal static class PipedriveMerge
{
    // What points at a person, an organization or a deal.
    private static readonly (PipedriveEntity From, string Field, PipedriveEntity To)[] References =
    [
        (PipedriveEntity.Person, "org_id", PipedriveEntity.Organization), (PipedriveEntity.Deal, "person_id", PipedriveEntity.Person),
        (PipedriveEntity.Deal, "org_id", PipedriveEntity.Organization), (PipedriveEntity.Activity, "deal_id", PipedriveEntity.Deal),
        (PipedriveEntity.Activity, "org_id", PipedriveEntity.Organization), (PipedriveEntity.Activity, "person_id", PipedriveEntity.Person),
    ];

    public static void Merge(PipedriveAccount account, PipedriveTable table, PipedriveRecord survivor, PipedriveRecord loser, PipedriveOrigin origin)
    {
        if (survivor == loser)
            throw PipedriveProblem.Invalid("A record cannot be merged with itself");
        var next = survivor.Fields.DeepClone().AsObject();
        foreach (var (name, value) in loser.Fields.Where(member => member.Value is not null && table.Entity.Field(member.Key) is { IsReadOnly: false }))
        {
            if (next[name] is JsonArray own && value is JsonArray others)
                Join(own, others);
            else
                next[name] ??= value!.DeepClone();
        }
        PipedriveWrites.Delete(account, table, loser, origin, survivor.Id);
        PipedriveWrites.Store(account, table, survivor, next, account.Now(), origin, loser.Id);
        foreach (var (from, field, to) in References.Where(reference => reference.To == table.Entity))
            Move(account, account.Table(from), field, loser.Id, survivor.Id, origin);
    }

    private static void Join(JsonArray own, JsonArray others)
    {
        foreach (var other in others)
        {
            var value = Value(other);
            if (own.Any(entry => Value(entry) == value))
                continue;
            var added = other!.DeepClone();
            if (added is JsonObject entry && entry.ContainsKey("primary") && own.Count > 0)
                entry["primary"] = false;
            own.Add(added);
        }
    }

    private static string? Value(JsonNode? entry) => entry is JsonObject one ? one["value"]?.ToJsonString() ?? one["person_id"]?.ToJsonString() : entry?.ToJsonString();

    private static void Move(PipedriveAccount account, PipedriveTable table, string field, long from, long to, PipedriveOrigin origin)
    {
        foreach (var record in table.All.Where(record => !record.IsDeleted && record.Text(field) == PipedriveNumbers.Text(from)).ToArray())
        {
            var next = record.Fields.DeepClone().AsObject();
            next[field] = to;
            if (field == "person_id" && next["participants"] is JsonArray people)
            {
                foreach (var person in people.Where(person => PipedriveRecord.TextOf(person!["person_id"]) == PipedriveNumbers.Text(from)))
                    person!["person_id"] = to;
            }
            PipedriveWrites.Store(account, table, record, next, account.Now(), origin);
        }
    }
}
