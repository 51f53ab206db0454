using System.Collections.Immutable;
using System.Text.Json;
using Fluid;
using Fluid.Ast;

namespace Forge.Crm.Domain.Rules;

/// <summary>A value in a rule: a constant, or a Liquid template such as <c>Follow up: {{ record.name }}</c>.</summary>
public sealed class RuleValue
{
    private static readonly FluidParser Parser = new();

    private readonly IFluidTemplate? _template;

    private RuleValue(string? constant, IFluidTemplate? template, ImmutableArray<string> names) => (Constant, _template, Names) = (constant, template, names);

    public bool IsConstant => _template is null;

    /// <summary>The text that it always is; null of a template.</summary>
    public string? Constant { get; }

    /// <summary>The paths that a template names, e.g. <c>record.name</c>.</summary>
    public ImmutableArray<string> Names { get; }

    public static RuleValue Of(string? text) => new(text, null, []);

    /// <exception cref="RuleFault">It is neither a value nor a template that can be read.</exception>
    public static RuleValue Parse(JsonElement json, string path)
    {
        if (json.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
            throw new RuleFault(path, "a text, a number, true, false or null stands here.");
        var text = RuleScope.JsonText(json);
        if (text is null || (!text.Contains("{{", StringComparison.Ordinal) && !text.Contains("{%", StringComparison.Ordinal)))
            return Of(text);
        if (!Parser.TryParse(text, out var template, out var error))
            throw new RuleFault(path, $"the template cannot be read: {error.Split('\n')[0]}");
        var names = new Paths();
        names.VisitTemplate(template);
        return new(null, template, [.. names.Found.Where(name => !names.Locals.Contains(name.Split('.')[0])).Distinct()]);
    }

    /// <summary>The text in this scope; what a template does not find is empty, and noted.</summary>
    /// <exception cref="RuleRunException">The template takes too long, or asks for a filter that there is not.</exception>
    public string? In(RuleScope scope)
    {
        if (_template is null)
            return Constant;
        try
        {
            return _template.Render(RuleTemplates.ContextOf(scope));
        }
        catch (Exception e) when (e is FluidException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new RuleRunException("a template cannot be filled in: it loops too long, or uses a filter that there is not");
        }
    }

    private sealed class Paths : AstVisitor
    {
        public List<string> Found { get; } = [];

        /// <summary>Names that the template makes itself.</summary>
        public HashSet<string> Locals { get; } = ["forloop"];

        protected override Expression VisitMemberExpression(MemberExpression memberExpression)
        {
            Found.Add(string.Join('.', memberExpression.Segments.TakeWhile(segment => segment is IdentifierSegment).Cast<IdentifierSegment>().Select(segment => segment.Identifier)));
            return base.VisitMemberExpression(memberExpression);
        }

        protected override Statement VisitAssignStatement(AssignStatement assignStatement)
        {
            Locals.Add(assignStatement.Identifier);
            return base.VisitAssignStatement(assignStatement);
        }

        protected override Statement VisitForStatement(ForStatement forStatement)
        {
            Locals.Add(forStatement.Identifier);
            return base.VisitForStatement(forStatement);
        }
    }
}
