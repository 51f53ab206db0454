using System.Net;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.Leads;

/// <summary>What becomes of a claimed row; pure.</summary>
/// <param name="Wait">Of one that stays pending.</param>
/// <param name="Attempts">What the row is to count from now on.</param>
internal sealed record LeadOutcome(LeadStatus Status, int Attempts, string? LeadId = null, string? Reason = null, TimeSpan Wait = default)
{
    /// <summary>A row that was claimed this often without an end has killed its workers.</summary>
    public const int MaxAttempts = 10;

    /// <summary>So long a contact may take to be there; longer than any outage, and one whose push failed has been listed for as long.</summary>
    private static readonly TimeSpan MostPatience = TimeSpan.FromDays(30);

    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    public static LeadOutcome Made(QueuedLead lead, string id) => new(LeadStatus.Made, lead.Attempts, id);

    public static LeadOutcome None(QueuedLead lead) => new(LeadStatus.None, lead.Attempts);

    public static LeadOutcome Failed(QueuedLead lead, string? reason) => new(LeadStatus.Failed, lead.Attempts, Reason: reason ?? "refused");

    public static LeadOutcome Dropped(QueuedLead lead) => new(LeadStatus.Dropped, lead.Attempts);

    /// <summary>What can be said before HubSpot is asked; null where it is to be sent.</summary>
    public static LeadOutcome? Before(QueuedLead lead) =>
        lead.IsGone ? Dropped(lead)
        : lead.Attempts > MaxAttempts ? Failed(lead, $"given up after {MaxAttempts} attempts")
        : lead.Contact is null ? Waits(lead)
        : null;

    /// <summary>An outage is not the lead's fault, however long it lasts; as of pushes.</summary>
    public static LeadOutcome PutOff(QueuedLead lead, CrmCallException e)
    {
        if (!e.IsTransient && !e.IsUnauthorized)
            return Failed(lead, e.Message);
        var isCounted = e.Status is not (HttpStatusCode.TooManyRequests or HttpStatusCode.Unauthorized);
        var backoff = TimeSpan.FromSeconds(Math.Min(300, 5 * Math.Pow(2, lead.Attempts - 1)));
        return new(
            LeadStatus.Pending, isCounted ? Math.Min(lead.Attempts, MaxAttempts - 1) : lead.Attempts - 1, Reason: e.Message,
            Wait: e.RetryAfter > backoff ? e.RetryAfter.Value : backoff);
    }

    // The longer it has waited, the longer it waits.
    private static LeadOutcome Waits(QueuedLead lead) => lead.Age > MostPatience
        ? Failed(lead, "the contact did not come to HubSpot in thirty days")
        : new(LeadStatus.Pending, lead.Attempts - 1, Reason: "the contact is not at HubSpot yet", Wait: TimeSpan.FromTicks(Math.Clamp(lead.Age.Ticks / 2, ShortestWait.Ticks, LongestWait.Ticks)));
}
