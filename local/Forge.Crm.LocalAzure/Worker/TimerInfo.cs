namespace Microsoft.Azure.Functions.Worker;

/// <summary>Mirrors <c>Microsoft.Azure.Functions.Worker.TimerInfo</c>.</summary>
public class TimerInfo
{
    public ScheduleStatus? ScheduleStatus { get; set; }

    /// <summary>Whether the timer should have run earlier.</summary>
    public bool IsPastDue { get; set; }
}

/// <summary>Mirrors <c>Microsoft.Azure.Functions.Worker.ScheduleStatus</c>; all three are UTC here.</summary>
public class ScheduleStatus
{
    public DateTime Last { get; set; }

    public DateTime Next { get; set; }

    public DateTime LastUpdated { get; set; }
}
