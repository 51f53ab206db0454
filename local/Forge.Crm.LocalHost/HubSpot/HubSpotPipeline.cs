using System.Globalization;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>A deal pipeline with its stages, in their order.</summary>
internal sealed record HubSpotPipeline(string Id, string Label, IReadOnlyList<HubSpotStage> Stages)
{
    /// <summary>The pipeline that every account starts with.</summary>
    public static HubSpotPipeline Standard() => new("default", "Sales Pipeline",
    [
        new("appointmentscheduled", "Appointment Scheduled", 0.2m),
        new("qualifiedtobuy", "Qualified To Buy", 0.4m),
        new("presentationscheduled", "Presentation Scheduled", 0.6m),
        new("decisionmakerboughtin", "Decision Maker Bought-In", 0.8m),
        new("contractsent", "Contract Sent", 0.9m),
        new("closedwon", "Closed Won", 1.0m),
        new("closedlost", "Closed Lost", 0.0m),
    ]);
}

/// <summary>A stage is closed exactly when its probability is 0 or 1.</summary>
internal sealed record HubSpotStage(string Id, string Label, decimal ProbabilityValue)
{
    /// <summary>As metadata and calculated properties spell it: <c>0.2</c>, <c>1.0</c>.</summary>
    public string Probability => ProbabilityValue.ToString("0.0", CultureInfo.InvariantCulture);

    public bool IsClosed => ProbabilityValue is 0 or 1;
    public bool IsWon => ProbabilityValue == 1;
}

/// <summary>A user who can own records. Records name <see cref="Id"/>, never <see cref="UserId"/>.</summary>
internal sealed record HubSpotOwner(string Id, string Email, string FirstName, string LastName, int UserId, bool Archived = false);
