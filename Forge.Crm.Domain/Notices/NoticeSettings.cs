using System.Text.Json;
using System.Text.Json.Serialization;

namespace Forge.Crm.Domain.Notices;

/// <summary>
/// A tenant's wishes as to mail, as <c>crm_tenants.settings</c> holds them under <c>notices</c>:
/// <c>{"mailsPerHour": 10, "digestMinutes": 0, "fallback": "crm-admins@example.com"}</c>.
/// </summary>
/// <param name="MailsPerHour">To one recipient in any hour. What is more waits, and goes as one mail once there is room.</param>
/// <param name="DigestMinutes">Above zero, what a recipient is told within so many minutes from the first is one mail.</param>
/// <param name="Fallback">The administrators' address; it also hears what an owner without an address was to be told. Null: that fails, and is listed.</param>
public sealed record NoticeSettings(int MailsPerHour = 10, int DigestMinutes = 0, string? Fallback = null)
{
    private const int MostMails = 1_000;
    private const int LongestDigest = 1_440;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    public static NoticeSettings Default { get; } = new();

    /// <summary>What is out of range, and the range; null where nothing is. The address is looked at by whoever sends mail.</summary>
    public string? Problem() =>
        MailsPerHour is < 1 or > MostMails ? $"'mailsPerHour' is from 1 to {MostMails}."
        : DigestMinutes is < 0 or > LongestDigest ? $"'digestMinutes' is from 0 (a mail each) to {LongestDigest} (a day)."
        : null;

    /// <param name="json">Null where nothing is set.</param>
    /// <returns>What is set. What was written past the API and cannot be read counts as not set, with the reason as <c>Problem</c>.</returns>
    public static (NoticeSettings Settings, string? Problem) Read(string? json)
    {
        if (json is null)
            return (Default, null);
        try
        {
            var settings = JsonSerializer.Deserialize<NoticeSettings>(json, Json) ?? Default;
            return settings.Problem() is { } problem ? (Default, problem) : (settings, null);
        }
        catch (JsonException e)
        {
            return (Default, $"What is set cannot be read at '{e.Path}'; set it again.");
        }
    }

    public string Write() => JsonSerializer.Serialize(this, Json);
}
