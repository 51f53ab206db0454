using System.Collections.Frozen;
using System.Globalization;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>What HubSpot makes of a value when it is written: the text it keeps, or why it refuses it.</summary>
/// <remarks>Formats: "Properties guide". The wording of some refusals is not documented; their codes are as seen on the wire.</remarks>
internal static class HubSpotValues
{
    private static readonly FrozenDictionary<string, Func<HubSpotProperty, string, Outcome>> ByType =
        new Dictionary<string, Func<HubSpotProperty, string, Outcome>>
        {
            ["string"] = Text,
            ["number"] = Number,
            ["datetime"] = Time,
            ["date"] = Date,
            ["bool"] = Boolean,
            ["enumeration"] = Option,
        }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, Func<string, Outcome>> ByName = new Dictionary<string, Func<string, Outcome>>
    {
        ["email"] = EmailAddress,
        ["domain"] = Domain,
    }.ToFrozenDictionary();

    /// <summary>Either <paramref name="Text"/> or <paramref name="Code"/> and <paramref name="Message"/> is set.</summary>
    internal readonly record struct Outcome(string? Text, string? Code = null, string? Message = null);

    /// <summary>Empty text clears, whatever the type.</summary>
    public static Outcome Accept(HubSpotProperty property, string text)
    {
        if (text.Length == 0)
            return new(text);
        return property.HubSpotDefined && ByName.TryGetValue(property.Name, out var special)
            ? special(text)
            : ByType.GetValueOrDefault(property.Type, Text)(property, text);
    }

    private static Outcome Text(HubSpotProperty property, string text) => text.Length <= 65_536
        ? new(text)
        : new(null, "PROPERTY_TOO_LONG", $"{property.Name} was too long: it may hold 65536 characters");

    private static Outcome Number(HubSpotProperty property, string text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            ? new(text)
            : new(null, "INVALID_NUMBER", $"{text} was not a valid number.");

    private static Outcome Time(HubSpotProperty property, string text) => HubSpotTime.TryParse(text, out var milliseconds)
        ? new(HubSpotTime.Text(milliseconds))
        : new(null, "INVALID_LONG", $"{text} was not a valid long.");

    private static Outcome Date(HubSpotProperty property, string text) =>
        HubSpotTime.TryParse(text, out var milliseconds) && milliseconds % 86_400_000 == 0
            ? new(HubSpotTime.Day(milliseconds))
            : new(null, "INVALID_DATE", $"{text} is not at midnight UTC.");

    private static Outcome Boolean(HubSpotProperty property, string text) => bool.TryParse(text, out var value)
        ? new(value ? "true" : "false")
        : new(null, "INVALID_OPTION", $"{text} was not one of the allowed options: [true, false]");

    private static Outcome Option(HubSpotProperty property, string text)
    {
        if (property.Options.Length == 0)
            return new(text);
        var chosen = property.TakesSeveral ? text.Split(';', StringSplitOptions.RemoveEmptyEntries) : [text];
        var wrong = chosen.FirstOrDefault(value => property.Options.All(option => option.Value != value));
        if (wrong is null)
            return new(text);
        var refusal = HubSpotInvalidValue.NotAnOption(property.Name, wrong, property.Options.Select(option => option.Value));
        return new(null, refusal.Code, refusal.Message);
    }

    private static Outcome EmailAddress(string text)
    {
        var address = text.Trim().ToLowerInvariant();
        var at = address.IndexOf('@', StringComparison.Ordinal);
        var plausible = at > 0 && at == address.LastIndexOf('@') && !address.Contains(' ', StringComparison.Ordinal)
            && address.IndexOf('.', at) > at + 1 && address[^1] != '.';
        return plausible ? new(address) : new(null, "INVALID_EMAIL", $"Email address {text} is invalid");
    }

    /// <summary>A pasted address is cut down to its host.</summary>
    private static Outcome Domain(string text)
    {
        var host = text.Trim().ToLowerInvariant();
        var scheme = host.IndexOf("://", StringComparison.Ordinal);
        host = scheme < 0 ? host : host[(scheme + 3)..];
        host = host.Split('/')[0];
        return new(host.StartsWith("www.", StringComparison.Ordinal) ? host[4..] : host);
    }
}
