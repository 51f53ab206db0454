using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>Search: by text in names, titles, e-mail addresses and phone numbers. Its answers show those as plain texts.</summary>
internal static class PipedriveSearch
{
    private static readonly (PipedriveEntity Entity, string[] Fields)[] Searched =
    [
        (PipedriveEntity.Person, ["name", "email", "phone", "custom_fields"]), (PipedriveEntity.Organization, ["name", "custom_fields"]),
        (PipedriveEntity.Deal, ["title", "custom_fields"]),
    ];

    public static JsonObject Items(PipedriveCall call)
    {
        var types = call.QueryList("item_types");
        return Answer(call, [.. Searched.Where(row => types.Length == 0 || types.Contains(row.Entity.Singular))]);
    }

    public static PipedriveHandler Of(PipedriveEntity entity) => call => Answer(call, [.. Searched.Where(row => row.Entity == entity)]);

    private static JsonObject Answer(PipedriveCall call, (PipedriveEntity Entity, string[] Fields)[] searched)
    {
        var isExact = call.Flag("exact_match") == true;
        var term = call.Query("term")?.Trim().ToUpperInvariant() ?? "";
        if (term.Length < (isExact ? 1 : 2))
            throw PipedriveProblem.Invalid("\"term\" is too short");
        var limit = call.Number("limit", 100, 1, 100);
        var wanted = call.QueryList("fields");
        var items = new JsonArray();
        var indexed = call.Account.Now() - call.Account.Options.Faults.SearchLag;
        foreach (var (entity, fields) in searched)
        {
            var looked = fields.Where(field => wanted.Length == 0 || wanted.Contains(field)).ToArray();
            foreach (var record in call.Account.Table(entity).All.Where(record => !record.IsDeleted && items.Count < limit && PipedriveTime.Parse(record.Text("add_time")!) <= indexed))
            {
                if (looked.SelectMany(field => Texts(record, field)).Any(text => Matches(text, term, isExact)))
                    items.Add(Item(entity, record));
            }
        }
        return PipedriveCall.Success(new JsonObject { ["items"] = items }, new() { ["next_cursor"] = null });
    }

    private static JsonObject Item(PipedriveEntity entity, PipedriveRecord record)
    {
        var item = new JsonObject { ["id"] = record.Id, ["type"] = entity.Singular };
        item[entity == PipedriveEntity.Deal ? "title" : "name"] = record.Text(entity == PipedriveEntity.Deal ? "title" : "name");
        if (entity == PipedriveEntity.Person)
        {
            item["emails"] = new JsonArray([.. Texts(record, "email").Select(text => JsonValue.Create(text))]);
            item["phones"] = new JsonArray([.. Texts(record, "phone").Select(text => JsonValue.Create(text))]);
        }
        return new() { ["result_score"] = 1, ["item"] = item };
    }

    private static bool Matches(string text, string term, bool isExact) =>
        isExact ? text.Equals(term, StringComparison.OrdinalIgnoreCase) : text.Contains(term, StringComparison.OrdinalIgnoreCase);

    // Of custom fields only texts and numbers are searched (the API's description).
    private static IEnumerable<string> Texts(PipedriveRecord record, string field) => field switch
    {
        "email" or "phone" => record.Fields[$"{field}s"]!.AsArray().Select(entry => PipedriveRecord.TextOf(entry!["value"])!),
        "custom_fields" => record.Fields[field]!.AsObject().Select(custom => PipedriveRecord.TextOf(custom.Value)).OfType<string>(),
        _ => record.Text(field) is { } text ? [text] : [],
    };
}
