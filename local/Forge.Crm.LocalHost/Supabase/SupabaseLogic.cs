using System.Globalization;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Forge.Crm.LocalHost.Supabase;

/// <summary>
/// Reads PostgREST's filters (<c>col=eq.5</c>, <c>and=(a.gt.1,or(b.is.null,c.in.(1,2)))</c>) and writes them as SQL. Values are parameters without a
/// type, which PostgreSQL then infers from the column, as it does for PostgREST's literals.
/// </summary>
internal sealed class SupabaseLogic
{
    private static readonly Dictionary<string, string> Operators = new()
    {
        ["eq"] = "=",
        ["neq"] = "<>",
        ["gt"] = ">",
        ["gte"] = ">=",
        ["lt"] = "<",
        ["lte"] = "<=",
    };

    private static readonly string[] States = ["null", "not_null", "true", "false", "unknown"];

    private readonly List<NpgsqlParameter> _values = [];

    public IReadOnlyList<NpgsqlParameter> Values => _values;

    /// <summary>A value's place in the statement.</summary>
    public string Add(string value)
    {
        _values.Add(new() { Value = value, NpgsqlDbType = NpgsqlDbType.Unknown });
        return string.Create(CultureInfo.InvariantCulture, $"${_values.Count}");
    }

    public static string Quoted(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>One parameter of the query: a tree of logic, or a column with its condition.</summary>
    public string Where(string name, string text)
    {
        var parts = name.Split('.');
        if (parts[^1] is "and" or "or" && parts.Length <= 2)
        {
            var tree = new Reader(text);
            var sql = Tree(tree, parts[^1]);
            return tree.IsAtEnd ? (parts.Length == 2 ? $"not {sql}" : sql) : throw SupabaseProblem.Unparsable($"logic tree ({text})");
        }

        var (isNegated, word, value) = Split(text);
        return Condition(name, isNegated, word, word == "in" ? List(new Reader(value)) : [value]);
    }

    private string Tree(Reader text, string word)
    {
        var parts = new List<string>();
        text.Expect('(');
        do
            parts.Add(Node(text));
        while (text.Skip(','));
        text.Expect(')');
        return $"({string.Join($" {word} ", parts)})";
    }

    private string Node(Reader text)
    {
        var first = text.Until(".(");
        var isNegated = first == "not" && text.Skip('.');
        if (isNegated)
            first = text.Until(".(");
        if (first is "and" or "or" && text.Next == '(')
            return (isNegated ? "not " : "") + Tree(text, first);
        text.Expect('.');
        var word = text.Until(".");
        if (word == "not")
        {
            text.Expect('.');
            (isNegated, word) = (true, text.Until("."));
        }

        text.Expect('.');
        return Condition(first, isNegated, word, word == "in" ? List(text) : [text.Value(",)")]);
    }

    private string Condition(string column, bool isNegated, string word, List<string> values)
    {
        var sql = word switch
        {
            "in" => $"{Quoted(column)} = any({Add(Literal(values))})",
            "is" when States.Contains(values[0]) => $"{Quoted(column)} is {values[0].Replace('_', ' ')}",
            "like" or "ilike" => $"{Quoted(column)} {word} {Add(values[0].Replace('*', '%'))}",
            _ when Operators.TryGetValue(word, out var known) => $"{Quoted(column)} {known} {Add(values[0])}",
            _ => throw SupabaseProblem.Unparsable($"filter ({word}.{values[0]})"),
        };
        return isNegated ? $"not ({sql})" : sql;
    }

    private static (bool IsNegated, string Word, string Value) Split(string text)
    {
        var isNegated = text.StartsWith("not.", StringComparison.Ordinal);
        var rest = isNegated ? text[4..] : text;
        var dot = rest.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 ? (isNegated, rest[..dot], rest[(dot + 1)..]) : throw SupabaseProblem.Unparsable($"filter ({text})");
    }

    private static List<string> List(Reader text)
    {
        var values = new List<string>();
        text.Expect('(');
        do
            values.Add(text.Value(",)"));
        while (text.Skip(','));
        text.Expect(')');
        return values;
    }

    /// <summary>An array as PostgreSQL writes it.</summary>
    private static string Literal(IEnumerable<string> values) => new StringBuilder("{")
        .AppendJoin(',', values.Select(value => $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""))
        .Append('}').ToString();

    private sealed class Reader(string text)
    {
        private int _at;

        public bool IsAtEnd => _at == text.Length;

        public char Next => IsAtEnd ? '\0' : text[_at];

        public bool Skip(char wanted)
        {
            var isThere = Next == wanted;
            _at += isThere ? 1 : 0;
            return isThere;
        }

        public void Expect(char wanted)
        {
            if (!Skip(wanted))
                throw SupabaseProblem.Unparsable($"logic tree ({text})");
        }

        public string Until(string ends)
        {
            var start = _at;
            while (!IsAtEnd && !ends.Contains(Next, StringComparison.Ordinal))
                _at++;
            return text[start.._at];
        }

        /// <summary>In quotes, where a backslash takes the next character as it is; else up to one of the ends.</summary>
        public string Value(string ends)
        {
            if (!Skip('"'))
                return Until(ends);
            var value = new StringBuilder();
            while (!Skip('"'))
            {
                Skip('\\');
                if (IsAtEnd)
                    throw SupabaseProblem.Unparsable($"logic tree ({text})");
                value.Append(text[_at++]);
            }

            return value.ToString();
        }
    }
}
