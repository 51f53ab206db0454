using System.Collections.Immutable;
using System.Text.Json;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Rules;

/// <summary>
/// What the names in a rule mean while it looks at one event: <c>record</c> and what was found or created (records, perhaps none), <c>event</c>,
/// <c>settings</c>, <c>now</c>, <c>today</c>.
/// </summary>
public sealed class RuleScope(RuleFacts facts, Rule rule, RuleEvent happened)
{
    public const string Record = "record";

    // A scope is made for every rule that hears an event, and most of them end with it at once: nothing is made before it is needed.
    private RuleRecord? _record;
    private Dictionary<string, RuleRecord?>? _found;
    private List<string>? _notes;

    public RuleFacts Facts { get; private set; } = facts;

    public Rule Rule { get; } = rule;

    public RuleEvent Event { get; } = happened;

    /// <summary>All that were found or created, and the event's own.</summary>
    public IEnumerable<(string Alias, RuleRecord Record)> Records
    {
        get
        {
            if (_record is not null)
                yield return (Record, _record);
            foreach (var (alias, record) in _found ?? [])
            {
                if (record is not null)
                    yield return (alias, record);
            }
        }
    }

    /// <summary>What went otherwise than its author may have meant; no values.</summary>
    public IReadOnlyList<string> Notes => _notes ?? [];

    public RuleRecord? Find(string alias) => alias == Record ? _record : _found?.GetValueOrDefault(alias);

    public void Bind(string alias, RuleRecord? record)
    {
        if (alias == Record)
            _record = record;
        else
            (_found ??= new(StringComparer.Ordinal))[alias] = record;
    }

    /// <summary>How many open deals each owner has, once they are counted.</summary>
    public void Count(IReadOnlyDictionary<Guid, int> openDeals) => Facts = Facts with { OpenDeals = openDeals.ToImmutableDictionary() };

    public void Note(string note)
    {
        if (_notes?.Contains(note) != true)
            (_notes ??= []).Add(note);
    }

    /// <summary>A value by its path, e.g. <c>deal.amount</c>, <c>event.data.store_id</c>, <c>settings.days</c>.</summary>
    /// <returns>The canonical text and the type by which it is compared; null text where there is no value.</returns>
    public (FieldType Type, string? Text) Read(string path)
    {
        var (head, rest) = Split(path);
        return Read(head, rest);
    }

    /// <param name="head">What a path begins with.</param>
    /// <param name="rest">What comes after its first point; see <see cref="Split"/>.</param>
    public (FieldType Type, string? Text) Read(string head, string rest)
    {
        if (Find(head) is { } record)
            return rest == "id" ? (FieldType.Reference, record.Id.ToString()) : (TypeOf(record, rest), record[rest]);
        return head switch
        {
            "now" => (FieldType.Time, RuleTimes.Text(Facts.Now)),
            "today" => (FieldType.Date, RuleTimes.Text(Facts.Today)),
            "settings" => (FieldType.Text, Rule.Settings.TryGetValue(rest, out var setting) ? JsonText(setting) : null),
            "event" when rest == "type" => (FieldType.Text, Event.AppType),
            "event" when rest == "time" => (FieldType.Time, Event.Time is { } at ? RuleTimes.Text(at) : null),
            "event" => (FieldType.Text, JsonText(At(Event.Data, rest.Split('.').Skip(1)))),
            _ => (FieldType.Text, null), // an alias that nothing was found for
        };
    }

    public static (string Head, string Tail) Split(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var dot = path.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? (path, "") : (path[..dot], path[(dot + 1)..]);
    }

    internal static string? JsonText(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };

    private static JsonElement At(JsonElement value, IEnumerable<string> path)
    {
        foreach (var name in path)
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out value))
                return default;
        }

        return value;
    }

    private static FieldType TypeOf(RuleRecord record, string field) =>
        record.Shape.IndexOf(field) is >= 0 and var i ? record.Shape.Fields[i].Type : FieldType.Text;
}
