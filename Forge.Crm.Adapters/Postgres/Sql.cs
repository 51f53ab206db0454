using Npgsql;
using NpgsqlTypes;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>Commands with positional parameters; <c>$1</c> is always the tenant.</summary>
internal static class Sql
{
    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<NpgsqlBatchCommand, string> Required = [];

    public static NpgsqlBatchCommand Command(string text, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(text);
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        return command;
    }

    /// <summary>The command must affect a row, or the whole transaction is rolled back with a <see cref="StaleStepException"/>.</summary>
    public static NpgsqlBatchCommand RequireRow(NpgsqlBatchCommand command)
    {
        Required.AddOrUpdate(command, command.CommandText);
        return command;
    }

    public static bool RequiresRow(NpgsqlBatchCommand command) => Required.TryGetValue(command, out _);

    public static NpgsqlParameter Value<T>(T value) => new NpgsqlParameter<T> { TypedValue = value };

    public static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    public static NpgsqlParameter Number(int? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer };

    public static NpgsqlParameter Id(Guid? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid };

    public static NpgsqlParameter Time(DateTimeOffset? value) =>
        new() { Value = (object?)value?.UtcDateTime ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    public static NpgsqlParameter Json(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Jsonb };

    /// <summary>One array a column, for <c>unnest</c>.</summary>
    public static NpgsqlParameter Array<T>(IEnumerable<T> values) => new NpgsqlParameter<T[]> { TypedValue = [.. values] };

    public static NpgsqlParameter Times(IEnumerable<DateTimeOffset?> values) =>
        new() { Value = values.Select(at => at?.UtcDateTime).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz };

    public static NpgsqlParameter Jsons(IEnumerable<string?> values) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb };
}

/// <summary>A step that another worker has already taken: nothing of this one was committed.</summary>
internal sealed class StaleStepException() : Exception("Another worker has already taken this step.");
