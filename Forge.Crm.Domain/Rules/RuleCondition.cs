using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Rules;

/// <summary>What must hold for a rule, an action, or a record that is looked for.</summary>
public abstract record RuleCondition
{
    private RuleCondition()
    {
    }

    /// <summary>What must be known before it can be asked: <c>record</c>, <c>deal</c>, <c>settings</c>.</summary>
    public abstract IEnumerable<string> Names { get; }

    public abstract bool Holds(RuleScope scope);

    private static string Head(string path) => RuleScope.Split(path).Head;

    public sealed record All(ImmutableArray<RuleCondition> Parts) : RuleCondition
    {
        public override IEnumerable<string> Names => Parts.SelectMany(part => part.Names);

        public override bool Holds(RuleScope scope) => Parts.All(part => part.Holds(scope));
    }

    public sealed record Any(ImmutableArray<RuleCondition> Parts) : RuleCondition
    {
        public override IEnumerable<string> Names => Parts.SelectMany(part => part.Names);

        public override bool Holds(RuleScope scope) => Parts.Any(part => part.Holds(scope));
    }

    public sealed record Not(RuleCondition Part) : RuleCondition
    {
        public override IEnumerable<string> Names => Part.Names;

        public override bool Holds(RuleScope scope) => !Part.Holds(scope);
    }

    /// <summary>A record was found (or created) under this alias.</summary>
    public sealed record Exists(string Alias) : RuleCondition
    {
        public override IEnumerable<string> Names => [Alias];

        public override bool Holds(RuleScope scope) => scope.Find(Alias) is not null;
    }

    /// <summary>The text is the e-mail address of an owner: a colleague, no customer.</summary>
    public sealed record Colleague(RuleValue Address) : RuleCondition
    {
        public override IEnumerable<string> Names => Address.Names.Select(Head);

        public override bool Holds(RuleScope scope) => scope.Facts.OwnerCalled(Address.In(scope)) is not null;
    }

    /// <summary>A value beside others, by the type of the field that is compared.</summary>
    public sealed record Compare(string Path, RuleComparison How, ImmutableArray<RuleValue> With) : RuleCondition
    {
        // What is the same for every record is found once.
        private readonly (string Head, string Tail) _path = RuleScope.Split(Path);
        private readonly Func<Sides, bool> _comparison = Comparisons[How];
        private readonly ImmutableArray<string?> _constants = With.All(value => value.IsConstant) ? [.. With.Select(value => value.Constant)] : default;

        public override IEnumerable<string> Names => With.SelectMany(value => value.Names).Append(Path).Select(Head);

        public override bool Holds(RuleScope scope)
        {
            var (type, text) = scope.Read(_path.Head, _path.Tail);
            return _comparison(new(type, text, Others(scope, type), scope.Facts.Locale));
        }

        private ImmutableArray<string?> Others(RuleScope scope, FieldType type) => type == FieldType.Reference
            ? [.. With.SelectMany(value => Meant(scope, value.In(scope)))]
            : _constants.IsDefault ? [.. With.Select(value => value.In(scope))] : _constants;

        // A stage is meant by its label, an owner by the address.
        private IEnumerable<string?> Meant(RuleScope scope, string? text)
        {
            if (Guid.TryParse(text, out _))
                return [text];
            return Path.EndsWith(".stage_id", StringComparison.Ordinal) ? scope.Facts.StagesCalled(text).Select(stage => (string?)stage.StageId.ToString())
                : Path.EndsWith(".pipeline_id", StringComparison.Ordinal) ? scope.Facts.Stages.Where(stage => stage.Pipeline == text).Select(stage => (string?)stage.PipelineId.ToString())
                : [scope.Facts.OwnerCalled(text)?.OwnerId.ToString()];
        }
    }

    /// <param name="Right">What the value is compared with: one for most comparisons, any number for <c>in</c>.</param>
    private sealed record Sides(FieldType Type, string? Left, ImmutableArray<string?> Right, TenantLocale Locale)
    {
        public bool IsEmpty => string.IsNullOrEmpty(Left);

        public bool IsAny()
        {
            foreach (var right in Right)
            {
                if (Canonical.Same(Type, Left ?? "", right ?? "", Locale) || (Numbers() is var (left, number) && left == number))
                    return true;
            }

            return false;
        }

        /// <returns>Null where the two cannot be put in an order.</returns>
        public int? Order()
        {
            if (IsEmpty || Right is not [{ Length: > 0 } right])
                return null;
            if (Numbers() is var (a, b))
                return a.CompareTo(b);
            if (Type == FieldType.Time || (Type != FieldType.Date && RuleTimes.Instant(Left) is not null))
                return RuleTimes.Instant(Left) is { } x && RuleTimes.Instant(right) is { } y ? x.CompareTo(y) : null;
            return string.CompareOrdinal(Left, right);
        }

        public bool Contains() => Left is { } left && Right.Any(right => right is { Length: > 0 } && (Type == FieldType.Set
            ? left.Split(';').Contains(right, StringComparer.OrdinalIgnoreCase)
            : left.Contains(right, StringComparison.OrdinalIgnoreCase)));

        public bool StartsWith() => Left is { } left && Right.Any(right => right is { Length: > 0 } && left.StartsWith(right, StringComparison.OrdinalIgnoreCase));

        private (decimal, decimal)? Numbers() =>
            Type is FieldType.Number or FieldType.WholeNumber or FieldType.Text && Right is [var right]
            && decimal.TryParse(Left, NumberStyles.Float, CultureInfo.InvariantCulture, out var a)
            && decimal.TryParse(right, NumberStyles.Float, CultureInfo.InvariantCulture, out var b)
                ? (a, b)
                : null;
    }

    private static readonly FrozenDictionary<RuleComparison, Func<Sides, bool>> Comparisons = new Dictionary<RuleComparison, Func<Sides, bool>>
    {
        [RuleComparison.Is] = sides => sides.IsAny(),
        [RuleComparison.IsNot] = sides => !sides.IsAny(),
        [RuleComparison.In] = sides => sides.IsAny(),
        [RuleComparison.Gt] = sides => sides.Order() > 0,
        [RuleComparison.Gte] = sides => sides.Order() >= 0,
        [RuleComparison.Lt] = sides => sides.Order() < 0,
        [RuleComparison.Lte] = sides => sides.Order() <= 0,
        [RuleComparison.Contains] = sides => sides.Contains(),
        [RuleComparison.StartsWith] = sides => sides.StartsWith(),
        [RuleComparison.Empty] = sides => sides.IsEmpty == (sides.Right is not ["false"]),
    }.ToFrozenDictionary();
}

public enum RuleComparison
{
    Is,
    IsNot,
    In,
    Gt,
    Gte,
    Lt,
    Lte,
    Contains,
    StartsWith,

    /// <summary>With <c>true</c> or <c>false</c>.</summary>
    Empty,
}
