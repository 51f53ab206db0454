using System.Collections.Immutable;
using System.Globalization;
using Forge.Crm.Domain.Records;
using Npgsql;
using NpgsqlTypes;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>How canonical texts of one field type are stored: the way out of a row, and the array that carries a batch in.</summary>
/// <param name="Set">The expression that turns the array's member <c>{0}</c> into the column's value.</param>
internal sealed record FieldColumn(
    Func<NpgsqlDataReader, int, string?> Read, Func<IEnumerable<string?>, NpgsqlParameter> Array, string Set = "{0}");

internal static class FieldColumns
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'";

    private static readonly FieldColumn Text = new((row, i) => row.GetString(i), Sql.Array);

    private static readonly ImmutableDictionary<FieldType, FieldColumn> ByType = new Dictionary<FieldType, FieldColumn>
    {
        [FieldType.Text] = Text,
        [FieldType.Email] = Text,
        [FieldType.Phone] = Text,
        [FieldType.HostName] = Text,
        [FieldType.WholeNumber] = new(
            (row, i) => row.GetInt64(i).ToString(CultureInfo.InvariantCulture),
            texts => Array(texts, text => long.Parse(text, CultureInfo.InvariantCulture), NpgsqlDbType.Bigint)),
        [FieldType.Number] = new(
            (row, i) => row.GetDecimal(i).ToString("0.####", CultureInfo.InvariantCulture),
            texts => Array(texts, text => decimal.Parse(text, CultureInfo.InvariantCulture), NpgsqlDbType.Numeric)),
        [FieldType.Date] = new(
            (row, i) => row.GetFieldValue<DateOnly>(i).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            texts => Array(texts, text => DateOnly.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture), NpgsqlDbType.Date)),
        [FieldType.Time] = new(
            (row, i) => row.GetDateTime(i).ToString(TimeFormat, CultureInfo.InvariantCulture),
            texts => Array(texts, text => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture).UtcDateTime, NpgsqlDbType.TimestampTz)),
        [FieldType.Flag] = new(
            (row, i) => row.GetBoolean(i) ? "true" : "false", texts => Array(texts, bool.Parse, NpgsqlDbType.Boolean)),
        [FieldType.Reference] = new((row, i) => row.GetGuid(i).ToString(), texts => Array(texts, Guid.Parse, NpgsqlDbType.Uuid)),
        // An array of arrays must be rectangular, so sets travel as text.
        [FieldType.Set] = new(
            (row, i) => row.GetFieldValue<string[]>(i) is { Length: > 0 } members ? string.Join(';', members) : null,
            Sql.Array, "string_to_array({0}, ';')"),
    }.ToImmutableDictionary();

    public static FieldColumn Of(FieldType type) => ByType[type];

    private static NpgsqlParameter Array<T>(IEnumerable<string?> texts, Func<string, T> parse, NpgsqlDbType type)
        where T : struct =>
        new() { Value = texts.Select(text => text is null ? (T?)null : parse(text)).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type };
}
