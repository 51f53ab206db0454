using System.Collections.Frozen;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>What the database will never take as it is, by its own codes (PostgreSQL, appendix A; PostgREST, "Errors"), in words for a person.</summary>
internal static class SupabaseProjectRefusal
{
    private const string NoUnique = "42P10";

    // {0}: the column, constraint or type that the database names; {1}: what was written.
    private static readonly FrozenDictionary<string, string> Words = new Dictionary<string, string>
    {
        ["23505"] = "'{0}': another row has that value already",
        ["23502"] = "'{0}': must not be empty",
        ["23503"] = "'{0}': names a row that is not there, or that is referred to itself",
        ["23514"] = "'{0}': this check of the table refuses a value of {1}",
        ["23P01"] = "'{0}': this rule of the table refuses a value of {1}",
        ["22P02"] = "a value of {1} is no {0}",
        ["22007"] = "a value of {1} is no {0}",
        ["22008"] = "a value of {1} is no {0}",
        ["22003"] = "a number of {1} is too large for {0}",
        ["22001"] = "a text of {1} is too long for {0}",
        ["428C9"] = "'{0}': the database computes this column; take it out of the mapping",
        ["42501"] = "'{0}': the project's key may not write here; grant it, or use the project's secret key",
        ["42703"] = "'{0}': there is no such column any more; mend the mapping",
        ["PGRST204"] = "'{0}': there is no such column any more; mend the mapping",
        [NoUnique] = "{2}.{3} is not unique, so that a creation cannot be repeated safely; run: alter table {2} add unique ({3})",
        ["P0001"] = "a trigger of the table refuses it",
    }.ToFrozenDictionary();

    public static bool IsOf(CrmCallException e) => !e.IsTransient && Words.ContainsKey(Code(e));

    public static string Reason(CrmCallException e, SupabaseProjectTable table, IEnumerable<string> columns)
    {
        var named = Detail(e) is [var about, _, ..] ? about : table.Name;
        return string.Format(System.Globalization.CultureInfo.InvariantCulture, Words[Code(e)], named, Of(columns), table.Name, table.SyncId) + $" ({Code(e)})";
    }

    private static string Of(IEnumerable<string> columns) => string.Join(", ", columns.DefaultIfEmpty("the row"));

    private static string Code(CrmCallException e) => Detail(e)[^1];

    // "people_mail_key 23505": see SupabaseProjectErrorHandler.
    private static string[] Detail(CrmCallException e) => e.Detail.Split(' ');
}
