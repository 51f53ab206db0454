using System.Collections.Frozen;
using System.Text.Json;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// A record as texts by property, which is what mapping tables read. A field of Pipedrive's that holds several of ours is taken apart:
/// <c>emails</c> into <c>emails.primary</c> and <c>emails.other</c>, an address into its parts. Custom fields stand under their own keys.
/// </summary>
internal static class PipedriveProperties
{
    private delegate void Part(JsonElement value, string name, Dictionary<string, string?> into);

    // Webhooks of version 1 have names of their own for some.
    private static readonly FrozenDictionary<string, (string Name, Part Read)> Parts = new Dictionary<string, (string, Part)>
    {
        ["emails"] = ("emails", Addresses),
        ["email"] = ("emails", Addresses),
        ["phones"] = ("phones", Phones),
        ["phone"] = ("phones", Phones),
        ["address"] = ("address", Address),
        ["value"] = ("value", Money),
        ["custom_fields"] = ("", Custom),
        ["user_id"] = ("owner_id", Plain),
    }.ToFrozenDictionary();

    public static Dictionary<string, string?> Of(JsonElement record)
    {
        var properties = Read(record);
        Derive(properties);
        return properties;
    }

    /// <summary>What changed between a record and its former state.</summary>
    /// <param name="isWhole">Whether the former state has all members, or only those that changed.</param>
    /// <returns>The properties whose text changed, with their new texts.</returns>
    public static Dictionary<string, string?> Changed(JsonElement now, JsonElement before, bool isWhole)
    {
        var current = Read(now);
        var former = new Dictionary<string, string?>(isWhole ? [] : current);
        foreach (var (name, text) in Read(before))
            former[name] = text;
        Derive(current);
        Derive(former);
        return former.Keys.Union(current.Keys)
            .Where(name => (former.GetValueOrDefault(name) ?? "") != (current.GetValueOrDefault(name) ?? ""))
            .ToDictionary(name => name, name => current.GetValueOrDefault(name));
    }

    private static void Derive(Dictionary<string, string?> properties)
    {
        PipedriveDue.Derive(properties);
        Unname(properties);
    }

    private static Dictionary<string, string?> Read(JsonElement record)
    {
        var properties = new Dictionary<string, string?>();
        if (record.ValueKind != JsonValueKind.Object)
            return properties;
        foreach (var member in record.EnumerateObject())
        {
            if (Parts.TryGetValue(member.Name, out var part))
                part.Read(member.Value, part.Name, properties);
            else
                properties[member.Name] = PipedriveValues.Read(member.Value);
        }

        return properties;
    }

    private static void Plain(JsonElement value, string name, Dictionary<string, string?> into) => into[name] = PipedriveValues.Read(value);

    private static void Addresses(JsonElement value, string name, Dictionary<string, string?> into)
    {
        var (primary, others) = PipedriveEntries.Split(PipedriveEntries.Read(value));
        into[$"{name}.primary"] = primary?.Value;
        into[$"{name}.other"] = others.Count == 0 ? null : string.Join(';', others.Select(entry => entry.Value).Order(StringComparer.Ordinal));
    }

    private static void Phones(JsonElement value, string name, Dictionary<string, string?> into)
    {
        var (main, mobile, _) = PipedriveEntries.SplitPhones(PipedriveEntries.Read(value));
        into[$"{name}.mobile"] = mobile?.Value;
        into[$"{name}.primary"] = main?.Value;
    }

    private static void Address(JsonElement value, string name, Dictionary<string, string?> into)
    {
        string?[] parts = [PipedriveValues.TextOf(value, "route"), PipedriveValues.TextOf(value, "street_number")];
        var street = string.Join(' ', parts.Where(part => !string.IsNullOrEmpty(part)));
        into[$"{name}.value"] = PipedriveValues.Read(value);
        into[$"{name}.street"] = street.Length == 0 ? null : street;
        foreach (var part in new[] { "locality", "admin_area_level_1", "postal_code", "country" })
            into[$"{name}.{part}"] = PipedriveValues.TextOf(value, part);
    }

    // A deal's value is a number; a lead's has a currency of its own.
    private static void Money(JsonElement value, string name, Dictionary<string, string?> into)
    {
        if (value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
            into[name] = PipedriveValues.Read(value);
        else
            (into[$"{name}.amount"], into[$"{name}.currency"]) = (PipedriveValues.TextOf(value, "amount"), PipedriveValues.TextOf(value, "currency"));
        if (value.ValueKind == JsonValueKind.Null)
            into[name] = null;
    }

    private static void Custom(JsonElement value, string name, Dictionary<string, string?> into)
    {
        foreach (var field in value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : default)
            into[field.Name] = PipedriveValues.Read(field.Value);
    }

    // A person must have a name here. Whoever has none elsewhere was given an address for it, which is no name (see PipedriveBody).
    private static void Unname(Dictionary<string, string?> properties)
    {
        if (properties.GetValueOrDefault("name") is not { Length: > 0 } name
            || (name != properties.GetValueOrDefault("emails.primary") && name != properties.GetValueOrDefault("phones.primary")))
            return;
        foreach (var part in new[] { "first_name", "last_name" })
        {
            if (properties.ContainsKey(part))
                properties[part] = null;
        }
    }
}
