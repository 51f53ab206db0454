using System.Text.Json;

namespace Forge.Crm.Adapters.Rules;

/// <summary>The messages of our own apps, as the journal keeps them: CloudEvents 1.0 in JSON.</summary>
internal static class AppEvents
{
    /// <summary>What the event says; undefined where its bytes were erased or are none.</summary>
    public static JsonElement DataOf(byte[] raw)
    {
        if (raw.Length == 0)
            return default;
        using var document = JsonDocument.Parse(raw);
        return document.RootElement.TryGetProperty("data", out var data) ? data.Clone() : default;
    }
}
