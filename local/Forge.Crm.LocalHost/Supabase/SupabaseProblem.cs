using System.Text.Json.Nodes;
using Npgsql;

namespace Forge.Crm.LocalHost.Supabase;

/// <summary>An answer that is an error, in PostgREST's form.</summary>
internal sealed class SupabaseProblem(int status, string? code, string message, string? details = null, string? hint = null) : Exception(message)
{
    public int Status { get; } = status;

    public static SupabaseProblem NoTable(string schema, string table) =>
        new(404, "PGRST205", $"Could not find the table '{schema}.{table}' in the schema cache");

    public static SupabaseProblem NoColumn(string column, string table) =>
        new(400, "PGRST204", $"Could not find the '{column}' column of '{table}' in the schema cache");

    public static SupabaseProblem Unparsable(string what) => new(400, "PGRST100", $"\"failed to parse {what}\"");

    /// <summary>What PostgreSQL says, with the status that PostgREST gives it ("Errors", HTTP status codes).</summary>
    public static SupabaseProblem Of(PostgresException e) => new(StatusOf(e.SqlState), e.SqlState, e.MessageText, e.Detail, e.Hint);

    public JsonObject Body() => new() { ["code"] = code, ["details"] = details, ["hint"] = hint, ["message"] = Message };

    private static int StatusOf(string state) => state switch
    {
        "23503" or "23505" => 409,
        "25006" => 405,
        "42501" => 403,
        "42P01" or "42883" => 404,
        "57P01" => 503,
        "57014" => 500,
        _ => state[..2] switch
        {
            "08" or "53" => 503,
            "09" or "25" or "2D" or "38" or "39" or "3B" or "40" or "55" or "57" or "58" or "F0" or "HV" or "P0" or "XX" => state == "P0001" ? 400 : 500,
            "54" => 413,
            _ => 400,
        },
    };
}
