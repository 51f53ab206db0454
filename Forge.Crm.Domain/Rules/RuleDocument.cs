using System.Collections.Immutable;
using System.Text.Json;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Rules;

/// <summary>
/// Reads a rule from its JSON document: held against the schema first, then against the tenant's fields, so that what can be known when a rule is
/// saved is refused then, with the place.
/// </summary>
public sealed class RuleDocument
{
    private static readonly string[] Words = ["event", "settings", "now", "today"];

    private readonly Func<RecordKind, RecordShape> _shapeOf;
    private readonly Dictionary<string, RecordKind> _aliases = new(StringComparer.Ordinal);
    private ImmutableDictionary<string, JsonElement> _settings = ImmutableDictionary<string, JsonElement>.Empty;

    private RuleDocument(Func<RecordKind, RecordShape> shapeOf) => _shapeOf = shapeOf;

    /// <param name="name">Of its row; the document's own comes first.</param>
    /// <exception cref="RuleFault">It is no rule of this tenant's; the fault names place and remedy.</exception>
    public static Rule Read(Guid id, string name, int version, string json, Func<RecordKind, RecordShape> shapeOf)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 32 });
            RuleSchema.Check(document.RootElement);
            return new RuleDocument(shapeOf).Read(id, name, version, document.RootElement.Clone());
        }
        catch (JsonException e)
        {
            throw new RuleFault("", $"no JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}, or a name stands there twice.");
        }
    }

    private Rule Read(Guid id, string name, int version, JsonElement json)
    {
        _settings = json.TryGetProperty("settings", out var settings)
            ? settings.EnumerateObject().ToImmutableDictionary(setting => setting.Name, setting => setting.Value)
            : _settings;
        var when = Items(json.GetProperty("when"), "/when").Select(item => Trigger(item.Json, item.Path)).ToImmutableArray();
        if (RecordOf(when) is { } kind)
            _aliases[RuleScope.Record] = kind;
        foreach (var trigger in when)
            CheckTrigger(trigger);
        var find = json.TryGetProperty("find", out var finds) ? Finds([.. finds.EnumerateObject()]) : [];
        var condition = json.TryGetProperty("if", out var test) ? Condition(test, "/if") : null;
        var then = json.GetProperty("then").EnumerateArray().Select((item, i) => Action(item, $"/then/{i}")).ToImmutableArray();
        return new(
            id, json.TryGetProperty("name", out var own) ? own.GetString()! : name, version, _settings, when, find, condition, then, _aliases.ToImmutableDictionary());
    }

    // Of several triggers, "record" is what all of them are about.
    private static RecordKind? RecordOf(ImmutableArray<RuleTrigger> when) =>
        when.Select(trigger => trigger.Kind).Distinct().ToList() is [var kind] ? kind
            : throw new RuleFault("/when", "its triggers are about records of different kinds; write a rule for each.");

    private RuleTrigger Trigger(JsonElement json, string path)
    {
        var on = Names.Parse<RuleTriggerType>(json.GetProperty("on").GetString()!);
        RecordKind? kind = on switch
        {
            RuleTriggerType.StageEntered => RecordKind.Deal,
            RuleTriggerType.ActivityLogged or RuleTriggerType.EmailReplied or RuleTriggerType.MeetingScheduled => RecordKind.Activity,
            RuleTriggerType.Event => null,
            _ => Names.Parse<RecordKind>(json.GetProperty("kind").GetString()!),
        };
        RuleValue? Value(string name) => json.TryGetProperty(name, out var value) ? Settings(RuleValue.Parse(value, $"{path}/{name}"), $"{path}/{name}") : null;
        return new(
            on, kind, kind is { } of && json.TryGetProperty("field", out var field) ? FieldOf(of, field.GetString()!, $"{path}/field").Name : null, Value("from"), Value("to"),
            json.TryGetProperty("stage", out var stage) ? [.. Items(stage, $"{path}/stage").Select(item => Settings(RuleValue.Parse(item.Json, item.Path), item.Path))] : default,
            json.TryGetProperty("type", out var type) ? type.GetString() : null, Value("within_days"), Value("no_activity_days"),
            kind is { } once && json.TryGetProperty("once_per", out var per) ? [.. Items(per, $"{path}/once_per").Select(item => FieldOf(once, item.Json.GetString()!, item.Path).Name)] : []);
    }

    private void CheckTrigger(RuleTrigger trigger)
    {
        if (trigger.On != RuleTriggerType.Time)
            return;
        var field = FieldOf(trigger.Kind!.Value, trigger.Field!, "/when/field");
        if (field.Type is not (FieldType.Date or FieldType.Time) || field.IsCustom)
            throw new RuleFault("/when/field", $"{field.Name} is no standard field with a date or a time.");
    }

    // The members of a JSON object have no order (PostgreSQL keeps none): what is looked for comes after what it names.
    private ImmutableArray<RuleFind> Finds(List<JsonProperty> left)
    {
        var finds = ImmutableArray.CreateBuilder<RuleFind>();
        while (left.Count > 0)
        {
            var others = left.Select(find => find.Name).ToList();
            var next = left.FindIndex(find => !Named(find.Value).Any(name => name != find.Name && others.Contains(name)));
            finds.Add(Find(left[Math.Max(next, 0)]));
            left.RemoveAt(Math.Max(next, 0));
        }

        return finds.ToImmutable();
    }

    /// <summary>Whatever may be an alias in a part of the document.</summary>
    private static IEnumerable<string> Named(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().SelectMany(member => Named(member.Value)),
        JsonValueKind.Array => json.EnumerateArray().SelectMany(Named),
        JsonValueKind.String => json.GetString()!.Split(['.', '{', '}', ' ', '|', ':'], StringSplitOptions.RemoveEmptyEntries),
        _ => [],
    };

    private RuleFind Find(JsonProperty json)
    {
        var path = $"/find/{json.Name}";
        var kind = Names.Parse<RecordKind>(json.Value.GetProperty("kind").GetString()!);
        ImmutableArray<string> of = json.Value.TryGetProperty("of", out var from) ? [.. Items(from, $"{path}/of").Select(item => AliasOf(item.Json.GetString()!, item.Path))] : [];
        var key = json.Value.TryGetProperty("key", out var text) ? Checked(RuleValue.Parse(text, $"{path}/key"), $"{path}/key") : null;
        if (!_aliases.TryAdd(json.Name, kind))
            throw new RuleFault(path, $"'{json.Name}' is named twice.");
        return new(json.Name, kind, of, key, json.Value.TryGetProperty("where", out var where) ? Condition(where, $"{path}/where") : null);
    }

    private RuleCondition Condition(JsonElement json, string path)
    {
        if (json.TryGetProperty("field", out var field))
            return Compare(json, field.GetString()!, path);
        var (name, value) = json.EnumerateObject().Select(member => (member.Name, member.Value)).First();
        ImmutableArray<RuleCondition> Parts() => [.. value.EnumerateArray().Select((part, i) => Condition(part, $"{path}/{name}/{i}"))];
        return name switch
        {
            "all" => new RuleCondition.All(Parts()),
            "any" => new RuleCondition.Any(Parts()),
            "not" => new RuleCondition.Not(Condition(value, $"{path}/not")),
            "exists" => new RuleCondition.Exists(AliasOf(value.GetString()!, $"{path}/exists")),
            "missing" => new RuleCondition.Not(new RuleCondition.Exists(AliasOf(value.GetString()!, $"{path}/missing"))),
            "colleague" => new RuleCondition.Colleague(Checked(RuleValue.Parse(value, $"{path}/colleague"), $"{path}/colleague")),
            _ => throw new RuleFault(path, $"'{name}' goes with a field: {{ \"field\": \"record.status\", \"{name}\": ... }}."),
        };
    }

    private RuleCondition.Compare Compare(JsonElement json, string field, string path)
    {
        CheckPath(field, $"{path}/field");
        var member = json.EnumerateObject().First(member => member.Name != "field");
        var how = Names.TryParse<RuleComparison>(member.Name, out var known) ? known : throw new RuleFault($"{path}/{member.Name}", "this is no comparison.");
        return new(field, how, [.. Items(member.Value, $"{path}/{member.Name}").Select(item => Checked(RuleValue.Parse(item.Json, item.Path), item.Path))]);
    }

    private RuleAction Action(JsonElement json, string path)
    {
        var condition = json.TryGetProperty("if", out var test) ? Condition(test, $"{path}/if") : null;
        string? Text(string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;
        bool Flag(string name) => json.TryGetProperty(name, out var value) && value.GetBoolean();
        RuleValue Value(string name) => Checked(RuleValue.Parse(json.GetProperty(name), $"{path}/{name}"), $"{path}/{name}");
        string Alias(string name) => AliasOf(Text(name)!, $"{path}/{name}");
        string? About() => Text("record") is null ? null : Alias("record");
        return Text("do") switch
        {
            "create" => Create(json, path, condition),
            "set" => new RuleAction.Set(condition, Alias("record"), Fields(json, path, _aliases[Alias("record")])),
            "move_stage" => new RuleAction.MoveStage(condition, OfKind(Alias("record"), RecordKind.Deal, $"{path}/record"), Value("stage"), Flag("backwards")),
            "assign" => new RuleAction.Assign(
                condition, Alias("record"), Names.Parse<RuleTurn>(Text("by")!),
                json.TryGetProperty("owners", out var owners) ? [.. Items(owners, $"{path}/owners").Select(item => Checked(RuleValue.Parse(item.Json, item.Path), item.Path))] : [], Flag("replace")),
            "alert" => new RuleAction.Alert(condition, About(), Value("to"), Value("subject"), Value("text")),
            "hubspot_lead" => new RuleAction.HubSpotLead(condition, OfKind(Alias("record"), RecordKind.Contact, $"{path}/record"), Value("name")),
            _ => new RuleAction.Webhook(condition, About(), Address(Text("url")!, $"{path}/url"), Text("secret")!, Body(json.GetProperty("body"), $"{path}/body")),
        };
    }

    private RuleAction.Create Create(JsonElement json, string path, RuleCondition? condition)
    {
        var kind = Names.Parse<RecordKind>(json.GetProperty("kind").GetString()!);
        var fields = Fields(json, path, kind);
        ImmutableArray<string> link = json.TryGetProperty("link", out var links) ? [.. Items(links, $"{path}/link").Select(item => AliasOf(item.Json.GetString()!, item.Path))] : [];
        foreach (var (alias, i) in link.Select((alias, i) => (alias, i)))
        {
            if (!RuleLinks.CanBe(kind, _aliases[alias]))
                throw new RuleFault($"{path}/link/{i}", $"a {kind.ToName()} and a {_aliases[alias].ToName()} are not associated with each other.");
        }

        var unless = json.TryGetProperty("unless", out var given) ? OfKind(AliasOf(given.GetString()!, $"{path}/unless"), kind, $"{path}/unless") : null;
        var key = json.TryGetProperty("key", out var text) ? Checked(RuleValue.Parse(text, $"{path}/key"), $"{path}/key") : null;
        string? name = json.TryGetProperty("as", out var alias2) ? alias2.GetString() : null;
        if (name is not null && (Words.Contains(name) || name == RuleScope.Record || (_aliases.TryGetValue(name, out var there) && there != kind)))
            throw new RuleFault($"{path}/as", $"'{name}' stands for something else already.");
        if (name is not null)
            _aliases[name] = kind;
        return new(condition, kind, name, unless, key, fields, link);
    }

    private ImmutableArray<(string, RuleValue)> Fields(JsonElement json, string path, RecordKind kind) =>
    [
        .. json.GetProperty("fields").EnumerateObject().Select(member =>
        {
            var place = $"{path}/fields/{member.Name}";
            return (FieldOf(kind, member.Name, place).Name, Checked(RuleValue.Parse(member.Value, place), place));
        }),
    ];

    private ImmutableArray<(string, RuleValue)> Body(JsonElement json, string path) =>
        [.. json.EnumerateObject().Select(member => (member.Name, Checked(RuleValue.Parse(member.Value, $"{path}/{member.Name}"), $"{path}/{member.Name}")))];

    private static Uri Address(string text, string path) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttps && url.UserInfo.Length == 0
            ? url
            : throw new RuleFault(path, "this is no https address; write one without a name and password in it.");

    private RuleValue Checked(RuleValue value, string path)
    {
        foreach (var name in value.Names)
            CheckPath(name, path);
        return value;
    }

    // A trigger is looked at before anything is found: it knows the settings alone.
    private RuleValue Settings(RuleValue value, string path)
    {
        foreach (var name in value.Names.Where(name => !name.StartsWith("settings.", StringComparison.Ordinal)))
            throw new RuleFault(path, $"'{name}' is not known yet; a trigger may name settings alone.");
        return Checked(value, path);
    }

    private void CheckPath(string name, string path)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var (head, rest) = dot < 0 ? (name, "") : (name[..dot], name[(dot + 1)..]);
        if (head == "settings" && !_settings.ContainsKey(rest))
            throw new RuleFault(path, $"there is no setting '{rest}'; add it under \"settings\".");
        if (Words.Contains(head))
            return;
        if (!_aliases.TryGetValue(head, out var kind))
            throw new RuleFault(path, $"'{head}' stands for nothing; there are: {string.Join(", ", _aliases.Keys.Concat(Words))}.");
        if (rest is not ("" or "id" or "custom"))
            FieldOf(kind, rest, path);
    }

    private Field FieldOf(RecordKind kind, string name, string path)
    {
        var shape = _shapeOf(kind);
        return shape.IndexOf(name) is >= 0 and var i
            ? shape.Fields[i]
            : throw new RuleFault(path, $"a {kind.ToName()} has no field '{name}'; there are: {string.Join(", ", shape.Fields.Select(field => field.Name))}.");
    }

    private string AliasOf(string name, string path) => _aliases.ContainsKey(name)
        ? name
        : throw new RuleFault(path, $"'{name}' stands for no record here; there are: {(_aliases.Count == 0 ? "none" : string.Join(", ", _aliases.Keys))}.");

    private string OfKind(string alias, RecordKind kind, string path) => _aliases[alias] == kind
        ? alias
        : throw new RuleFault(path, $"'{alias}' is a {_aliases[alias].ToName()}, and a {kind.ToName()} stands here.");

    private static IEnumerable<(JsonElement Json, string Path)> Items(JsonElement json, string path) =>
        json.ValueKind == JsonValueKind.Array ? json.EnumerateArray().Select((item, i) => (item, $"{path}/{i}")) : [(json, path)];
}
