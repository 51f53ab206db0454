using System.Text.Json;
using System.Text.Json.Nodes;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>An e-mail address or a phone number of a person.</summary>
internal sealed record PipedriveEntry(string Value, string? Label, bool IsPrimary);

/// <summary>
/// A person's addresses or numbers, of which the hub has two at most. Pipedrive takes the list as a whole, so what the hub does not know of is written back as
/// it was read.
/// </summary>
internal static class PipedriveEntries
{
    private const string Mobile = "mobile";
    private const string Work = "work";

    public static List<PipedriveEntry> Read(JsonElement value) => value.ValueKind != JsonValueKind.Array
        ? PipedriveValues.Read(value) is { Length: > 0 } only ? [new(only, null, true)] : []
        : [.. value.EnumerateArray()
            .Select(entry => new PipedriveEntry(
                (PipedriveValues.Read(entry) ?? "").Trim(), PipedriveValues.TextOf(entry, "label"), PipedriveValues.TextOf(entry, "primary") == "true"))
            .Where(entry => entry.Value.Length > 0)];

    public static (PipedriveEntry? Primary, List<PipedriveEntry> Others) Split(List<PipedriveEntry> entries)
    {
        var primary = entries.Find(entry => entry.IsPrimary) ?? entries.FirstOrDefault();
        return (primary, [.. entries.Where(entry => entry != primary)]);
    }

    /// <summary>The number that is labelled "mobile" is the mobile one, whether or not it is also the primary one.</summary>
    public static (PipedriveEntry? Main, PipedriveEntry? Mobile, List<PipedriveEntry> Others) SplitPhones(List<PipedriveEntry> entries)
    {
        var mobile = entries.Find(entry => string.Equals(entry.Label, Mobile, StringComparison.OrdinalIgnoreCase));
        var (main, others) = Split([.. entries.Where(entry => entry != mobile)]);
        return (main, mobile, others);
    }

    /// <param name="written">The properties to write, <c>emails.primary</c> and <c>emails.other</c> perhaps among them.</param>
    public static JsonArray Emails(List<PipedriveEntry> current, IReadOnlyDictionary<string, string?> written)
    {
        var (primary, others) = Split(current);
        primary = Changed(primary, written, "emails.primary", Work);
        if (written.TryGetValue("emails.other", out var list))
        {
            others = [.. (list ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(address => current.Find(entry => Same(entry.Value, address)) ?? new(address, Work, false))];
        }

        return Json([primary, .. others.Where(other => primary is null || !Same(other.Value, primary.Value))], primary);
    }

    /// <inheritdoc cref="Emails"/>
    public static JsonArray Phones(List<PipedriveEntry> current, IReadOnlyDictionary<string, string?> written)
    {
        var (main, mobile, others) = SplitPhones(current);
        var isMobileFirst = mobile is { IsPrimary: true };
        main = Changed(main, written, "phones.primary", Work);
        mobile = Changed(mobile, written, "phones.mobile", Mobile);
        return Json([main, mobile, .. others], isMobileFirst ? mobile ?? main : main ?? mobile);
    }

    private static PipedriveEntry? Changed(PipedriveEntry? entry, IReadOnlyDictionary<string, string?> written, string property, string label) =>
        !written.TryGetValue(property, out var text) ? entry
        : string.IsNullOrEmpty(text) ? null
        : new(text, entry?.Label ?? label, true);

    private static JsonArray Json(IEnumerable<PipedriveEntry?> entries, PipedriveEntry? primary) =>
        [.. entries.OfType<PipedriveEntry>().Select(entry => new JsonObject { ["value"] = entry.Value, ["primary"] = entry == primary, ["label"] = entry.Label ?? Work })];

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
