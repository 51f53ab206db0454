using System.Text.Json;
using Forge.Crm.Adapters.Apps;

namespace Forge.Crm.Adapters.Rules;

/// <summary>The messages of our own apps, as the journal keeps them: CloudEvents 1.0 in JSON.</summary>
internal static class AppEvents
{
    /// <summary>When it happened and what it says; undefined where its bytes were erased or are none.</summary>
    public static (DateTimeOffset? Time, JsonElement Data) Read(byte[] raw) => AppEnvelope.Read(raw) is { } envelope ? (envelope.Time, envelope.Data) : (null, default);
}
