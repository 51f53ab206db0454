using Npgsql;
using NpgsqlTypes;

namespace Forge.Crm.LocalAzure.Bus;

/// <summary>Positional parameters, for <c>using static</c>.</summary>
internal static class Parameters
{
    public static NpgsqlParameter Value<T>(T value) => new NpgsqlParameter<T> { TypedValue = value };

    public static NpgsqlParameter Text(string? value) => Nullable(value, NpgsqlDbType.Text);

    public static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
