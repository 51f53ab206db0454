using System.Text.Json;

namespace Forge.Crm.Domain.Reports;

/// <summary>
/// What a tenant may set about its reports: the member <c>reports</c> of its settings, <c>{"reports": {"committed_from": 0.8, "upside_from": 0.5,
/// "week_open_hours": 24}}</c>. What is left out has its default.
/// </summary>
/// <param name="CommittedFrom">Open deals of at least this probability are committed.</param>
/// <param name="UpsideFrom">Of at least this one, and not committed: upside. Below it: pipeline.</param>
/// <param name="WeekOpenHours">So long after a week has ended what is entered late still counts in it: a call of Friday that is logged on Monday.</param>
public sealed record ReportSettings(decimal CommittedFrom = 0.8m, decimal UpsideFrom = 0.5m, int WeekOpenHours = 24)
{
    /// <summary>The member of the tenant's settings.</summary>
    public const string Member = "reports";

    /// <summary>The longest that a week may stay open: it would not be caught up any more.</summary>
    private const int LongestOpenHours = 14 * 24;

    private static readonly JsonSerializerOptions Names = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <param name="settings">All settings of the tenant.</param>
    /// <exception cref="FormatException">What is stored cannot be read or contradicts itself; the message names place and remedy.</exception>
    public static ReportSettings Of(string settings)
    {
        using var document = JsonDocument.Parse(settings);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty(Member, out var member))
            return new();
        try
        {
            return (member.Deserialize<ReportSettings>(Names) ?? new()).Checked();
        }
        catch (JsonException e)
        {
            throw new FormatException($"settings.{Member} cannot be read at {e.Path}; write {new ReportSettings().ToJson()}, or leave it out.", e);
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, Names);

    /// <exception cref="FormatException">They contradict themselves; the message names place and remedy.</exception>
    public ReportSettings Checked() =>
        CommittedFrom is < 0 or > 1 ? throw new FormatException("committed_from is a share of one: write 0.8 for 80 %.")
        : UpsideFrom is < 0 or > 1 ? throw new FormatException("upside_from is a share of one: write 0.5 for 50 %.")
        : UpsideFrom > CommittedFrom ? throw new FormatException("upside_from is greater than committed_from; what is committed is the likelier of the two.")
        : WeekOpenHours is < 0 or > LongestOpenHours ? throw new FormatException($"week_open_hours is 0 to {LongestOpenHours}.")
        : this;
}
