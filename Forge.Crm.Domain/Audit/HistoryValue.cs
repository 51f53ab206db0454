using System.Text.Json;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Audit;

/// <summary>A value as history keeps it: change capture writes what PostgreSQL shows of a column (10.0000, ["b", "a"]), the engine canonical texts (10, a;b).</summary>
public static class HistoryValue
{
    /// <returns>The canonical text; one that its type cannot read, as it is.</returns>
    public static string? Canonical(FieldType type, string? text, TenantLocale locale)
    {
        try
        {
            return Mapping.Canonical.Of(type, type == FieldType.Set ? Members(text) : text, locale);
        }
        catch (FormatException)
        {
            return text;
        }
    }

    private static string? Members(string? text)
    {
        if (text is not ['[', ..])
            return text;
        try
        {
            using var array = JsonDocument.Parse(text);
            return string.Join(';', array.RootElement.EnumerateArray().Select(member => member.ToString()));
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
