namespace Forge.Crm.Domain.Records;

/// <summary>
/// How an enum value is written in the database, on the bus and in the API: snake_case, e.g. <c>hubspot</c>, <c>timestamp_based</c>.
/// A name that no value has is a <see cref="FormatException"/> that lists the names there are.
/// </summary>
public static class Names
{
    public static string ToName<T>(this T value)
        where T : struct, Enum => Table<T>.ByValue[value];

    public static T Parse<T>(string name)
        where T : struct, Enum =>
        Table<T>.ByName.TryGetValue(name, out var value)
            ? value
            : throw new FormatException($"'{name}' is no {typeof(T).Name}; there are: {string.Join(", ", Table<T>.ByName.Keys)}");

    public static bool TryParse<T>(string? name, out T value)
        where T : struct, Enum
    {
        value = default;
        return name is not null && Table<T>.ByName.TryGetValue(name, out value);
    }

    private static class Table<T>
        where T : struct, Enum
    {
        public static readonly Dictionary<T, string> ByValue =
            Enum.GetValues<T>().ToDictionary(value => value, value => SnakeCase(value.ToString()));

        public static readonly Dictionary<string, T> ByName = ByValue.ToDictionary(pair => pair.Value, pair => pair.Key);

        // "HubSpot" is one word in every system's own spelling of it.
        private static string SnakeCase(string name) => name == "HubSpot"
            ? "hubspot"
            : string.Concat(name.Select((c, i) => char.IsUpper(c) && i > 0 ? "_" + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString()));
    }
}
