namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// Our id on a record: a text field of the account's own, whose key every account chooses anew. So the value says what it is, and whoever reads a record
/// need not ask for the account's fields first.
/// </summary>
internal static class PipedriveSyncId
{
    public const string FieldName = "forge_sync_id";

    private const string Prefix = "forge:";
    private const int CodeLength = 40;

    public static string Text(Guid syncId) => $"{Prefix}{syncId}";

    public static Guid? Of(IReadOnlyDictionary<string, string?> properties)
    {
        foreach (var (name, text) in properties)
        {
            if (text is not null && IsCode(name) && text.StartsWith(Prefix, StringComparison.Ordinal) && Guid.TryParse(text[Prefix.Length..], out var id))
                return id;
        }

        return null;
    }

    /// <summary>Whether the property is a custom field: forty hexadecimal digits.</summary>
    public static bool IsCode(string property) => property.Length == CodeLength && property.All(char.IsAsciiHexDigit);
}
