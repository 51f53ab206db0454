using System.Collections.Frozen;
using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>One filter of a search, ready to be asked of records.</summary>
internal sealed class HubSpotFilter
{
    private const string AssociationPrefix = "associations.";

    private static readonly FrozenDictionary<string, Func<Operands, HubSpotRecord, bool>> Operators =
        new Dictionary<string, Func<Operands, HubSpotRecord, bool>>
        {
            ["EQ"] = (of, record) => of.Equal(record, of.Value),
            ["NEQ"] = (of, record) => !of.Equal(record, of.Value),
            ["LT"] = (of, record) => of.Compare(record, of.Value) < 0,
            ["LTE"] = (of, record) => of.Compare(record, of.Value) <= 0,
            ["GT"] = (of, record) => of.Compare(record, of.Value) > 0,
            ["GTE"] = (of, record) => of.Compare(record, of.Value) >= 0,
            ["BETWEEN"] = (of, record) => of.Compare(record, of.Value) >= 0 && of.Compare(record, of.High) <= 0,
            ["IN"] = (of, record) => of.Among(record),
            ["NOT_IN"] = (of, record) => !of.Among(record),
            ["HAS_PROPERTY"] = (of, record) => of.Text(record) is not null,
            ["NOT_HAS_PROPERTY"] = (of, record) => of.Text(record) is null,
            ["CONTAINS_TOKEN"] = (of, record) => of.ContainsToken(record),
            ["NOT_CONTAINS_TOKEN"] = (of, record) => !of.ContainsToken(record),
        }.ToFrozenDictionary();

    private readonly Func<HubSpotRecord, bool> matches;

    private HubSpotFilter(Func<HubSpotRecord, bool> matches) => this.matches = matches;

    /// <summary>If the filter bounds that property from below: the bound. Lets a search start in the middle of an index.</summary>
    public (HubSpotProperty Property, decimal Value)? LowerBound { get; private init; }

    public bool Matches(HubSpotRecord record) => matches(record);

    /// <exception cref="HubSpotProblem">No such property or operator, or a value is missing.</exception>
    public static HubSpotFilter Read(HubSpotCall call, HubSpotTable table, JsonElement filter)
    {
        var name = HubSpotJson.Required(filter, "propertyName");
        var kind = HubSpotJson.Required(filter, "operator");
        if (name.StartsWith(AssociationPrefix, StringComparison.Ordinal))
            return Associated(call, name, kind, filter);
        var property = table.Properties.Find(name) ?? throw NoSuchProperty(name);
        if (!Operators.TryGetValue(kind, out var test))
            throw HubSpotProblem.InvalidJson($"operator must be one of [{string.Join(", ", Operators.Keys.Order())}]");
        var operands = new Operands(
            table,
            property,
            Value(filter, "value", kind, IsNeeded),
            Value(filter, "highValue", kind, wanted => wanted == "BETWEEN"),
            Values(filter, kind));
        return new(record => test(operands, record))
        {
            LowerBound = kind is "GT" or "GTE" or "EQ" or "BETWEEN" && operands.Value.Number is { } bound ? (property, bound) : null,
        };
    }

    public static HubSpotProblem NoSuchProperty(string name) => new(400, "VALIDATION_ERROR", "There was a problem with the request.")
    {
        Errors = [new($"Property \"{name}\" does not exist", "PROPERTY_DOESNT_EXIST", new() { ["propertyName"] = [name] })],
    };

    private static bool IsNeeded(string kind) => kind is not ("IN" or "NOT_IN" or "HAS_PROPERTY" or "NOT_HAS_PROPERTY");

    private static string Value(JsonElement filter, string name, string kind, Func<string, bool> isNeeded) =>
        HubSpotJson.Optional(filter, name) ?? (isNeeded(kind) ? throw HubSpotProblem.Invalid($"operator {kind} needs {name}") : "");

    private static string[] Values(JsonElement filter, string kind)
    {
        var values = HubSpotJson.Strings(filter, "values");
        return values.Length > 0 || kind is not ("IN" or "NOT_IN") ? values : throw HubSpotProblem.Invalid($"operator {kind} needs values");
    }

    /// <summary><c>associations.contact</c> equal to an id: the records associated with it.</summary>
    private static HubSpotFilter Associated(HubSpotCall call, string name, string kind, JsonElement filter)
    {
        var type = call.TableNamed(name[AssociationPrefix.Length..]).Type;
        var ids = kind == "IN" ? Values(filter, kind) : [Value(filter, "value", kind, IsNeeded)];
        var numbers = ids.Select(id => long.TryParse(id, out var number) ? number : -1).ToArray();
        return new(record => numbers.Any(id => record.Links.Has(type, id)));
    }

    /// <summary>A filter's value, as text and, where the property has a size, as a number.</summary>
    private readonly record struct Operand(string Text, decimal? Number);

    private sealed class Operands
    {
        private readonly HubSpotTable table;
        private readonly HubSpotProperty property;
        private readonly bool isNumeric;
        private readonly Operand[] values;

        public Operands(HubSpotTable table, HubSpotProperty property, string value, string high, string[] values)
        {
            this.table = table;
            this.property = property;
            isNumeric = HubSpotSearchValue.IsNumeric(property);
            Value = Make(value);
            High = Make(high);
            this.values = [.. values.Select(Make)];
        }

        public Operand Value { get; }
        public Operand High { get; }

        public string? Text(HubSpotRecord record) => record.Text(property, record.IndexedAt);

        /// <summary>Text is compared without regard to case, options with.</summary>
        public bool Equal(HubSpotRecord record, Operand operand) => isNumeric
            ? HubSpotSearchValue.Number(table, property, record) is { } number && number == operand.Number
            : string.Equals(Text(record), operand.Text, Comparison);

        /// <summary>Of text, the stored value is lower-cased and the given ones are not: those in upper case find nothing.</summary>
        public bool Among(HubSpotRecord record)
        {
            if (isNumeric)
                return values.Any(value => Equal(record, value));
            var text = property.Type == "enumeration" ? Text(record) : Text(record)?.ToLowerInvariant();
            return text is not null && values.Any(value => value.Text == text);
        }

        /// <summary>Null when either side is missing: no comparison is true then.</summary>
        public int? Compare(HubSpotRecord record, Operand operand)
        {
            if (isNumeric)
                return HubSpotSearchValue.Number(table, property, record) is { } number && operand.Number is { } bound ? number.CompareTo(bound) : null;
            return Text(record) is { } text ? string.Compare(text, operand.Text, StringComparison.OrdinalIgnoreCase) : null;
        }

        public bool ContainsToken(HubSpotRecord record) => Text(record) is { } text
            && (HubSpotSearchValue.MatchesPattern(text, Value.Text)
                || HubSpotSearchValue.Tokens(text).Any(token => HubSpotSearchValue.MatchesPattern(token, Value.Text)));

        private StringComparison Comparison =>
            property.Type == "enumeration" ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;

        private Operand Make(string text) => new(text, isNumeric ? HubSpotSearchValue.Number(property, text) : null);
    }
}
