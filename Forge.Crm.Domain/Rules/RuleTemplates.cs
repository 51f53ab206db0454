using System.Globalization;
using System.Text.Json;
using Fluid;
using Fluid.Values;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Rules;

/// <summary>What templates see: values only, no members of ours, few steps.</summary>
internal static class RuleTemplates
{
    private const int MaxSteps = 1_000;

    private static readonly TemplateOptions Options = CreateOptions();

    private static readonly FieldType[] Numbers = [FieldType.Number, FieldType.WholeNumber];

    public static TemplateContext ContextOf(RuleScope scope)
    {
        var context = new TemplateContext(Options) { CultureInfo = CultureInfo.InvariantCulture };
        context.AmbientValues[nameof(RuleScope)] = scope;
        foreach (var (alias, shape) in scope.Rule.Aliases)
            context.SetValue(alias, Record(scope.Facts.ShapeOf(shape), scope.Find(alias)));
        foreach (var (alias, record) in scope.Records)
            context.SetValue(alias, Record(record.Shape, record));
        context.SetValue("now", new StringValue(RuleTimes.Text(scope.Facts.Now)));
        context.SetValue("today", new StringValue(RuleTimes.Text(scope.Facts.Today)));
        context.SetValue("settings", Members(scope.Rule.Settings.Select(setting => (setting.Key, Json(setting.Value)))));
        context.SetValue("event", Members([("type", Text(scope.Event.AppType)), ("time", Text(scope.Read("event.time").Text)), ("data", Json(scope.Event.Data))]));
        return context;
    }

    private static TemplateOptions CreateOptions()
    {
        var options = new TemplateOptions { StrictFilters = true, MaxSteps = MaxSteps, CultureInfo = CultureInfo.InvariantCulture };
        options.Undefined = _ => new ValueTask<FluidValue>(StringValue.Empty);
        options.Filters.AddFilter("in_days", (input, arguments, context) => Shifted(input, arguments, context, 1));
        options.Filters.AddFilter("days_before", (input, arguments, context) => Shifted(input, arguments, context, -1));
        options.Filters.AddFilter("at", (input, arguments, context) =>
            Text(RuleTimes.At(input.ToStringValue(), arguments.At(0).ToStringValue(), ScopeOf(context).Facts.Locale.Zone)));
        options.Filters.AddFilter("day", (input, _, context) => Text(Day(input.ToStringValue(), ScopeOf(context).Facts.Locale.Zone)));
        options.Filters.AddFilter("owner", (input, _, context) => Text(ScopeOf(context).Facts.OwnerCalled(input.ToStringValue()) is { } owner ? owner.Name ?? owner.Email : null));
        options.Filters.AddFilter("stage", (input, _, context) => Text(ScopeOf(context).Facts.StagesCalled(input.ToStringValue()).FirstOrDefault()?.Label));
        return options;
    }

    // The second argument: working days only.
    private static StringValue Shifted(FluidValue input, FilterArguments arguments, TemplateContext context, int sign) => Text(RuleTimes.Plus(
        input.ToStringValue(), sign * (int)arguments.At(0).ToNumberValue(), arguments.At(1).ToBooleanValue(), ScopeOf(context).Facts.Locale.Zone));

    private static RuleScope ScopeOf(TemplateContext context) => (RuleScope)context.AmbientValues[nameof(RuleScope)];

    // The tenant's date of an instant; a date is its own.
    private static string? Day(string? text, TimeZoneInfo zone) =>
        text is { Length: 10 } ? text : RuleTimes.Instant(text) is { } at ? RuleTimes.Text(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime)) : null;

    // Every field is there, so that "default" works on one that is empty; custom fields stand under "custom".
    private static DictionaryValue Record(RecordShape shape, RuleRecord? record)
    {
        FluidValue Value(int i) => Typed(shape.Fields[i].Type, record?.Values[i]);
        var standard = Enumerable.Range(0, shape.StandardCount).Select(i => (shape.Fields[i].Name, Value(i)));
        var custom = Enumerable.Range(shape.StandardCount, shape.Count - shape.StandardCount).Select(i => (shape.Fields[i].Key, Value(i)));
        return Members([("id", Text(record?.Id.ToString())), .. standard, ("custom", Members(custom))]);
    }

    private static FluidValue Typed(FieldType type, string? text) =>
        Numbers.Contains(type) && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? NumberValue.Create(number) : Text(text);

    private static FluidValue Json(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => Members(json.EnumerateObject().Select(member => (member.Name, Json(member.Value)))),
        JsonValueKind.Array => new ArrayValue([.. json.EnumerateArray().Select(Json)]),
        JsonValueKind.Number when json.TryGetDecimal(out var number) => NumberValue.Create(number),
        JsonValueKind.True => BooleanValue.True,
        JsonValueKind.False => BooleanValue.False,
        _ => Text(RuleScope.JsonText(json)),
    };

    private static DictionaryValue Members(IEnumerable<(string Name, FluidValue Value)> members)
    {
        var values = new Dictionary<string, FluidValue>(StringComparer.Ordinal);
        foreach (var (name, value) in members)
            values[name] = value;
        return new(new FluidValueDictionaryFluidIndexable(values));
    }

    private static StringValue Text(string? text) => string.IsNullOrEmpty(text) ? StringValue.Empty : new(text);
}
