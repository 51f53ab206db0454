namespace Forge.Crm.Adapters.Supabase;

/// <summary>Requests in PostgREST's language. Names come from the mapping, which lets no others in than those that need no quotes.</summary>
internal static class SupabaseProjectQuery
{
    /// <summary>Of ids in one request, encoded: gateways take addresses of 8 KiB and more.</summary>
    private const int LongestIds = 6_000;

    /// <summary>
    /// A table's rows of its kind that meet all conditions. They stand in one tree of logic: as parameters of their own, columns called
    /// <c>order</c> or <c>limit</c> would mean something else.
    /// </summary>
    public static Dictionary<string, string> Of(SupabaseProjectTable table, params IEnumerable<string> conditions)
    {
        var query = Shown(table);
        string[] all = [.. conditions, .. table.Where is { } where ? [Is(where.Column, where.Value)] : Array.Empty<string>()];
        return all.Length == 0 ? query : query.With("and", $"({string.Join(',', all)})");
    }

    public static Dictionary<string, string> Shown(SupabaseProjectTable table) => new() { ["select"] = string.Join(',', table.Columns) };

    public static Dictionary<string, string> With(this Dictionary<string, string> query, string name, string value)
    {
        query[name] = value;
        return query;
    }

    public static string Is(string column, string value) => $"{column}.eq.{Quoted(value)}";

    public static string IsAnother(string column, string value) => $"{column}.neq.{Quoted(value)}";

    public static string IsAt(string column, DateTimeOffset at) => Is(column, SupabaseProjectValues.Time(at));

    public static string IsNothing(string column) => $"{column}.is.null";

    public static string IsSomething(string column) => $"{column}.not.is.null";

    public static string In(string column, IEnumerable<string> values) => $"{column}.in.({string.Join(',', values.Select(Quoted))})";

    public static string Any(IEnumerable<string> conditions) => $"or({string.Join(',', conditions)})";

    public static string All(params IEnumerable<string> conditions) => $"and({string.Join(',', conditions)})";

    /// <summary>Equal but for the case of letters; PostgreSQL's own wildcards mean themselves. PostgREST's, the asterisk, may be any text.</summary>
    public static string IsLike(string column, string value) => $"{column}.ilike.{Quoted(
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal))}";

    /// <summary>Behind a place in the order of two columns; equal firsts are told apart by the second.</summary>
    public static string Behind(string first, DateTimeOffset at, string second, string id)
    {
        var time = Quoted(SupabaseProjectValues.Time(at));
        return Any([$"{first}.gt.{time}", All($"{first}.eq.{time}", $"{second}.gt.{Quoted(id)}")]);
    }

    /// <summary>In pieces that an address has room for.</summary>
    public static IEnumerable<List<string>> Pieces(IEnumerable<string> ids, int most)
    {
        var (piece, length) = (new List<string>(), 0);
        foreach (var id in ids.Distinct())
        {
            var added = Uri.EscapeDataString(Quoted(id)).Length + 3;
            if (piece.Count == most || (piece.Count > 0 && length + added > LongestIds))
            {
                yield return piece;
                (piece, length) = ([], 0);
            }

            piece.Add(id);
            length += added;
        }

        if (piece.Count > 0)
            yield return piece;
    }

    /// <summary>A value among others: what could end it, or mean something, stands in quotes.</summary>
    public static string Quoted(string value) =>
        value.Length > 0 && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') && value is not ("null" or "true" or "false")
            ? value
            : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
