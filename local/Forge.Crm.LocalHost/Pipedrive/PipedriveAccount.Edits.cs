using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <content>Edits as a person makes them in Pipedrive's pages: same rules and webhooks as by API, but the change source is <c>app</c>.</content>
internal sealed partial class PipedriveAccount
{
    internal PipedriveOrigin Person => new("app", Users[0].Id);

    internal PipedriveOrigin Program => new("api", Users[0].Id);

    /// <param name="plural">E.g. <c>persons</c>; leads and notes too.</param>
    /// <returns>The new record's id.</returns>
    /// <exception cref="PipedriveProblem">A value that the API would refuse, too.</exception>
    public string Create(string plural, JsonObject fields)
    {
        fields = OffTheWire(fields);
        lock (Gate)
        {
            return plural switch
            {
                "leads" => PipedriveRecord.TextOf(PipedriveLeads.Create(this, fields, Person)["id"])!,
                "notes" => PipedriveRecord.TextOf(PipedriveNotes.Create(this, fields, Person)["id"])!,
                _ => PipedriveNumbers.Text(PipedriveWrites.Create(this, Named(plural), fields, Person).Id),
            };
        }
    }

    public void Edit(string plural, string id, JsonObject fields)
    {
        fields = OffTheWire(fields);
        lock (Gate)
        {
            if (plural == "leads")
                PipedriveLeads.Update(this, Leads.Find(id)!, fields, Person);
            else if (plural == "notes")
                PipedriveNotes.Update(this, Notes.Find(id)!, fields, Person);
            else
                PipedriveWrites.Update(this, Named(plural), Live(plural, id), fields, Person);
        }
    }

    public void Delete(string plural, string id)
    {
        lock (Gate)
        {
            if (plural == "leads")
                PipedriveLeads.Delete(this, Leads.Find(id)!, Person);
            else if (plural == "notes")
                PipedriveNotes.Delete(this, Notes.Find(id)!, Person);
            else
                PipedriveWrites.Delete(this, Named(plural), Live(plural, id), Person);
        }
    }

    /// <summary>Within thirty days of the deletion.</summary>
    public void Restore(string plural, string id)
    {
        lock (Gate)
            PipedriveWrites.Restore(this, Named(plural), Named(plural).Find(id) ?? throw PipedriveProblem.NotFound(plural), Person);
    }

    public void Merge(string plural, string survivor, string loser)
    {
        lock (Gate)
            PipedriveMerge.Merge(this, Named(plural), Live(plural, survivor), Live(plural, loser), Person);
    }

    /// <returns>The code that the field goes by: forty hexadecimal digits.</returns>
    public string AddField(string plural, string name, string type, params (long Id, string Label)[] options)
    {
        lock (Gate)
        {
            var seed = System.Text.Encoding.UTF8.GetBytes($"{CompanyId} {plural} {name}{(Named(plural).CustomFields.Any(field => field.Name == name) ? Named(plural).CustomFields.Count : "")}");
            var code = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(seed))[..40];
            Named(plural).CustomFields.Add(new(code, name, type, options));
            return code;
        }
    }

    /// <summary>A webhook, as a person makes it in the settings.</summary>
    public PipedriveWebhook AddWebhook(Uri url, string? user = null, string? password = null, string version = "2.0", string action = "*", string entity = "*")
    {
        lock (Gate)
        {
            var webhook = new PipedriveWebhook
            {
                Id = 4_710_001 + Webhooks.All.Count,
                Url = url,
                Action = action,
                Entity = entity,
                Name = "Forge",
                Version = version,
                UserId = Users[0].Id,
                AuthUser = user,
                AuthPassword = password,
                MadeAt = Now(),
            };
            Webhooks.Add(webhook);
            return webhook;
        }
    }

    /// <summary>Every live record, by ascending id, archived deals too.</summary>
    public IReadOnlyList<JsonObject> Records(string plural)
    {
        lock (Gate)
        {
            return plural switch
            {
                "leads" => [.. Leads.All.Select(lead => lead.DeepClone().AsObject())],
                "notes" => [.. Notes.All.Where(note => note["active_flag"]!.GetValue<bool>()).Select(note => note.DeepClone().AsObject())],
                _ => [.. Named(plural).All.Where(record => !record.IsDeleted).Select(record => record.Fields.DeepClone().AsObject())],
            };
        }
    }

    /// <summary>Live or deleted; null once it was purged.</summary>
    public JsonObject? Find(string plural, string id)
    {
        lock (Gate)
            return Named(plural).Find(id)?.Fields.DeepClone().AsObject();
    }

    // A number that was made in memory is read back only as the type that it was made of.
    private static JsonObject OffTheWire(JsonObject fields) => JsonNode.Parse(fields.ToJsonString())!.AsObject();

    private PipedriveTable Named(string plural) => Table(PipedriveEntity.Find(plural) ?? throw PipedriveProblem.Invalid($"There are no {plural}"));

    private PipedriveRecord Live(string plural, string id) => Named(plural).Live(id) ?? throw PipedriveProblem.NotFound(plural);
}
