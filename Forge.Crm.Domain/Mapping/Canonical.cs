using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Forge.Crm.Domain.Records;
using PhoneNumbers;

namespace Forge.Crm.Domain.Mapping;

/// <summary>
/// One text for every value that means the same, so that comparing values is comparing texts. Canonical texts are fixed points:
/// making one canonical again gives itself. A text that its type cannot read stays as trimmed text where the type is lenient (phone,
/// host name, set) and is a <see cref="FormatException"/> where the column could not hold it (numbers, dates, times, flags, references).
/// </summary>
public static class Canonical
{
    /// <summary>What <c>numeric(19,4)</c> holds.</summary>
    private const decimal NumberLimit = 999_999_999_999_999.9999m;

    private const int NumberScale = 4;
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'";

    private static readonly FrozenDictionary<FieldType, Func<string, TenantLocale, string?>> Forms =
        new Dictionary<FieldType, Func<string, TenantLocale, string?>>
        {
            [FieldType.Text] = (text, _) => Text(text),
            [FieldType.Email] = (text, _) => Text(text)?.ToLowerInvariant(),
            [FieldType.Phone] = Phone,
            [FieldType.HostName] = (text, _) => HostName(text),
            [FieldType.WholeNumber] = (text, _) => WholeNumber(text),
            [FieldType.Number] = (text, _) => Number(text),
            [FieldType.Date] = Date,
            [FieldType.Time] = (text, _) => Time(text),
            [FieldType.Flag] = (text, _) => Flag(text),
            [FieldType.Set] = (text, _) => Set(text),
            [FieldType.Reference] = (text, _) => Guid.Parse(text).ToString(),
        }.ToFrozenDictionary();

    /// <returns>The canonical text; null where there is no value (null, empty, only white space).</returns>
    public static string? Of(FieldType type, string? text, TenantLocale locale) =>
        string.IsNullOrWhiteSpace(text) ? null : Forms[type](text, locale);

    /// <summary>Whether two texts mean the same; one that cannot be read means only itself.</summary>
    public static bool Same(FieldType type, string? a, string? b, TenantLocale locale) =>
        string.Equals(a, b, StringComparison.Ordinal) || string.Equals(OrItself(type, a, locale), OrItself(type, b, locale), StringComparison.Ordinal);

    private static string? OrItself(FieldType type, string? text, TenantLocale locale)
    {
        try
        {
            return Of(type, text, locale);
        }
        catch (FormatException)
        {
            return text;
        }
    }

    // PostgreSQL's text holds neither U+0000 nor a lone surrogate.
    private static string? Text(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new FormatException("The text holds U+0000, which PostgreSQL cannot store.");
        try
        {
            var clean = text.Normalize(NormalizationForm.FormC).ReplaceLineEndings("\n").Trim();
            return clean.Length == 0 ? null : clean;
        }
        catch (ArgumentException)
        {
            throw new FormatException("The text holds half a surrogate pair, which is no character.");
        }
    }

    private static string? Phone(string text, TenantLocale locale)
    {
        try
        {
            var phones = PhoneNumberUtil.GetInstance();
            var number = phones.Parse(text, locale.Country);
            return phones.IsPossibleNumber(number)
                ? phones.Format(number, PhoneNumberFormat.E164) + (number.HasExtension ? ";ext=" + number.Extension : "")
                : Text(text);
        }
        catch (NumberParseException)
        {
            return Text(text);
        }
    }

    private static string? HostName(string text)
    {
        var host = Text(text)?.ToLowerInvariant();
        if (host is null)
            return null;
        var scheme = host.IndexOf("://", StringComparison.Ordinal);
        host = scheme < 0 ? host : host[(scheme + 3)..];
        host = host.Split('/', '?', '#')[0].Trim().TrimEnd('.', ' ');
        while (host.StartsWith("www.", StringComparison.Ordinal))
            host = host[4..].TrimStart();
        return host.Length == 0 ? null : host;
    }

    private static string WholeNumber(string text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < long.MaxValue
            ? decimal.Round(number, 0, MidpointRounding.AwayFromZero).ToString("0", CultureInfo.InvariantCulture)
            : throw Unreadable("a whole number");

    private static string Number(string text)
    {
        if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || Math.Abs(number) > NumberLimit)
            throw Unreadable("a number below 10^15");
        var rounded = decimal.Round(number, NumberScale, MidpointRounding.AwayFromZero);
        return rounded == 0 ? "0" : rounded.ToString("0.####", CultureInfo.InvariantCulture);
    }

    private static string Date(string text, TenantLocale locale) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            : Instant(text) is { } at
                ? TimeZoneInfo.ConvertTime(at, locale.Zone).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
                : throw Unreadable("a date");

    private static string Time(string text) =>
        Instant(text) is { } at
            ? Stamp.Micros(at).UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)
            : throw Unreadable("a time");

    /// <summary>ISO 8601, or epoch milliseconds as HubSpot writes them.</summary>
    private static DateTimeOffset? Instant(string text)
    {
        const long lastMillisecond = 253_402_300_799_999;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds))
            return Math.Abs(milliseconds) <= lastMillisecond && milliseconds >= -62_135_596_800_000 ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;
    }

    private static string Flag(string text) =>
        bool.TryParse(text, out var flag) ? (flag ? "true" : "false") : throw Unreadable("true or false");

    private static string? Set(string text)
    {
        var members = text.Split(';').Select(Text).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        var joined = string.Join(';', members);
        return joined.Length == 0 ? null : joined;
    }

    // Never the text itself: it may be personal data, and this message reaches the journal's reason and the log.
    private static FormatException Unreadable(string wanted) => new($"The value is not {wanted}.");
}
